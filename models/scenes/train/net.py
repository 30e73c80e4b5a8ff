"""The detector, as it is trained: the classifier of ../../cifar10/train, and a head on its last map.

The head is FastestDet's (dog-qiuqiu/FastestDet) at stride 8: for each cell objectness, four numbers of a box, and ten
classes. With cell (i, j) and its numbers t

    x = (tanh t1 + i) * 8    y = (tanh t2 + j) * 8    width = sigmoid(t3) * SIDE    height = sigmoid(t4) * SIDE
    score = sigmoid(t0) ** 0.6 * softmax(t5 ...)[class] ** 0.4
"""

import os
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cifar10", "train"))
from model import CLASSES, STEM, Conv, body, normalise  # noqa: E402,F401

SIDE = 128   # height and width of a scene
STRIDE = 8   # pixels per cell
CELLS = SIDE // STRIDE

BOX = 64  # channels of the convolutions before objectness and box


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv(3, [("conv1/3x3", STEM[0])], 3)
        self.conv2 = Conv(STEM[0], [("conv2/3x3", STEM[1])], 3)
        self.body, width = body(STEM[1])
        self.near = Conv(width, [("box/1x1", BOX)], 1)
        self.far = Conv(BOX, [("box/3x3", BOX)], 3)
        self.box = nn.Conv2d(BOX, 5, 1)
        self.classes = nn.Conv2d(width, len(CLASSES), 3, padding=1)
        with torch.no_grad():  # few cells have an object; most objects are a third of the scene
            self.box.weight.mul_(0.1)
            self.box.bias.copy_(torch.tensor([-3.0, 0, 0, -1, -1]))
        self.frozen = 0

    def take(self, classifier):
        """Takes the weights of a classifier; its last layer looks at 3x3 cells at a time."""
        own = self.state_dict()
        weight, bias = classifier.pop("classifier.weight"), classifier.pop("classifier.bias")
        own.update(classifier)
        own["classes.weight"] = (weight[:, :, None, None] / 9).expand(-1, -1, 3, 3).clone()
        own["classes.bias"] = bias.clone()
        self.load_state_dict(own)

    def freeze(self, modules):
        """Leaves the first convolutions and so many of the body's modules as they are: they only run forwards."""
        self.frozen = modules
        for part in self.before():
            part.requires_grad_(False)
            for conv in part.modules():
                if isinstance(conv, Conv):
                    conv.conv = nn.utils.fuse_conv_bn_eval(conv.conv.eval(), conv.bn.eval())
                    conv.bn = nn.Identity()

    def before(self):
        return [self.conv1, self.conv2, *self.body[:self.frozen]] if self.frozen else []

    def train(self, mode=True):
        super().train(mode)
        for part in self.before():
            part.eval()  # fused.py's normalisation is for training
        return self

    def forward(self, x):
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            x = self.conv2(self.conv1(x))
            for part in self.body[:self.frozen]:
                x = part(x)
        for part in self.body[self.frozen:]:
            x = part(x)
        box = self.box(self.far(self.near(x)))
        return box[:, :1], box[:, 1:], self.classes(x)


class Exported(nn.Module):
    """The network as it is used: one map of 15 numbers a cell."""

    def __init__(self, detector):
        super().__init__()
        self.detector = detector

    def forward(self, x):
        objectness, box, classes = self.detector(x)
        return torch.cat([torch.sigmoid(objectness), box, F.softmax(classes, dim=1)], dim=1)
