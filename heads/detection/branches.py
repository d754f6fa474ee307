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
from polyhead.ops.norms import group_norm


class Branch(nn.Module):
    """3x3 convolutions, each with GroupNorm and ReLU, that all levels share; every level has norms of its own.

    What an object looks like does not depend on its size, so one set of weights learns from the objects of all levels;
    the statistics of the levels do differ (RTMDet, arXiv 2212.07784, section 3.2).

    Several branches of one form are computed side by side, as groups of channels: on small maps a convolution costs
    more to start than to do.

    Args:
        width: Channels in, and of each branch.
        depth: How many convolutions.
        levels: L.
        count: How many branches there are, N.
    """

    def __init__(self, width: int, depth: int, levels: int, count: int = 1) -> None:
        super().__init__()
        wide = count * width
        self.count = count
        self.convolutions = nn.ModuleList(
            nn.Conv2d(wide if place else width, wide, 3, padding=1, bias=False, groups=count if place else 1)
            for place in range(depth)
        )
        self.norms = nn.ModuleList(nn.ModuleList(group_norm(width, count) for _ in range(depth)) for _ in range(levels))

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Return maps (B, N width, H_i, W_i) of `levels`, L times (B, width, H_i, W_i)."""
        return [self.one_level(x, place) for place, x in enumerate(levels)]

    def one_level(self, x: Tensor, level: int) -> Tensor:
        """Return the map (B, N width, H_i, W_i) of one level by its number."""
        x = x if len(self.convolutions) else x.repeat(1, self.count, 1, 1)
        norms: Iterable[nn.Module] = self.norms[level]  # type: ignore[assignment]  # a ModuleList forgets what it holds
        for convolution, norm in zip(self.convolutions, norms, strict=True):
            x = norm(convolution(x)).relu_()
        return x


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
        self.pair = Branch(width, depth, levels, count=2)
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
        pairs = [x.chunk(2, dim=1) for x in self.pair(levels)]
        logits = by_point([self.to_logits(of_classes) for of_classes, _ in pairs])
        sides = [self.to_distances(of_places) for _, of_places in pairs]
        raw = by_point([side * scale for side, scale in zip(sides, self.scales, strict=True)])
        bins = raw.view(*raw.shape[:2], 4, BINS) if self.dfl else None
        return Said(logits, (softplus(raw) if bins is None else expected(bins)) + LEAST, bins)


def by_point(maps: Sequence[Tensor]) -> Tensor:
    """Return maps (B, C, H_i, W_i) as (B, A, C) float32, level after level, row by row."""
    return torch.cat([level.permute(0, 2, 3, 1).flatten(1, 2) for level in maps], dim=1).float()
