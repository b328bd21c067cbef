#!/usr/bin/env python3
"""Times Linnet and its peers in turns, and writes rows for docs/performance.md.

    rounds.py OUT.json NAME[:batch[:size[:dtype]]] ... [--rounds 5] [--steps 10] [--busy | --plain | --compile]
    rounds.py OUT.json NAME[:batch[:size[:dtype]]] ... --verb infer [--rounds 5] [--steps 10]
    rounds.py OUT.json FOLDER ... --verb data [--rounds 5] [--seconds 20]

Medians of the rounds; a ratio above 1 says that Linnet is faster, or smaller. Both sides run with the launcher's settings
of malloc and OpenMP.

train (default): steps beside PyTorch eager, with the optimizer's fused kernel on both sides, and the peak of the resident
memory. --busy keeps one core busy with sha256sum meanwhile, leaves PyTorch as it is installed, and lets Linnet yield.
--plain has Linnet without fused kernels in PyTorch's place, --compile has PyTorch compile first.
infer: forward passes of the compiled network beside torch.compile with folding and freezing, and, in fp32, ONNX Runtime.
data: pictures a second of two workers, decoded each time and from both caches, beside timm's loader.

Run it on a machine where nothing else runs. Needs what bench.py needs, and a built Linnet.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "bench.py")
SETTINGS = {  # what the launcher sets
    "GOMP_SPINCOUNT": "10000",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824"
    ":glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864",
}


class Side:
    """A program that takes part: its name in the table, its command, its settings, and what each round said."""

    def __init__(self, name, command, settings=None):
        self.name, self.command, self.settings, self.rounds = name, command, settings or {}, []

    def run(self):
        env = {k: v for k, v in os.environ.items() if k not in SETTINGS}
        env.update(self.settings)
        out = subprocess.run(self.command, env=env, capture_output=True, text=True)
        if out.returncode != 0:
            sys.exit(f"{' '.join(self.command)}: {out.stderr.strip().splitlines()[-1:]}")
        self.rounds.append(json.loads(out.stdout.strip().splitlines()[-1]))

    def shown(self):
        words = list(self.command)
        if words[0] == sys.executable:
            words[:2] = ["python", "bench/peers/bench.py"]
        else:
            words = ["./linnet"] + [w for w in words[1:] if w != "--json"]
        return " ".join(words)


def split(what):
    return (what.split(":") + ["16", "224", "bf16"][what.count(":"):])[:4]


def common(a, what):
    name, batch, size, dtype = split(what)
    words = [name, "--batch", batch, "--size", size, "--dtype", dtype, "--steps", str(a.steps)]
    return words + ([] if a.warmup is None else ["--warmup", str(a.warmup)])


def train(a, what):
    """Gives (work, Linnet's sides, the peers, measures); each measure is (suffix, key, unit, more is better)."""
    name, batch, size, dtype = split(what)
    work = f"{name} training step, batch {batch}, {size}², {dtype}" + (", one core kept busy" if a.busy else "")
    words = common(a, what)
    ours = [a.linnet, "bench", "train", *words] + (["--yield"] if a.busy else []) + ["--json"]
    if a.plain:
        peer = Side("Linnet, --no-fused", [*ours, "--no-fused"])
    else:
        extra = ([] if a.busy else ["--fused"]) + (["--compile"] if a.compile else [])
        peer = Side("torch.compile" if a.compile else "PyTorch eager", [sys.executable, BENCH, "train", *words, *extra],
                    None if a.busy else SETTINGS)
    measures = [("", "ms", "ms", False)]
    if not (a.busy or a.compile):
        measures.append((", peak resident memory", "rss_mb", "MB", False))
    return [(work, Side("Linnet", ours))], [peer], measures


def infer(a, what):
    name, batch, size, dtype = split(what)
    words = common(a, what)
    ours = Side("Linnet", [a.linnet, "bench", "infer", *words, "--json"])
    peer = [sys.executable, BENCH, "infer", *words]
    peers = [Side("torch.compile, folded and frozen", [*peer, "--freeze"], SETTINGS)]
    if dtype == "fp32":
        peers.append(Side("ONNX Runtime", [*peer, "--onnxruntime"], SETTINGS))
    measures = [("", "ms", "ms", False), (", peak resident memory", "rss_mb", "MB", False)]
    return [(f"{name} inference, batch {batch}, {size}², {dtype}", ours)], peers, measures


def data(a, what):
    words = [what, "--workers", "2", "--seconds", str(a.seconds)]
    ours = [a.linnet, "bench", "data", *words, "--json"]
    work = "reading photographs, random resized crop 224 and mirror, 2 workers"
    sides = [
        (work + ", decoded each time", Side("Linnet", [*ours, "--cache", "off"])),
        (work + ", from the cache of decoded pictures in memory", Side("Linnet", [*ours, "--cache", "ram"])),
        (work + ", from the cache of decoded pictures on disk", Side("Linnet", [*ours, "--cache", "disk"])),
    ]
    return sides, [Side("timm", [sys.executable, BENCH, "data", *words], SETTINGS)], [("", "images_per_s", "/s", True)]


def rows(a, what):
    ours, peers, measures = {"train": train, "infer": infer, "data": data}[a.verb](a, what)
    for _ in range(a.rounds):
        for side in [s for _, s in ours] + peers:
            side.run()
    for work, own in ours:
        for peer in peers:
            version = peer.rounds[0].get("torch", "").split("+")[0]
            name = peer.name + (f", {version}" if version and not peer.name.startswith("ONNX") else "")
            for suffix, key, unit, more in measures:
                o, t = ([r[key] for r in side.rounds] for side in (own, peer))
                mine, other = statistics.median(o), statistics.median(t)
                ratio = mine / other if more else other / mine
                print(f"{work}{suffix}: {mine:.1f} beside {other:.1f} {unit} of {name}, {ratio:.2f}", flush=True)
                yield {
                    "work": work + suffix, "ours": round(mine, 2), "peer": round(other, 2), "peer_name": name,
                    "unit": unit, "ratio": round(ratio, 3), "command": f"{own.shown()}; {peer.shown()}",
                    "machine": a.machine, "note": f"medians of {a.rounds} alternating rounds; ours {o}, beside {t}",
                }


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("what", nargs="+")
    p.add_argument("--verb", choices=["train", "infer", "data"], default="train")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--steps", type=int, default=10)
    p.add_argument("--warmup", type=int, help="steps before those that count; default: each program's own")
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--linnet", default="./linnet")
    p.add_argument("--machine", default=f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}")
    p.add_argument("--busy", action="store_true")
    p.add_argument("--plain", action="store_true")
    p.add_argument("--compile", action="store_true")
    a = p.parse_args()
    neighbor = subprocess.Popen(["sha256sum", "/dev/zero"]) if a.busy else None
    try:
        found = [row for what in a.what for row in rows(a, what)]
    finally:
        if neighbor:
            neighbor.kill()
    with open(a.out, "w") as f:
        json.dump(found, f, indent=1, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    main()
