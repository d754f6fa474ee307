"""Which items of a split are read, and in which order: the keys of an epoch."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import torch
from torch.utils.data import Sampler


class Key(NamedTuple):
    """What an item is read by; it travels to the process that reads, ahead of time.

    Attributes:
        epoch: The epoch.
        number: The item's, within its split.
        size: H, W to bring it to at last, where that is not the size of the data.
        late: Whether it is of the end of a run, where there are no mosaics and blends.
    """

    epoch: int
    number: int
    size: tuple[int, int] | None = None
    late: bool = False


class Order(Sampler[Key]):
    """The keys of an epoch in the order in which they are read; each rank of a distributed run gets its own share.

    Training items are shuffled by (seed, epoch), and the few that do not fill all ranks evenly wait for another epoch;
    otherwise items come in order, and each on exactly one rank.

    Args:
        items: How many there are.
        seed: Of the shuffling.
        shuffle: Whether this is training.
        rank: This process.
        ranks: How many processes share the items.

    Attributes:
        epoch: The epoch whose keys are next.
        done: How many of this rank's keys the next epoch leaves out, since a run that goes on has had them.
    """

    def __init__(self, items: int, seed: int, *, shuffle: bool, rank: int = 0, ranks: int = 1) -> None:
        self.items: Final = items
        self.seed: Final = seed
        self.shuffle: Final = shuffle
        self.rank: Final = rank
        self.ranks: Final = ranks
        self.epoch = 0
        self.done = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; Lightning does so before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.items // self.ranks if self.shuffle else len(range(self.rank, self.items, self.ranks))

    def __iter__(self) -> Iterator[Key]:
        mixed = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(self.items, generator=mixed) if self.shuffle else torch.arange(self.items)
        mine = order[self.rank :: self.ranks][: len(self)].tolist()
        mine, self.done = mine[self.done :], 0
        for index in mine:
            yield Key(self.epoch, index)
