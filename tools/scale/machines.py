#!/usr/bin/env python3
"""Starts processes that train together, as if each were on a machine of its own.

    machines.py [--processes 2] [--rate 1gbit] [--port 29500] COMMAND…

Each process gets RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT and a core of its own, in turn. With --rate each also lives
in a network namespace, with a cable of that rate each way to one switch (veth, a bridge, tbf: Linux, and root). What the
first process prints is shown; of the others only the end, where they fail. Python 3.8.

    machines.py --processes 2 --rate 1gbit ./linnet train --data cifar10 --threads 1 --workers 1 --out /tmp/run
"""
import argparse
import contextlib
import os
import subprocess
import sys

NET = "10.88.0"  # addresses of the machines: NET.1 and on

# machines share no memory; ip has given the command a view of the file systems that is its own
OWN_MEMORY = 'mount -t tmpfs tmpfs /dev/shm && exec "$@"'


def ip(*arguments):
    subprocess.run(arguments, check=True, capture_output=True, text=True)


@contextlib.contextmanager
def cables(processes, rate):
    """Namespaces lin0, lin1, … on one switch; gives the words that a command in each of them starts with."""
    if rate is None:
        yield [[] for _ in range(processes)]
        return
    limit = ["root", "tbf", "rate", rate, "burst", "256kb", "latency", "50ms"]
    undo = []
    try:
        ip("ip", "link", "add", "linswitch", "type", "bridge")
        undo.append(["ip", "link", "del", "linswitch"])
        ip("ip", "link", "set", "linswitch", "up")
        for i in range(processes):
            space, inside, outside = f"lin{i}", f"linv{i}", f"linp{i}"
            ip("ip", "netns", "add", space)
            undo.append(["ip", "netns", "del", space])  # its cable goes with it
            ip("ip", "link", "add", inside, "type", "veth", "peer", "name", outside)
            ip("ip", "link", "set", inside, "netns", space)
            ip("ip", "link", "set", outside, "master", "linswitch", "up")
            into = ["ip", "netns", "exec", space]
            ip(*into, "ip", "link", "set", "lo", "up")
            ip(*into, "ip", "addr", "add", f"{NET}.{i + 1}/24", "dev", inside)
            ip(*into, "ip", "link", "set", inside, "up")
            ip(*into, "tc", "qdisc", "add", "dev", inside, *limit)  # out of the machine
            ip("tc", "qdisc", "add", "dev", outside, *limit)  # and into it
        yield [["ip", "netns", "exec", f"lin{i}", "sh", "-c", OWN_MEMORY, "sh"] for i in range(processes)]
    except subprocess.CalledProcessError as e:
        raise SystemExit(f"{' '.join(e.cmd)}: {e.stderr.strip()}; --rate needs root and Linux with veth, bridge and tbf")
    finally:
        for command in reversed(undo):
            subprocess.run(command, capture_output=True)


@contextlib.contextmanager
def started(command, processes=2, rate=None, port=29500, show=sys.stdout, together=True):
    """Starts the command once a process, and kills what still runs at the end; the first one's output goes to show.

    In the command {rank} is the process's number. Not together: they do not know of each other.
    """
    cores = sorted(os.sched_getaffinity(0))
    with cables(processes, rate) as prefixes:
        running = []
        try:
            for i, prefix in enumerate(prefixes):
                env = dict(os.environ)
                if together and processes > 1:
                    env.update(RANK=str(i), WORLD_SIZE=str(processes), MASTER_PORT=str(port),
                               MASTER_ADDR="127.0.0.1" if rate is None else f"{NET}.1")
                own = [word.replace("{rank}", str(i)) for word in command]
                running.append(subprocess.Popen(
                    ["taskset", "-c", str(cores[i % len(cores)]), *prefix, *own], env=env, text=True,
                    stdout=show if i == 0 else subprocess.PIPE, stderr=None if i == 0 else subprocess.STDOUT))
            yield running
        finally:
            for p in running:
                if p.poll() is None:
                    p.kill()
                    p.wait()


def run(*what, **how):
    """Runs the command once a process, as started() does. Exits where one fails."""
    with started(*what, **how) as running:
        ends = [p.communicate()[0] for p in reversed(running)]  # the first last: others wait for it
    for i, (p, out) in enumerate(zip(running, reversed(ends))):
        if p.returncode != 0:
            last = (out or "").strip().splitlines()[-1:]
            raise SystemExit(f"process {i} exited with {p.returncode}: {' '.join(last) or 'see above'}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--processes", type=int, default=2)
    p.add_argument("--rate", help="of each cable, as tc writes it: 100mbit, 1gbit; default: no cables")
    p.add_argument("--port", type=int, default=29500)
    p.add_argument("command", nargs=argparse.REMAINDER)
    a = p.parse_args()
    if not a.command:
        p.error("a command is needed")
    run(a.command, a.processes, a.rate, a.port)


if __name__ == "__main__":
    main()
