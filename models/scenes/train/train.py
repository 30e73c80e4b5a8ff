#!/usr/bin/env python3
"""Trains the detector of net.py on a CPU, from a classifier.

    train.py --data cifar10-jpg.tar.gz --classifier run/checkpoint.pt --out scenes

Needs PyTorch and NumPy, and Go, which composes the scenes (see compose/main.go) while it trains: no scene is seen
twice. A run that was interrupted continues from its last checkpoint when the same command is given again. --minutes
shortens the schedule by the clock, as the same option of the classifier's train.py does.
"""

import argparse
import copy
import json
import os
import subprocess
import time

import numpy as np
import torch
import torch.nn.functional as F

from net import CELLS, SIDE, STRIDE, Detector, normalise
import fused  # of the classifier, as what follows: net says where
from schedule import groups, learning_rate, save, update_average

MOST = 5  # things in a scene
SCENE = np.dtype([("pixels", "u1", (SIDE, SIDE, 3)), ("boxes", "<f4", (MOST, 5))])
WARMUP = 0.05      # share of the schedule in which the learning rate rises
REACH = 0.9        # a cell may be this far from a thing's centre, in cells, and be its
AVERAGE = 0.995    # of the running average of the weights, a step
OBJECTNESS, BOX, CLASS = 1.0, 1.0, 1.0  # weights of the three parts of the loss


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", default="cifar10-jpg.tar.gz", metavar="PATH", help="the pictures (default %(default)s)")
    p.add_argument("--classifier", required=True, metavar="FILE", help="checkpoint of the classifier's train.py")
    p.add_argument("--out", default="scenes", metavar="DIR", help="folder for the checkpoint and the curve (default %(default)s)")
    p.add_argument("--steps", type=int, default=2500, help="length of the schedule (default %(default)s)")
    p.add_argument("--minutes", type=float, metavar="N", help="end N minutes after the start at the latest")
    p.add_argument("--batch", type=int, default=16, help="scenes per step (default %(default)s)")
    p.add_argument("--lr", type=float, default=0.02, help="peak learning rate (default %(default)s)")
    p.add_argument("--weight-decay", type=float, default=2e-4, help="on weights of convolutions (default %(default)s)")
    p.add_argument("--freeze", type=int, default=3, help="modules of the body that stay as they are, after both "
                                                         "convolutions (default %(default)s)")
    p.add_argument("--report", type=int, default=100, help="steps between checkpoints (default %(default)s)")
    p.add_argument("--threads", type=int, default=1, help="default %(default)s")
    p.add_argument("--seed", type=int, default=1, help="default %(default)s")
    p.add_argument("--compose", metavar="FILE", help="compose/main.go as it was built; else go run builds it")
    return p.parse_args()


def scenes(args, first):
    """Yields batches of scenes, for ever."""
    here = os.path.dirname(os.path.abspath(__file__))
    command = [os.path.abspath(args.compose)] if args.compose else ["go", "run", "./compose"]
    command += ["-data", os.path.abspath(args.data), "-split", "train", "-seed", str(args.seed), "-from",
                str(first * args.batch), "-count", str(1 << 40)]
    with subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, bufsize=1 << 20) as process:
        try:
            while True:
                data = process.stdout.read(SCENE.itemsize * args.batch)
                if len(data) < SCENE.itemsize * args.batch:
                    raise EOFError("the scenes have ended")
                batch = np.frombuffer(data, SCENE)
                yield torch.from_numpy(batch["pixels"].transpose(0, 3, 1, 2).copy()), batch["boxes"]
        finally:
            process.kill()


def targets(boxes):
    """Of each thing and cell that is near its centre: scene, row, column, class, and centre and size in pixels.

    A cell that is near two is the nearer one's. Returns also the weight of objectness at every cell: cells that are
    nearly near have none.
    """
    n = len(boxes)
    best = np.full((n, CELLS, CELLS), np.inf, np.float32)
    owner = np.full((n, CELLS, CELLS), -1)
    weight = np.ones((n, CELLS, CELLS), np.float32)
    column, row = np.meshgrid(np.arange(CELLS), np.arange(CELLS))
    for k in range(MOST):
        x = (boxes[:, k, 1] + boxes[:, k, 3])[:, None, None] / (2 * STRIDE)
        y = (boxes[:, k, 2] + boxes[:, k, 4])[:, None, None] / (2 * STRIDE)
        there = (boxes[:, k, 0] >= 0)[:, None, None]
        far = np.maximum(np.abs(x - column), np.abs(y - row))
        weight[there & (far >= REACH) & (far < 1.6)] = 0
        nearer = there & (far < REACH) & (far < best)
        best[nearer] = far[nearer]
        owner[nearer] = k
    scene, row, column = np.nonzero(owner >= 0)
    weight[scene, row, column] = 1
    b = torch.from_numpy(boxes[scene, owner[scene, row, column]].copy())
    where = tuple(torch.from_numpy(i) for i in (scene, row, column))
    size = b[:, 3:5] - b[:, 1:3]
    return where, b[:, 0].long(), (b[:, 1:3] + b[:, 3:5]) / 2, size, torch.from_numpy(weight)


