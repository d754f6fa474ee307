"""The keys of an epoch by batches, each with the size of its batch, and whether that is of the end of a run."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from torch.utils.data import Sampler

from polyhead.loading.order import Key, Order
from polyhead.loading.sizing import Sizing
from polyhead.loading.turns import Turns

ALIKE: Final = Sizing()
"""All batches have the size of the data."""


def begun(epoch: int, number: int) -> float:  # noqa: ARG001  # as `Batches` calls it
    """Return that nothing of the run is done yet."""
    return 0.0


class Batches(Sampler[list[Key]]):
    """The keys of an epoch by batches; a last one that is short is left out of training, unless it is the only one.

    Args:
        order: The keys.
        batch: How many make a batch.
        sizing: What sizes they have.
        done: Tells of an epoch and the number of a batch in it, as the batch's keys are read, how much of the run is
            done there.
    """

    def __init__(
        self,
        order: Order | Turns,
        batch: int,
        sizing: Sizing = ALIKE,
        done: Callable[[int, int], float] = begun,
    ) -> None:
        self.order: Final = order
        self.batch: Final = batch
        self.sizing: Final = sizing
        self.done: Final = done

    def __len__(self) -> int:
        whole, rest = divmod(len(self.order), self.batch)
        return whole + bool(rest and not (whole and self.order.shuffle))

    def __iter__(self) -> Iterator[list[Key]]:
        numbers = range(self.order.done // self.batch, len(self))
        keys = iter(self.order)
        for number in numbers:
            epoch = self.order.epoch
            done = self.done(epoch, number)
            size, late = self.sizing.size_at(done, self.order.seed, epoch, number), self.sizing.is_late(done)
            yield [key._replace(size=size, late=late) for key in islice(keys, self.batch)]
