"""CIFAR-10 as arrays: JPEGs decoded once by decode/main.go, then read from its cache."""

import os
import subprocess
import sys

import numpy as np

from model import CLASSES, MEAN

SIDE = 32


def load(data, cache, split):
    """Returns pixels (uint8 N,3,32,32), labels (int64 N) and paths, in sorted path order."""
    listing = os.path.join(cache, split + ".txt")
    if not os.path.exists(listing):
        print(f"decoding {data}", file=sys.stderr)
        subprocess.run(["go", "run", "./decode", "-data", os.path.abspath(data), "-out", os.path.abspath(cache)],
                       cwd=os.path.dirname(os.path.abspath(__file__)), check=True, stdout=sys.stderr)
    with open(listing) as f:
        paths = f.read().split()
    pixels = np.fromfile(os.path.join(cache, split + ".rgb"), np.uint8).reshape(len(paths), SIDE, SIDE, 3)
    labels = np.array([CLASSES.index(path.split("/")[1]) for path in paths], np.int64)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), labels, paths


class Augmenter:
    """Random crops of the reflected-out image, flips and cutout, on whole batches at once."""

    def __init__(self, pixels, pad):
        self.pad = pad
        padded = np.pad(pixels, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="reflect")
        # crops[i, c, y, x] is a view of the 32x32 pixels of image i, channel c, from (y, x) on.
        self.crops = np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE), axis=(2, 3))

    def batch(self, index, flip, cutout, rng):
        """The images at index, each shifted at random, mirrored where flip says so, and with a hole of side cutout."""
        n = len(index)
        y, x = rng.integers(0, 2 * self.pad + 1, (2, n))
        out = self.crops[index, :, y, x]
        out[flip] = out[flip][..., ::-1]
        if cutout:
            fill = np.array(MEAN, np.uint8)  # the network sees it as zero
            top, left = rng.integers(0, SIDE - cutout + 1, (2, n, 1))
            rows, columns = np.arange(SIDE) - top, np.arange(SIDE) - left
            rows, columns = (rows >= 0) & (rows < cutout), (columns >= 0) & (columns < cutout)
            hole = (rows[:, :, None] & columns[:, None, :])[:, None]
            out = np.where(hole, fill[None, :, None, None], out)
        return out
