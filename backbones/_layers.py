"""The block that every convolutional body here is built of."""

from typing import Literal

from torch import nn

from polyhead.ops.norms import group_norm


def conv_norm_act(
    inside: int, outside: int, kernel: int = 3, stride: int = 1, norm: Literal["batch", "group"] = "batch"
) -> nn.Sequential:
    """Return convolution, normalisation and ReLU: (B, inside, H, W) -> (B, outside, ceil(H / stride), ...).

    Momentum and epsilon of batch normalisation are those of real-time detectors (YOLOX, arXiv 2107.08430): statistics
    of some 30 batches.
    """
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outside, eps=1e-3, momentum=0.03) if norm == "batch" else group_norm(outside),
        nn.ReLU(inplace=True),
    )
