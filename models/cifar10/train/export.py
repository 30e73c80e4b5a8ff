#!/usr/bin/env python3
"""Writes a trained network for the Go package: batch normalisation folded away, in the format below.

    export.py --run run --weights ../cifar10_googlenet.weights

With --logits it also runs PyTorch over the test images and writes what it says of each, to compare with.

All numbers are little-endian:

    magic    "GNSW"
    uint32   version: 1
    uint32   number of tensors; then, for each of them:
        uint16   length of the name
        bytes    name, UTF-8: <layer>/weights or <layer>/bias
        uint8    element type: 0 = float32
        uint8    rank
        uint32   each dimension
        bytes    elements
    uint32   CRC-32 (IEEE) of all bytes before it

Convolution weights are [K][R][S][C] (output channel, row, column, input channel); those of the classifier [K][C].
"""

import argparse
import csv
import os
import struct
import zlib

import numpy as np
import torch

import data
from model import Net, normalise


def fold(module):
    """The weights [K][R][S][C] and bias [K] of the convolution that does what convolution and normalisation do."""
    bn = module.bn
    scale = bn.weight.double() / torch.sqrt(bn.running_var.double() + bn.eps)
    weights = module.conv.weight.double() * scale.view(-1, 1, 1, 1)
    bias = bn.bias.double() - bn.running_mean.double() * scale
    return weights.permute(0, 2, 3, 1), bias


def tensors(net):
    """Yields name and array of every tensor, in the order of the forward pass."""
    for module in net.convolutions():
        weights, bias = fold(module)
        first = 0
        for name, width in module.parts:
            yield name + "/weights", weights[first:first + width].numpy()
            yield name + "/bias", bias[first:first + width].numpy()
            first += width
    yield "loss3/classifier/weights", net.classifier.weight.numpy()
    yield "loss3/classifier/bias", net.classifier.bias.numpy()


def encode(items):
    items = list(items)
    out = bytearray(b"GNSW" + struct.pack("<II", 1, len(items)))
    for name, array in items:
        encoded = name.encode()
        out += struct.pack("<H", len(encoded)) + encoded
        out += struct.pack(f"<BB{array.ndim}I", 0, array.ndim, *array.shape)
        out += np.ascontiguousarray(array, "<f4").tobytes()
    return bytes(out + struct.pack("<I", zlib.crc32(out)))


def write_logits(path, net, pixels, labels, names):
    """One line per image: path, label, predicted class, ten logits; computed in float32."""
    right = 0
    with open(path, "w", newline="") as f:
        writer = csv.writer(f)
        for i in range(0, len(labels), 500):
            logits = net(normalise(torch.from_numpy(pixels[i:i + 500]))).numpy()
            predicted = logits.argmax(1)
            right += (predicted == labels[i:i + 500]).sum()
            for j, row in enumerate(logits):
                writer.writerow([names[i + j], labels[i + j], predicted[j], *(f"{v:.9g}" for v in row)])
    print(f"{path}: {right} of {len(labels)} right, {right / len(labels):.2%}")


@torch.no_grad()
def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--run", default="run", metavar="DIR", help="the --out folder of train.py (default %(default)s)")
    p.add_argument("--weights", required=True, metavar="FILE", help="file to write")
    p.add_argument("--logits", metavar="FILE", help="CSV file to write: path, label, predicted class, ten logits per test image")
    p.add_argument("--data", default="cifar10-jpg.tar.gz", metavar="PATH", help="the dataset, if --logits is asked for and --run holds no decoded images")
    p.add_argument("--threads", type=int, default=os.cpu_count(), help="default: all cores (%(default)s)")
    args = p.parse_args()
    torch.set_num_threads(args.threads)

    net = Net()
    state = torch.load(os.path.join(args.run, "checkpoint.pt"))
    net.load_state_dict(state["average"])
    net.eval()

    encoded = encode(tensors(net))
    with open(args.weights + ".tmp", "wb") as f:
        f.write(encoded)
    os.replace(args.weights + ".tmp", args.weights)
    print(f"{args.weights}: epoch {len(state['curve'])}, {len(encoded)} bytes")

    if args.logits:
        pixels, labels, names = data.load(args.data, os.path.join(args.run, "cache"), "test")
        write_logits(args.logits, net.to(memory_format=torch.channels_last), pixels, labels, names)


if __name__ == "__main__":
    main()
