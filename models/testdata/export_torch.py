"""Exports torchvision networks with seeded random weights to ONNX, each with an input and its output.

usage: export_torch.py FOLDER NAME...
"""
import sys
import warnings

import torch
import torchvision

warnings.filterwarnings("ignore")
torch.manual_seed(1)
folder, names = sys.argv[1], sys.argv[2:]
for name in names:
    options = {"init_weights": True, "aux_logits": False} if name == "googlenet" else {}
    net = getattr(torchvision.models, name)(weights=None, **options).eval()
    for m in net.modules():  # a fresh batch norm does nothing
        if isinstance(m, torch.nn.BatchNorm2d):
            m.running_mean.normal_(0, 0.1)
            m.running_var.uniform_(0.5, 1.5)
            m.weight.data.uniform_(0.5, 1.5)
            m.bias.data.normal_(0, 0.1)
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        y = net(x)
    torch.onnx.export(net, x, f"{folder}/{name}.onnx", opset_version=13)
    x.permute(0, 2, 3, 1).contiguous().numpy().tofile(f"{folder}/{name}.in")  # NHWC
    y.numpy().tofile(f"{folder}/{name}.out")
