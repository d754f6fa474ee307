"""The keys of an epoch by batches, each with the size of its batch, and whether that is of the end of a run."""

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

import numpy as np
from torch.utils.data import Sampler

from polyhead.errors import UserError
from polyhead.loading.order import Key, Order
from polyhead.loading.turns import Turns

STEP: Final = 32
"""What sides of varied size are multiples of: the stride of most backbones' coarsest level."""
OWN: Final = 2
"""What sets the random numbers of sizes apart from those of items."""


def never(epoch: int, number: int) -> bool:  # noqa: ARG001  # as `Batches` calls it
    """Return that no batch is late."""
    return False


class Batches(Sampler[list[Key]]):
    """The keys of an epoch by batches; a last one that is short is left out of training, unless it is the only one.

    Args:
        order: The keys.
        batch: How many make a batch.
        sizes: Sizes (H, W), one of which each batch has by chance: a function of seed, epoch and its number alone, so
            that all ranks take the same. () for that of the data.
        late: Tells of an epoch and the number of a batch in it, as the batch's keys are read, whether that is of the
            end of the run: it then has the size of the data.
    """

    def __init__(
        self,
        order: Order | Turns,
        batch: int,
        sizes: tuple[tuple[int, int], ...] = (),
        late: Callable[[int, int], bool] = never,
    ) -> None:
        self.order: Final = order
        self.batch: Final = batch
        self.sizes: Final = sizes
        self.late: Final = late

    def __len__(self) -> int:
        whole, rest = divmod(len(self.order), self.batch)
        return whole + bool(rest and not (whole and self.order.shuffle))

    def __iter__(self) -> Iterator[list[Key]]:
        numbers = range(self.order.done // self.batch, len(self))
        keys = iter(self.order)
        for number in numbers:
            epoch = self.order.epoch
            late = self.late(epoch, number)
            size = None if late or not self.sizes else self.drawn(epoch, number)
            yield [key._replace(size=size, late=late) for key in islice(keys, self.batch)]

    def drawn(self, epoch: int, number: int) -> tuple[int, int]:
        """Return the size of a batch, by its number in an epoch."""
        rng = np.random.default_rng((self.order.seed, epoch, number, OWN))
        return self.sizes[rng.integers(len(self.sizes))]


def varied(size: tuple[int, int], share: float) -> tuple[tuple[int, int], ...]:
    """Return the sizes that batches have which vary around `size` (H, W) by a share, in multiples of 32; () for 0.

    Raises:
        UserError: If the share is not in [0, 1), or there are not two such sizes.
    """
    if not 0 <= share < 1:
        raise UserError(f"multi_scale must be 0 or more and below 1, not {share:g}")
    longer = max(size)
    least, most = (round(longer * (1 + sign * share) / STEP, 6) for sign in (-1, 1))
    factors = [side * STEP / longer for side in range(max(1, math.ceil(least)), math.floor(most) + 1)] if share else []
    found = tuple((near(size[0] * factor), near(size[1] * factor)) for factor in factors)
    if share and len(found) < 2:
        raise UserError(
            f"multi_scale={share:g} leaves sides of {longer} no two multiples of {STEP} to vary between; raise it or"
            " size, or set it to 0"
        )
    return found


def near(side: float) -> int:
    """Return the multiple of 32 that is nearest to a side, at least 32."""
    return max(1, round(side / STEP)) * STEP