def overlap(a_centre, a_size, b_centre, b_size):
    """Intersection over union, and the generalised one (Rezatofighi and others, arXiv 1902.09630)."""
    a0, a1, b0, b1 = a_centre - a_size / 2, a_centre + a_size / 2, b_centre - b_size / 2, b_centre + b_size / 2
    both = (torch.minimum(a1, b1) - torch.maximum(a0, b0)).clamp(min=0).prod(1)
    union = a_size.prod(1) + b_size.prod(1) - both
    hull = (torch.maximum(a1, b1) - torch.minimum(a0, b0)).prod(1)
    return both / union, both / union - (hull - union) / hull


def losses(answer, boxes):
    objectness, box, classes = (a.float() for a in answer)
    (scene, row, column), label, centre, size, weight = targets(boxes)
    t = box[scene, :, row, column]
    cell = torch.stack([column, row], 1)
    found = (torch.tanh(t[:, :2]) + cell) * STRIDE
    iou, generalised = overlap(found, torch.sigmoid(t[:, 2:]) * SIDE, centre, size)
    raw = torch.cat([torch.atanh(centre / STRIDE - cell), torch.logit(size / SIDE)], 1)
    want = torch.zeros_like(weight)
    want[scene, row, column] = 1
    things = max(len(label), 1)
    o = objectness[:, 0]
    # As in "Focal loss for dense object detection" (Lin and others, arXiv 1708.02002), of exponent 1.
    wrong = (torch.sigmoid(o) - want).abs().detach()
    objectness = (F.binary_cross_entropy_with_logits(o, want, reduction="none") * weight * (0.2 + wrong)).sum() / things
    located = 2 * (1 - generalised).mean() + F.smooth_l1_loss(t, raw)
    logits = classes[scene, :, row, column]
    named = F.cross_entropy(logits, label, label_smoothing=0.05)
    right = (logits.argmax(1) == label).float().mean().item()
    return OBJECTNESS * objectness + BOX * located + CLASS * named, (objectness.item(), located.item(), named.item(),
                                                                    right, iou.mean().item())


def build(args):
    net = Detector().to(memory_format=torch.channels_last)
    net.take(torch.load(args.classifier, map_location="cpu")["average"])
    net.freeze(args.freeze)
    return net, torch.optim.SGD(groups(net, args.weight_decay), lr=0, momentum=0.9, nesterov=True)


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    os.makedirs(args.out, exist_ok=True)
    fused.install(args.out)
    net, optim = build(args)
    average = copy.deepcopy(net)
    checkpoint = os.path.join(args.out, "checkpoint.pt")
    curve, step, first = [], 0, 0.0
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optim.load_state_dict(state["optimiser"])
        curve, step, first = state["curve"], state["step"], state["progress"]
        print(f"continuing after step {step}", flush=True)
    net.train()
    begun, sums, seen, last = time.time(), np.zeros(6), 0, time.time()
    for pixels, boxes in scenes(args, step):
        done = step / args.steps
        if args.minutes:
            done = max(done, first + (1 - first) * (time.time() - begun) / (60 * args.minutes))
        done = min(done, 1)
        if done < 1:
            rate = learning_rate(args.lr, done, WARMUP)
            for group in optim.param_groups:
                group["lr"] = rate
            with torch.autocast("cpu", dtype=torch.bfloat16):
                answer = net(normalise(pixels))
            loss, parts = losses(answer, boxes)
            optim.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
            optim.step()
            update_average(average, net, 1 - min(AVERAGE, (1 + step) / (10 + step)))  # faster at first
            sums += (loss.item(), *parts)
            seen += 1
            step += 1
        if done == 1 or step % args.report == 0 and seen:
            if seen:
                loss, objectness, box, classes, right, iou = (round(float(v), 4) for v in sums / seen)
                curve.append({"step": step, "scenes": step * args.batch, "lr": round(rate, 5), "loss": loss,
                              "objectness": objectness, "box": box, "classes": classes, "right": right, "iou": iou,
                              "seconds": round(time.time() - last)})
                print(json.dumps(curve[-1]), flush=True)
            save(checkpoint, {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optim.state_dict(),
                              "curve": curve, "step": step, "progress": done})
            with open(os.path.join(args.out, "curve.jsonl"), "w") as f:
                f.writelines(json.dumps(r) + "\n" for r in curve)
            sums[:], seen, last = 0, 0, time.time()
        if done == 1:
            break


if __name__ == "__main__":
    main()
