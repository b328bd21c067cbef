#!/usr/bin/env python3
"""Writes docs/performance.md from results/performance/*.json, or says with --check whether it is up to date.

    python3 tools/performance.py [--check]

A file there is a list of rows: work, ours, peer, peer_name, unit, ratio (above 1 Linnet is faster or smaller), command,
machine, note. wanted.json says what a ratio should at least be, and the goal, or what a time may be at most. Needs Python
3.8.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results" / "performance"
PAGE = ROOT / "docs" / "performance.md"
HEAD = FOLDER / "head.md"
WANTED = FOLDER / "wanted.json"
SECTIONS = [
    ("training", "Training steps"),
    ("amx", "Training steps on a processor with matrix units"),
    ("hidden", "On a processor whose matrix units are hidden"),
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

# Columns of the first table, by what the name of a machine has in it.
KINDS = {
    "with AMX": "Xeon with matrix units (AMX)",
    "hides": "Xeon whose matrix units are hidden",
    "EPYC": "EPYC, which has none",
}


def cell(value):
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def summary(tables):
    """What is wanted of each work, and what was seen on each kind of processor."""
    out = ["## What is wanted, and what was seen", "",
           "Ratios, but for the start: seconds. What is below the least is called missed; commands are with the tables.", "",
           "| work | least | goal | " + " | ".join(KINDS.values()) + " |", "|---|---|---|" + "---|" * len(KINDS)]
    rows = [r for table in tables for r in table if not (r.get("peer_name") or "").startswith("Linnet")]
    for w in json.loads(WANTED.read_text()):
        cells = {kind: [] for kind in KINDS}
        for r in rows:
            if r["work"] == w["work"]:
                value = r["ours"] if "most" in w else r["ratio"]
                holds = value <= w["most"] if "most" in w else value >= w["least"]
                beside = f" beside {r['peer_name']}" if r.get("peer_name") else ""
                cells[next(k for k in KINDS if k in r["machine"])].append(f"{value:.2f}{'' if holds else ', **missed**,'}{beside}")
        if not any(cells.values()):
            sys.exit(f"{WANTED.name}: no row has the work {w['work']!r}")
        least = f"at most {w['most']}" if "most" in w else f"{w['least']:g}"
        out.append(f"| {w['work']} | {least} | {w.get('goal', '')} | {' | '.join('<br>'.join(c) for c in cells.values())} |")
    return out + [""]


def page():
    known = {name for name, _ in SECTIONS}
    extra = [(f.stem, f.stem) for f in sorted(FOLDER.glob("*.json")) if f.stem not in known and f != WANTED]
    sections = [(title, json.loads((FOLDER / f"{name}.json").read_text()))
                for name, title in SECTIONS + extra if (FOLDER / f"{name}.json").exists()]
    out = [HEAD.read_text().rstrip(), "", *summary([rows for title, rows in sections if title != dict(SECTIONS)["memory"]])]
    for title, rows in sections:
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
