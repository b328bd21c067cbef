#!/usr/bin/env python3
"""Times training steps of Linnet and of PyTorch in turns, and writes rows for docs/performance.md.

    rounds.py OUT.json NAME[:batch[:size[:dtype]]] ... [--rounds 5] [--steps 10] [--linnet ./linnet] [--busy | --plain | --compile]

One row for each network: medians of the rounds, ratio = PyTorch / Linnet (above 1 Linnet is faster), and one for
the peak of the resident memory. Both sides run with the launcher's settings of malloc and OpenMP and the optimizer's
fused kernel. --busy keeps one core busy with sha256sum meanwhile, leaves PyTorch as it is installed, and lets Linnet
yield. --plain has Linnet without fused kernels in PyTorch's place, --compile has PyTorch compile first. Run it on a machine where nothing else runs. Needs what bench.py needs, and a built Linnet.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = {  # what the launcher sets
    "GOMP_SPINCOUNT": "10000",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824"
    ":glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864",
}


def measured(command, settings):
    env = {k: v for k, v in os.environ.items() if k not in SETTINGS}
    env.update(settings)
    out = subprocess.run(command, env=env, capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f"{' '.join(command)}: {out.stderr.strip().splitlines()[-1:]}")
    return json.loads(out.stdout.strip().splitlines()[-1])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("what", nargs="+")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--steps", type=int, default=10)
    p.add_argument("--linnet", default="./linnet")
    p.add_argument("--machine", default=f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}")
    p.add_argument("--busy", action="store_true")
    p.add_argument("--plain", action="store_true")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--warmup", type=int, default=3)
    a = p.parse_args()
    rows = []
    for what in a.what:
        name, batch, size, dtype = (what.split(":") + ["16", "224", "bf16"][what.count(":"):])[:4]
        common = [name, "--batch", batch, "--size", size, "--dtype", dtype, "--steps", str(a.steps)]
        if a.warmup != p.get_default("warmup"):
            common += ["--warmup", str(a.warmup)]
        extra = ([] if a.busy else ["--fused"]) + (["--compile"] if a.compile else [])
        ours = [a.linnet, "bench", "train", *common] + (["--yield"] if a.busy else [])
        peer = [sys.executable, os.path.join(HERE, "bench.py"), "train", *common, *extra]
        if a.plain:
            peer = [*ours, "--no-fused", "--json"]
        neighbor = subprocess.Popen(["sha256sum", "/dev/zero"]) if a.busy else None
        try:
            runs = []
            for _ in range(a.rounds):
                runs.append((measured([*ours, "--json"], {}), measured(peer, {} if a.busy or a.plain else SETTINGS)))
        finally:
            if neighbor:
                neighbor.kill()
        command = " ".join(ours).replace(a.linnet, "./linnet", 1)
        if a.plain:
            command += "; the same with --no-fused"
        else:
            command += "; python bench/peers/bench.py train " + " ".join([*common, *extra])
        work = f"{name} training step, batch {batch}, {size}², {dtype}" + (", one core kept busy" if a.busy else "")
        peer_name = "Linnet, --no-fused" if a.plain else "torch.compile" if a.compile else "PyTorch eager"
        for key, label, unit in (("ms", work, "ms"), ("rss_mb", work + ", peak resident memory", "MB")):
            if (a.busy or a.compile) and key != "ms":
                continue
            own, other = ([r[i][key] for r in runs] for i in (0, 1))
            o, t = statistics.median(own), statistics.median(other)
            rows.append({
                "work": label, "ours": round(o, 2), "peer": round(t, 2), "peer_name": peer_name,
                "unit": unit, "ratio": round(t / o, 3), "command": command, "machine": a.machine,
                "note": f"medians of {a.rounds} alternating rounds; ours {own}, beside {other}",
            })
            print(f"{label}: {o:.1f} beside {t:.1f} {unit}, {t / o:.2f}", flush=True)
    with open(a.out, "w") as f:
        json.dump(rows, f, indent=1, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    main()
