"""The sizes of training batches along a run: small at its begin, varied after that, and that of the data at its end."""

import math
from typing import Final, NamedTuple

import numpy as np

from polyhead.errors import UserError

Size = tuple[int, int]
STEP: Final = 32
"""What sides are multiples of: the stride of most backbones' coarsest level."""
LEAST: Final = 64
"""The smallest longer side that images grow from: at 32, such a level would be a single cell."""
OWN: Final = 2
"""What sets the random numbers of sizes apart from those of items."""


class Sizing(NamedTuple):
    """Which size a training batch has, as a function of how far the run is, of the seed and of the batch's number.

    Attributes:
        growing: Sizes (H, W) below that of the data, rising, which batches have one after the other at first.
        grow: Share of the run that this takes.
        varied: Sizes, one of which each batch has by chance after that; () for that of the data.
        plain_end: Share of the run, at its end, in which all have that of the data.
    """

    growing: tuple[Size, ...] = ()
    grow: float = 0.0
    varied: tuple[Size, ...] = ()
    plain_end: float = 0.0

    def is_late(self, done: float) -> bool:
        """Return whether a batch is of the end of the run, by how much of that is done, in [0, 1]."""
        return done >= 1 - self.plain_end

    def size_at(self, done: float, seed: int, epoch: int, number: int) -> Size | None:
        """Return the size of a batch, None for that of the data: a function of these alone, so that ranks agree.

        Args:
            done: How much of the run is done, in [0, 1].
            seed: Of the run.
            epoch: Of the batch.
            number: Its number in the epoch.
        """
        if self.growing and done < self.grow:
            return self.growing[int(done / self.grow * len(self.growing))]
        if not self.varied or self.is_late(done):
            return None
        rng = np.random.default_rng((seed, epoch, number, OWN))
        return self.varied[rng.integers(len(self.varied))]


def sizing(size: Size, grow: float, multi_scale: float, plain_end: float) -> Sizing:
    """Return the sizes of batches around that of the data; options as `ImageModule` has them.

    Raises:
        UserError: If a share is out of its range, or leaves no size to vary between.
    """
    if not 0 <= plain_end <= 1:
        raise UserError(f"plain_end must be from 0 to 1, not {plain_end:g}")
    if grow < 0 or grow + plain_end > 1:
        raise UserError(f"grow must be from 0 to {1 - plain_end:g}, where plain_end={plain_end:g} begins, not {grow:g}")
    return Sizing(smaller(size) if grow else (), grow, varied(size, multi_scale), plain_end)


def smaller(size: Size) -> tuple[Size, ...]:
    """Return the sizes from half of `size` (H, W) up to below it, rising in multiples of 32, at least 64."""
    longer = max(size)
    sides = range(max(LEAST // STEP, math.ceil(longer / 2 / STEP)), math.ceil(longer / STEP))
    return scaled(size, sides)


def varied(size: Size, share: float) -> tuple[Size, ...]:
    """Return the sizes that batches have which vary around `size` (H, W) by a share, in multiples of 32; () for 0.

    Raises:
        UserError: If the share is not in [0, 1), or there are not two such sizes.
    """
    if not 0 <= share < 1:
        raise UserError(f"multi_scale must be 0 or more and below 1, not {share:g}")
    longer = max(size)
    least, most = (round(longer * (1 + sign * share) / STEP, 6) for sign in (-1, 1))
    found = scaled(size, range(max(1, math.ceil(least)), math.floor(most) + 1)) if share else ()
    if share and len(found) < 2:
        raise UserError(
            f"multi_scale={share:g} leaves sides of {longer} no two multiples of {STEP} to vary between; raise it or"
            " size, or set it to 0"
        )
    return found


def scaled(size: Size, sides: range) -> tuple[Size, ...]:
    """Return `size` (H, W) with its longer side scaled to some multiples of 32, the other to the nearest one."""
    factors = [side * STEP / max(size) for side in sides]
    return tuple((near(size[0] * factor), near(size[1] * factor)) for factor in factors)


def near(side: float) -> int:
    """Return the multiple of 32 that is nearest to a side, at least 32."""
    return max(1, round(side / STEP)) * STEP
