#!/usr/bin/env python3
"""Times the updates of a training by one process and by several, each on a core of its own, in turns.

    updates.py MODEL [--batch 128] [--size N] [--limit 2000] [--epochs 3] [--processes 2] [--rates 1gbit,100mbit] [--rounds 2]

--batch: pictures a process and update. On cifar10, one thread and one worker a process. Without --rates over the
loopback, with them over cables of these rates (machines.py says how). One JSON line for each number of processes, rate
and round: the median of an update in ms over the second half, when the JVM's compiler leaves the core to the training,
and pictures a second beside those of one process in the same round. "apart" are as many processes at once that do not
know of each other: what the machine itself takes. Needs a built ./linnet, Linux, Python 3.8.
"""
import argparse
import json
import pathlib
import statistics
import tempfile

import machines

LINNET = str(pathlib.Path(__file__).resolve().parent.parent.parent / "linnet")


def update_ms(a, processes, rate=None, together=True):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "run0")
        command = [LINNET, "train", "--data", "cifar10", "--model", a.model,
                   "--batch", str(a.batch * (processes if together else 1)),
                   "--limit", str(a.limit), "--epochs", str(a.epochs), "--val", "none", "--threads", "1",
                   "--workers", "1", "--quiet", "--out", str(out) if together else str(pathlib.Path(folder, "run{rank}"))]
        if a.size:
            command += ["--size", str(a.size)]
        with open(pathlib.Path(folder, "printed"), "w") as printed:
            machines.run(command, processes, rate, a.port, printed, together)
        rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
        seconds = [r["seconds"] for r in rows if "update" in r and "seconds" in r]
    if len(seconds) < 8:
        raise SystemExit(f"{len(seconds)} updates are too few: raise --limit or --epochs")
    return round(statistics.median(seconds[len(seconds) // 2:]) * 1e3, 1)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--size", type=int)
    p.add_argument("--limit", type=int, default=2000)
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--rates")
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--port", type=int, default=29500)
    a = p.parse_args()
    rates = a.rates.split(",") if a.rates else [None]
    for number in range(1, a.rounds + 1):
        alone = update_ms(a, 1)

        def tell(ms, **what):
            print(json.dumps({"model": a.model, "round": number, **what, "ms": ms,
                              "pictures_ratio": round(what["processes"] * alone / ms, 3)}), flush=True)

        tell(alone, processes=1)
        tell(update_ms(a, a.processes, together=False), processes=a.processes, apart=True)
        for rate in rates:
            tell(update_ms(a, a.processes, rate), processes=a.processes, rate=rate)


if __name__ == "__main__":
    main()
