#!/usr/bin/env python3
"""Prints the table of docs/scale.md for 1, 8, 64 and 512 processes: its formulas with its figures, ms. Python 3.8."""
ALPHA = 50e-6  # seconds a message
CABLES = [0.95 * gigabits * 1e9 / 8 for gigabits in (1, 10)]  # bytes a second
RESNET20 = (0.241, 0.0, [], 1.09e6)  # update alone, of it backward, hidden buckets, the last bucket
RESNET50 = (2.4, 1.6, [25e6] * 4, 2e6)
NORMS = 53  # of a resnet50


def total(n, size, cable):
    return 2 * (n - 1) * ALPHA + 2 * (n - 1) / n * size / cable


def update(n, network, cable):
    alone, backward, hidden, last = network
    if n == 1:
        return alone
    buckets = sum(total(n, size, cable) for size in hidden)
    return alone + max(0.0, buckets - backward) + total(n, last, cable) + 2 * total(n, 40, cable)


for n in (1, 8, 64, 512):
    cells = [str(n)]
    for network in (RESNET20, RESNET50):
        times = [update(n, network, cable) for cable in CABLES]
        cells += [f"{1e3 * t:.0f}" for t in times]
        cells.append(", ".join(f"{100 * (1 - network[0] / t):.1f} %" for t in times))
    cells.append(f"{1e3 * (update(n, RESNET50, CABLES[1]) + 2 * NORMS * 2 * (n - 1) * ALPHA):.0f}")
    print("| " + " | ".join(cells) + " |")
