"""The block that every convolutional body here is built of."""

from typing import Final, Literal

from torch import nn

GROUP: Final = 16
"""Channels that GroupNorm normalises together: fewer take torch's bf16 backward ten times as long."""


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


def group_norm(channels: int) -> nn.GroupNorm:
    """Return a norm of each image by itself (Wu and He, arXiv 1803.08494).

    Groups hold 16 channels, as there; all channels are one group where 16 does not divide them.
    """
    return nn.GroupNorm(channels // GROUP if channels % GROUP == 0 else 1, channels)
