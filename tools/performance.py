#!/usr/bin/env python3
"""Writes docs/performance.md from results/performance/*.json, or says with --check whether it is up to date.

    python3 tools/performance.py [--check]

A file there is a list of rows: work, ours, peer, peer_name, unit, ratio (above 1 Linnet is faster or smaller), command,
machine, note. Needs Python 3.8.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results" / "performance"
PAGE = ROOT / "docs" / "performance.md"
HEAD = ROOT / "results" / "performance" / "head.md"
SECTIONS = [
    ("training", "Training steps"),
    ("amx", "Training steps on a processor with matrix units"),
    ("fused", "Fused and plain"),
    ("memory", "Memory of a training step"),
    ("busy", "Beside another program"),
    ("inference", "Inference"),
    ("data", "Reading pictures"),
    ("shards", "Shards and large folders"),
    ("parallel", "Several processes"),
    ("spark", "Spark"),
    ("start", "Start"),
]


def cell(value):
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def page():
    known = {name for name, _ in SECTIONS}
    extra = [(f.stem, f.stem) for f in sorted(FOLDER.glob("*.json")) if f.stem not in known]
    out = [HEAD.read_text().rstrip(), ""]
    for name, title in SECTIONS + extra:
        file = FOLDER / f"{name}.json"
        if not file.exists():
            continue
        rows = json.loads(file.read_text())
        out += [f"## {title}", "", "| work | Linnet | peer | | ratio |", "|---|---|---|---|---|"]
        for r in rows:
            unit = r.get("unit", "")
            ratio = r.get("ratio")
            out.append(
                f"| {r['work']} | {cell(r['ours'])} {unit} | {cell(r.get('peer'))} {unit if r.get('peer') is not None else ''}"
                f" | {r.get('peer_name') or ''} | {'' if ratio is None else f'**{ratio:.2f}**'} |"
            )
        out.append("")
        for machine in dict.fromkeys(r.get("machine", "") for r in rows):
            out.append(f"On {machine}.")
        out += ["", "<details><summary>Commands and notes</summary>", ""]
        for r in rows:
            out.append(f"- {r['work']} ({r.get('peer_name') or 'alone'}): `{r.get('command', '')}`. {r.get('note', '')}")
        out += ["", "</details>", ""]
    return "\n".join(out)


def main():
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text() != text:
            sys.exit("docs/performance.md: not what results/performance says; run python3 tools/performance.py")
    else:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
