"""What is asked of every level alike: which class stands at a cell, and how far its sides are.

Letters in shapes: B items, L levels, A anchor points of all levels (finest level first, row by row), K classes.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from polyhead.heads.detection.decode import LEAST
from polyhead.heads.detection.distribution import BINS, expected


class Branch(nn.Module):
    """3x3 convolutions, each with GroupNorm and ReLU, that all levels share; every level has norms of its own.

    What an object looks like does not depend on its size, so one set of weights learns from the objects of all levels;
    the statistics of the levels do differ (RTMDet, arXiv 2212.07784, section 3.2).

    Args:
        width: Channels in and out.
        depth: How many convolutions.
        levels: L.
    """

    def __init__(self, width: int, depth: int, levels: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(depth))
        self.norms = nn.ModuleList(nn.ModuleList(group_norm(width) for _ in range(depth)) for _ in range(levels))

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Return maps of the shapes of `levels`, L times (B, width, H_i, W_i)."""
        return [self.one_level(x, place) for place, x in enumerate(levels)]

    def one_level(self, x: Tensor, level: int) -> Tensor:
        """Return the map (B, width, H_i, W_i) of one level by its number."""
        norms: Iterable[nn.Module] = self.norms[level]  # type: ignore[assignment]  # a ModuleList forgets what it holds
        for convolution, norm in zip(self.convolutions, norms, strict=True):
            x = norm(convolution(x)).relu_()
        return x


def group_norm(width: int) -> nn.GroupNorm:
    """Return a norm of `width` channels that works alike for one item and for none, and keeps items apart.

    Groups hold 16 channels where that divides: on CPUs, in bfloat16 and channels_last, the backward of smaller ones
    takes over ten times as long.
    """
    return nn.GroupNorm(width // 16 if width % 16 == 0 else 1, width)


class Said(NamedTuple):
    """What one pair of branches says at every anchor point, in float32.

    Attributes:
        logits: (B, A, K), one an independent class.
        distances: (B, A, 4) from the point to the left, top, right and bottom side, in strides, >= LEAST.
        bins: (B, A, 4, BINS) logits of the distributions whose means they are; None where there are none.
    """

    logits: Tensor
    distances: Tensor
    bins: Tensor | None


class Branches(nn.Module):
    """Two decoupled branches: one for classes, one for places (YOLOX, arXiv 2107.08430, section 2.1).

    New ones score about 0.01 (few cells hold anything), with every side one stride away. From boxes twice as large,
    small ones were learned late or not at all: their soft targets begin at their IoU.

    Args:
        width: Channels of the levels.
        depth: 3x3 convolutions of each branch.
        levels: L.
        classes: K.
        dfl: Say distances as distributions.
    """

    def __init__(self, width: int, depth: int, levels: int, classes: int, *, dfl: bool = False) -> None:
        super().__init__()
        self.dfl = dfl
        self.class_branch, self.box_branch = Branch(width, depth, levels), Branch(width, depth, levels)
        self.to_logits = nn.Conv2d(width, classes, 1)
        self.to_distances = nn.Conv2d(width, 4 * BINS if dfl else 4, 1)
        self.scales = nn.Parameter(torch.ones(levels))
        assert self.to_logits.bias is not None
        assert self.to_distances.bias is not None
        nn.init.constant_(self.to_logits.bias, -math.log(99))
        nn.init.normal_(self.to_distances.weight, std=0.01)
        halving = -math.log(2) * torch.arange(BINS).repeat(4)  # each bin half as likely as the one before: a mean of 1
        first = halving if dfl else torch.full((4,), math.log(math.e - 1))
        self.to_distances.bias.data.copy_(first)

    def forward(self, levels: Sequence[Tensor]) -> Said:
        """Return what the levels say, L times (B, width, H_i, W_i)."""
        logits = by_point([self.to_logits(x) for x in self.class_branch(levels)])
        sides = [self.to_distances(x) for x in self.box_branch(levels)]
        raw = by_point([side * scale for side, scale in zip(sides, self.scales, strict=True)])
        bins = raw.view(*raw.shape[:2], 4, BINS) if self.dfl else None
        return Said(logits, (softplus(raw) if bins is None else expected(bins)) + LEAST, bins)


def by_point(maps: Sequence[Tensor]) -> Tensor:
    """Return maps (B, C, H_i, W_i) as (B, A, C) float32, level after level, row by row."""
    return torch.cat([level.permute(0, 2, 3, 1).flatten(1, 2) for level in maps], dim=1).float()
