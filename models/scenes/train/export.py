#!/usr/bin/env python3
"""Writes a trained detector as an ONNX file, with the averaged weights and normalisation folded away.

    export.py --run scenes --onnx scenes.onnx

train.py's --freeze is to be given if it was given there. What becomes of the file is in the README.
"""

import argparse
import os

import torch

from net import SIDE, Detector, Exported


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--run", default="scenes", metavar="DIR", help="the --out folder of train.py (default %(default)s)")
    p.add_argument("--onnx", required=True, metavar="FILE", help="file to write")
    p.add_argument("--freeze", type=int, default=3, help="default %(default)s")
    args = p.parse_args()
    torch.set_num_threads(1)

    net = Detector()
    net.freeze(args.freeze)
    state = torch.load(os.path.join(args.run, "checkpoint.pt"))
    net.load_state_dict(state["average"])
    net.eval()
    torch.onnx.export(Exported(net).eval(), torch.zeros(1, 3, SIDE, SIDE), args.onnx, opset_version=13,
                      input_names=["image"], output_names=["cells"])
    print(f"{args.onnx}: step {state['step']}, {os.path.getsize(args.onnx)} bytes")


if __name__ == "__main__":
    main()
