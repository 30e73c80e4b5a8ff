"""The network, as it is trained: GoogLeNet's nine inception modules, narrow, for 32x32 images.

Every convolution is followed by batch normalisation and ReLU; export.py folds the normalisation away. Layers bear
GoogLeNet's names, and `Net.convolutions()` lists them in the order of the forward pass.
"""

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

# Input: x = (pixel - MEAN[c]) * SCALE, pixel 0..255, channels R, G, B.
MEAN = (125.0, 123.0, 114.0)
SCALE = 1 / 64

STEM = (32, 32)

# name: (1x1, 3x3_reduce, 3x3, 5x5_reduce, 5x5, pool_proj); None: 3x3 max-pooling with stride 2.
BODY = {
    "pool2/3x3_s2": None,
    "inception_3a": (24, 32, 48, 16, 24, 16),
    "inception_3b": (32, 40, 72, 16, 24, 16),
    "pool3/3x3_s2": None,
    "inception_4a": (48, 40, 88, 16, 32, 24),
    "inception_4b": (48, 40, 88, 16, 32, 24),
    "inception_4c": (48, 40, 88, 16, 32, 24),
    "inception_4d": (48, 40, 88, 16, 32, 24),
    "inception_4e": (48, 40, 88, 16, 32, 24),
    "pool4/3x3_s2": None,
    "inception_5a": (64, 56, 96, 16, 48, 40),
    "inception_5b": (64, 56, 96, 16, 48, 40),
}


class Conv(nn.Module):
    """Convolution, batch normalisation, ReLU.

    One Conv may stand for several layers that read the same input, which is faster than one after the other and
    the same in every other respect. `parts` gives their names and output channels.
    """

    def __init__(self, inputs, parts, kernel):
        super().__init__()
        self.parts = parts
        outputs = sum(width for _, width in parts)
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Inception(nn.Module):
    def __init__(self, name, inputs, widths):
        super().__init__()
        n1, n3r, n3, n5r, n5, proj = widths
        self.split = (n1, n3r, n5r)
        self.outputs = n1 + n3 + n5 + proj
        self.entry = Conv(inputs, [(f"{name}/1x1", n1), (f"{name}/3x3_reduce", n3r), (f"{name}/5x5_reduce", n5r)], 1)
        self.conv3 = Conv(n3r, [(f"{name}/3x3", n3)], 3)
        self.conv5 = Conv(n5r, [(f"{name}/5x5", n5)], 5)
        self.proj = Conv(inputs, [(f"{name}/pool_proj", proj)], 1)

    def forward(self, x):
        one, three, five = self.entry(x).split(self.split, dim=1)
        pooled = F.max_pool2d(x, 3, stride=1, padding=1)
        return torch.cat([one, self.conv3(three), self.conv5(five), self.proj(pooled)], dim=1)


def body(width):
    """The pools and modules of BODY over so many channels, and how many they end with."""
    parts = []
    for name, widths in BODY.items():
        if widths is None:
            parts.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
        else:
            parts.append(Inception(name, width, widths))
            width = parts[-1].outputs
    return nn.Sequential(*parts), width


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv(3, [("conv1/3x3", STEM[0])], 3)
        self.conv2 = Conv(STEM[0], [("conv2/3x3", STEM[1])], 3)
        self.body, width = body(STEM[1])
        self.classifier = nn.Linear(width, len(CLASSES))

    def forward(self, x):
        x = self.body(self.conv2(self.conv1(x)))
        return self.classifier(x.mean((2, 3)))

    def convolutions(self):
        return [module for module in self.modules() if isinstance(module, Conv)]


def normalise(pixels):
    """uint8 N,3,H,W to what the network takes."""
    mean = torch.tensor(MEAN).view(1, 3, 1, 1)
    return ((pixels.float() - mean) * SCALE).contiguous(memory_format=torch.channels_last)
