"""Writes the networks that cameras run and those they are measured against as ONNX files, with seeded weights.

usage: python3 family.py FOLDER [NAME...]

They are torchvision's (Debian: python3-torch, python3-torchvision), and MobileNetV1, which it has not. Batch
normalisation gets the statistics of noise, so that activations neither die nor explode.
"""
import os
import sys
import warnings

import torch
import torchvision
from torch import nn

NAMES = [
    "alexnet", "densenet121", "efficientnet_b0", "inception_v3", "mnasnet1_0", "mobilenet_v1", "mobilenet_v2",
    "mobilenet_v3_large", "mobilenet_v3_small", "regnet_y_400mf", "resnet18", "resnet50", "shufflenet_v2_x1_0",
    "squeezenet1_1", "vgg11", "vgg16",
]


def mobilenet_v1():
    """Howard et al., arXiv 1704.04861, table 1."""
    def layer(c, k, size, stride, groups=1):
        return [nn.Conv2d(c, k, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(k), nn.ReLU()]

    layers, c = layer(3, 32, 3, 2), 32
    for k, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]:
        layers += layer(c, c, 3, stride, c) + layer(c, k, 1, 1)
        c = k
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, 1000))
    for m in net.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out")
    return net


def build(name):
    if name == "mobilenet_v1":
        return mobilenet_v1()
    options = {"aux_logits": False, "init_weights": True} if name == "inception_v3" else {}
    return getattr(torchvision.models, name)(weights=None, **options)


def settle(net, size):
    """Runs noise through the network in training, which is what batch normalisation takes its statistics from."""
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for m in norms:
        m.momentum = None  # the mean of all runs
    for m in net.modules():
        if type(m).__name__ in ("Dropout", "StochasticDepth"):
            m.p = 0.0
    with torch.no_grad():
        for _ in range(2 if norms else 0):
            net.train()(torch.randn(4, 3, size, size))
    return net.eval()


def main(folder, *names):
    warnings.filterwarnings("ignore")
    os.makedirs(folder, exist_ok=True)
    for name in names or NAMES:
        torch.manual_seed(1)
        size = 299 if name == "inception_v3" else 224
        file = os.path.join(folder, name + ".onnx")
        torch.onnx.export(settle(build(name), size), torch.randn(1, 3, size, size), file, opset_version=13,
                          input_names=["input"], output_names=["output"])
        print(file, flush=True)


main(*sys.argv[1:])
