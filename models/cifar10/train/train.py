#!/usr/bin/env python3
"""Trains the narrow CIFAR-10 GoogLeNet of model.py on a CPU.

    train.py --data cifar10-jpg.tar.gz --out run

Needs PyTorch and NumPy, and Go to decode the JPEGs (see decode/main.go). A run that was interrupted continues from
its last whole epoch when the same command is given again. Given the same seed, PyTorch, CPU and thread count, it
makes the same network, unless --minutes had to shorten it.
"""

import argparse
import copy
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import data
import fused
from model import Net, normalise
from schedule import groups, learning_rate, save, update_average


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", default="cifar10-jpg.tar.gz", metavar="PATH",
                   help="the dataset: .tar.gz or folder, with train/<class>/*.jpg and test/<class>/*.jpg "
                        "(default %(default)s)")
    p.add_argument("--out", default="run", metavar="DIR",
                   help="folder for the checkpoint, the curve and decoded pixels (default %(default)s)")
    p.add_argument("--epochs", type=int, default=75,
                   help="length of the schedule (default %(default)s); a resumed run may be given another number, "
                        "and goes on with the learning rate that the new schedule has at that epoch")
    p.add_argument("--minutes", type=float, metavar="N",
                   help="end N minutes after the start at the latest: where the machine is too busy for --epochs, the "
                        "rest of the schedule is compressed into the time (and depends on it)")
    p.add_argument("--batch", type=int, default=128, help="images per step (default %(default)s)")
    p.add_argument("--lr", type=float, default=0.1, help="peak learning rate (default %(default)s)")
    p.add_argument("--weight-decay", type=float, default=5e-4, help="on convolution and classifier weights (default %(default)s)")
    p.add_argument("--label-smoothing", type=float, default=0.1, help="default %(default)s")
    p.add_argument("--pad", type=int, default=4, help="largest shift of a random crop, in pixels (default %(default)s)")
    p.add_argument("--cutout", type=int, default=8, help="side of the hole cut into each image, 0 for none (default %(default)s)")
    p.add_argument("--cutout-share", type=float, default=0.6,
                   help="share of the epochs in which holes are cut; the last ones see whole images (default %(default)s)")
    p.add_argument("--threads", type=int, default=os.cpu_count(), help="default: all cores (%(default)s)")
    p.add_argument("--seed", type=int, default=1, help="default %(default)s")
    p.add_argument("--no-fused", action="store_true", help="pool and normalise by PyTorch alone; else by fused.c, if there is "
                                                           "a C compiler")
    p.add_argument("--float32", action="store_true", help="compute in float32 throughout; else bfloat16 where it is safe")
    return p.parse_args()


WARMUP = 0.1   # share of the schedule in which the learning rate rises
EMA_EVERY = 4  # steps between updates of the averaged weights
EMA_DECAY = 0.99


@torch.no_grad()
def accuracy(net, pixels, labels, bfloat16, batch=500):
    net.eval()
    correct = 0
    for i in range(0, len(labels), batch):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            logits = net(normalise(torch.from_numpy(pixels[i:i + batch])))
        correct += (logits.argmax(1).numpy() == labels[i:i + batch]).sum()
    return correct / len(labels)


def live(text):
    """Rewrites the line at the cursor when someone is looking."""
    if sys.stderr.isatty():
        print("\r\033[K" + text, end="", file=sys.stderr, flush=True)


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    os.makedirs(args.out, exist_ok=True)
    if not args.no_fused and not args.float32:
        fused.install(args.out)
    cache = os.path.join(args.out, "cache")
    pixels, labels, _ = data.load(args.data, cache, "train")
    test_pixels, test_labels, _ = data.load(args.data, cache, "test")

    net = Net().to(memory_format=torch.channels_last)
    average = copy.deepcopy(net)
    optim = torch.optim.SGD(groups(net, args.weight_decay), lr=0, momentum=0.9, nesterov=True)
    print(f"{sum(p.numel() for p in net.parameters())} parameters, {len(labels)} training and {len(test_labels)} test images")

    checkpoint = os.path.join(args.out, "checkpoint.pt")
    curve, first = [], 0.0
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optim.load_state_dict(state["optimiser"])
        curve = state["curve"]
        first = state.get("progress", len(curve) / args.epochs)
        if first == 1:
            print(f"ended with epoch {len(curve)}")
            return
        print(f"continuing after epoch {len(curve)}")

    augmenter = data.Augmenter(pixels, args.pad)
    # Each image is seen as it is and mirrored in turn, epoch by epoch, so that no two epochs in a row repeat a view.
    mirrored = np.random.default_rng(args.seed).integers(0, 2, len(labels))
    steps = len(labels) // args.batch

    begun = time.time()

    def progress(epoch, step):
        """How much of the schedule is over, 0..1: by the steps done, or by the clock if that is further."""
        done = (epoch + step / steps) / args.epochs
        if args.minutes:
            done = max(done, first + (1 - first) * (time.time() - begun) / (60 * args.minutes))
        return min(done, 1)

    for epoch in range(len(curve), args.epochs):
        rng = np.random.default_rng((args.seed, epoch))
        order = rng.permutation(len(labels))
        started, total_loss, total_correct, seen = time.time(), 0.0, 0, 0
        cutout = args.cutout if progress(epoch, 0) < args.cutout_share else 0
        net.train()
        for step in range(steps):
            done = progress(epoch, step)
            if done == 1:
                break
            rate = learning_rate(args.lr, done, WARMUP)
            for group in optim.param_groups:
                group["lr"] = rate
            index = order[step * args.batch:(step + 1) * args.batch]
            flip = (mirrored[index] + epoch) % 2 == 1
            x = normalise(torch.from_numpy(augmenter.batch(index, flip, cutout, rng)))
            y = torch.from_numpy(labels[index])
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not args.float32):
                logits = net(x)
            loss = F.cross_entropy(logits.float(), y, label_smoothing=args.label_smoothing)
            optim.zero_grad(set_to_none=True)
            loss.backward()
            optim.step()
            if step % EMA_EVERY == 0:
                update_average(average, net, 1 - EMA_DECAY)
            total_loss += loss.item()
            total_correct += (logits.argmax(1) == y).sum().item()
            seen += len(index)
            live(f"epoch {epoch + 1}/{args.epochs}  {100 * seen / len(labels):3.0f} %  loss {total_loss * len(index) / seen:.3f}  "
                 f"{seen / (time.time() - started):.0f} images/s")
        live("")

        done = progress(epoch + 1, 0)
        record = {
            "epoch": epoch + 1,
            "lr": round(rate, 5),
            "loss": round(total_loss * args.batch / max(seen, 1), 4),
            "train": round(total_correct / max(seen, 1), 4),
            "test": round(float(accuracy(average, test_pixels, test_labels, bfloat16=not args.float32 and done < 1)), 4),
            "seconds": round(time.time() - started),
        }
        curve.append(record)
        save(checkpoint, {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optim.state_dict(),
                          "curve": curve, "progress": done})
        with open(os.path.join(args.out, "curve.jsonl"), "w") as f:
            f.writelines(json.dumps(r) + "\n" for r in curve)
        print("epoch {epoch:3d}  lr {lr:.4f}  loss {loss:.4f}  train {train:.2%}  test {test:.2%}  {seconds} s".format(**record), flush=True)
        if done == 1:
            break


if __name__ == "__main__":
    main()
