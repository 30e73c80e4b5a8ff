"""What the training of the classifier and that of the detector (../../scenes/train) have in common."""

import math
import os

import torch


def learning_rate(peak, progress, warmup):
    """Linear warm-up for that share of the schedule, then half a cosine down to zero; progress is 0..1."""
    if progress < warmup:
        return peak * (0.05 + 0.95 * progress / warmup)
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def groups(net, weight_decay):
    """The parameters to be trained: weights decay; biases and batch normalisation do not."""
    trained = [p for p in net.parameters() if p.requires_grad]
    return [{"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0}]


@torch.no_grad()
def update_average(average, net, share):
    """Moves the averaged network towards the trained one by that share, running statistics included."""
    for a, b in zip(average.state_dict().values(), net.state_dict().values()):
        if a.is_floating_point():
            a.lerp_(b, share)
        else:
            a.copy_(b)


def save(path, state):
    """Writes atomically: a killed run leaves the old checkpoint or the new one."""
    torch.save(state, path + ".tmp")
    os.replace(path + ".tmp", path)
