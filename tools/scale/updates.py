#!/usr/bin/env python3
"""Times the updates of a training by one process and by several, each on a core of its own, in short turns.

    updates.py MODEL [--batch 128] [--size N] [--processes 2] [--rates 1gbit,100mbit] [--turns 8] [--seconds 15]

--batch: pictures a process and update. On cifar10, one thread and one worker a process. All trainings are started, and
stopped but for one at a time (SIGSTOP), so that the machine is as fast for one as for the others: "alone" is one process,
"apart" are several at once that do not know of each other, which is what the machine itself takes, "together" train one
network, over the loopback or, with --rates, over cables of these rates (machines.py says how). One JSON line a turn: the
median of its updates in ms but for the first one, and pictures a second beside those alone in the same turn; the last lines
have the medians over the turns. The first --warm turns do not count: the JVM's compiler is on the same core. Needs a built
./linnet, Linux, Python 3.8.
"""
import argparse
import contextlib
import json
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time

import machines

LINNET = str(pathlib.Path(__file__).resolve().parent.parent.parent / "linnet")
PICTURES = 50_000  # of cifar10
UPDATES = 20_000  # of which each is logged, and for which there is no time


class Training:
    """Processes that train, all of them stopped but in their turns."""

    def __init__(self, name, folder, processes):
        self.name = name
        self.folder = folder
        self.processes = processes  # of which the last one may be the first to end
        self.count = len(processes)
        self.hold(signal.SIGSTOP)

    def hold(self, how):
        for p in self.processes:
            p.send_signal(how)

    def updates(self):
        file = pathlib.Path(self.folder, "run0", "metrics.jsonl")
        if not file.exists():
            return []
        lines = file.read_text().split("\n")[:-1]  # a line that is being written is none yet
        return [row["seconds"] for row in map(json.loads, lines) if "update" in row]

    def turn(self, seconds):
        """Milliseconds of its updates in a turn; the first one has waited for it."""
        before = len(self.updates())
        self.hold(signal.SIGCONT)
        time.sleep(seconds)
        self.hold(signal.SIGSTOP)
        for p in self.processes:
            if p.poll() is not None:
                raise SystemExit(f"{self.name}: a process exited with {p.returncode}; see {self.folder}/printed")
        return [s * 1e3 for s in self.updates()[before + 1:]]


def command(a, folder, processes, together):
    batch = a.batch * (processes if together else 1)
    epochs = max(1, UPDATES * batch // PICTURES)
    words = [LINNET, "train", "--data", "cifar10", "--model", a.model, "--batch", str(batch),
             "--epochs", str(epochs), "--val", "none", "--threads", "1", "--workers", "1", "--quiet",
             "--out", folder + ("/run0" if together else "/run{rank}")]
    return words + (["--size", str(a.size)] if a.size else [])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--size", type=int)
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--rates")
    p.add_argument("--turns", type=int, default=8)
    p.add_argument("--warm", type=int, default=3, help="turns before those")
    p.add_argument("--seconds", type=float, default=15, help="of each training's turn")
    p.add_argument("--port", type=int, default=29500)
    a = p.parse_args()
    kinds = [("alone", 1, None, False), ("apart", a.processes, None, False)]
    for i, rate in enumerate(a.rates.split(",") if a.rates else [None]):
        kinds.append((f"together, {rate}" if rate else "together", a.processes, rate, True))
    subprocess.run([LINNET, "--version"], check=True, stdout=subprocess.DEVNULL)  # builds what is to be built
    with contextlib.ExitStack() as stack:
        trainings = []
        for i, (name, processes, rate, together) in enumerate(kinds):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            printed = stack.enter_context(open(pathlib.Path(folder, "printed"), "w"))
            trainings.append(Training(name, folder, stack.enter_context(machines.started(
                command(a, folder, processes, together), processes, rate, a.port + i, printed, together))))
        measure(a, trainings)


def measure(a, trainings):
    seen = {t.name: [] for t in trainings}
    ratios = {t.name: [] for t in trainings}
    for number in range(1 - a.warm, a.turns + 1):
        alone = None
        for t in trainings:
            ms = t.turn(a.seconds)
            if number < 1:
                continue
            if not ms:
                raise SystemExit(f"{t.name}: no update in a turn; raise --seconds or --warm")
            middle = statistics.median(ms)
            alone = alone or middle
            ratio = t.count * alone / middle
            seen[t.name].append(middle)
            ratios[t.name].append(ratio)
            print(json.dumps({"model": a.model, "turn": number, "training": t.name, "processes": t.count,
                              "updates": len(ms), "ms": round(middle, 1), "pictures_ratio": round(ratio, 3)}), flush=True)
    for t in trainings:
        print(json.dumps({"model": a.model, "turns": a.turns, "training": t.name, "processes": t.count,
                          "ms": round(statistics.median(seen[t.name]), 1),
                          "pictures_ratio": round(statistics.median(ratios[t.name]), 3)}))


if __name__ == "__main__":
    main()
