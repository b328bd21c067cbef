"""Writes the windows that torchvision's RandomResizedCrop draws from Linnet's random numbers.

    pip install torch==2.10.0 torchvision==0.25.0
    python tools/golden/random_resized_crop.py

RandomState (Philox-4x32-10, keyed by SplitMix64's finalizer) is written out below and put in the place of torch's
generator. Result: linnet-core/src/test/resources/golden/images/random_resized_crop.json, for each picture size and
range 20 windows [top, left, height, width], one from each seed 0 … 19.
"""
import json
import math
import os
from unittest import mock

import torch
import torchvision
from torchvision.transforms import RandomResizedCrop

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "linnet-core", "src", "test", "resources", "golden",
                   "images", "random_resized_crop.json")
M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & M64
    z = (z ^ z >> 27) * 0x94D049BB133111EB & M64
    return z ^ z >> 31


class RandomState:
    def __init__(self, seed):
        self.key, self.counter, self.words = mix(seed), 0, []

    def next_int(self):
        if not self.words:
            c = [self.counter & M32, self.counter >> 32, 0, 0]
            k0, k1 = self.key & M32, self.key >> 32
            for _ in range(10):
                p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
                c = [p1 >> 32 ^ c[1] ^ k0, p1 & M32, p0 >> 32 ^ c[3] ^ k1, p0 & M32]
                k0, k1 = k0 + 0x9E3779B9 & M32, k1 + 0xBB67AE85 & M32
            self.counter += 1
            self.words = c
        return self.words.pop(0)

    def next_double(self):
        high = self.next_int()
        return ((high << 32 | self.next_int()) >> 11) * 2.0 ** -53

    def below(self, bound):
        product = self.next_int() * bound
        if product & M32 < bound:
            threshold = (1 << 32) % bound
            while product & M32 < threshold:
                product = self.next_int() * bound
        return product >> 32


class Number:
    """Stands in for a tensor of one element."""

    def __init__(self, state, value=None):
        self.state, self.value = state, value

    def uniform_(self, low, high):
        low, high = float(low), float(high)
        self.value = low + (high - low) * self.state.next_double()
        return self

    def item(self):
        return self.value


def window(height, width, scale, ratio, seed):
    state = RandomState(seed)
    with mock.patch.object(torchvision.transforms.functional, "get_dimensions", lambda _: [3, height, width]), \
            mock.patch.object(torch, "empty", lambda _: Number(state)), \
            mock.patch.object(torch, "randint", lambda low, high, size: Number(state, state.below(high))), \
            mock.patch.object(torch, "tensor", lambda v: v), \
            mock.patch.object(torch, "log", lambda v: [math.log(r) for r in v]), \
            mock.patch.object(torch, "exp", lambda n: Number(state, math.exp(n.value))):
        return list(RandomResizedCrop.get_params(None, scale, ratio))


def main():
    plain = [0.08, 1.0], [3 / 4, 4 / 3]
    cases = [(512, 512, *plain), (375, 500, *plain), (683, 1024, *plain), (1, 1, *plain), (7, 300, *plain), (300, 7, *plain),
             (86, 108, [0.9, 1.0], [0.5, 0.6]), (86, 108, [0.9, 1.0], [1.9, 2.0]), (32, 32, [0.25, 0.25], [1.0, 1.0])]
    entries = [{"height": h, "width": w, "scale": s, "ratio": r, "windows": [window(h, w, s, r, seed) for seed in range(20)]}
               for h, w, s, r in cases]
    with open(OUT, "w") as f:
        f.write('{"made_by": "tools/golden/random_resized_crop.py", "torchvision": "%s",\n"cases": [\n' % torchvision.__version__.split("+")[0]
                + ",\n".join(" " + json.dumps(e) for e in entries) + "\n]}\n")


if __name__ == "__main__":
    main()
