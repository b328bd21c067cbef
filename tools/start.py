#!/usr/bin/env python3
"""Measures how long the start of Linnet takes, from the start of the launcher.

    tools/start.py [--times 5]

The help is done when its process ends; a training when the first line of metrics.jsonl, which is its first update, is
on the disk. Both run in turns; one JSON line with the medians in seconds. Build first: any ./linnet does. Python 3.8.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

LINNET = str(pathlib.Path(__file__).resolve().parent.parent / "linnet")


def help_seconds():
    begin = time.perf_counter()
    subprocess.run([LINNET, "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def update_seconds():
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder, "run")
        log = run / "metrics.jsonl"
        begin = time.perf_counter()
        process = subprocess.Popen(
            [LINNET, "train", "--data", "digits", "--out", str(run)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not (log.exists() and log.stat().st_size):
                if process.poll() is not None:
                    raise SystemExit("the training ended before its first update")
                time.sleep(0.001)
            return time.perf_counter() - begin
        finally:
            process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    helps, updates = [], []
    help_seconds()  # which builds where that is needed
    for _ in range(times):
        helps.append(round(help_seconds(), 3))
        updates.append(round(update_seconds(), 3))
    print(json.dumps({"help_s": statistics.median(helps), "first_update_s": statistics.median(updates),
                      "helps": helps, "updates": updates}))


if __name__ == "__main__":
    main()
