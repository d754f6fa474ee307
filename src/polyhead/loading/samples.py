"""The items of one split, letterboxed, augmented and kept in memory: what a torch DataLoader reads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from polyhead.contracts import Interpolation
from polyhead.errors import UserError
from polyhead.loading.augment import Augment
from polyhead.loading.letterbox import letterbox_item, letterbox_targets
from polyhead.loading.source import Item, Sample, Source, Split

Key = tuple[int, int]
"""The epoch and the number of an item within its split."""


class Failure(NamedTuple):
    """A UserError on its way out of a worker process.

    It is handed over and not raised there: torch would wrap it in the worker's traceback, and then wait 5 s for each
    worker to end.

    Attributes:
        line: What the error says.
    """

    line: str


class Samples(Dataset[Sample | Failure]):
    """Letterboxed and augmented items of one split, by (epoch, number).

    Items are kept after letterboxing, in this process, until `memory` is full: later epochs only augment.

    Args:
        source: Where the items come from.
        split: Which of its splits.
        names: The targets to keep.
        size: H, W of the inputs.
        augment: What changes them at random.
        seed: An item of an epoch is a function of the seed, the epoch and its number, in whichever process.
        memory: Bytes that kept items may take.
        interpolation: How images are scaled.
    """

    def __init__(
        self,
        source: Source,
        split: Split,
        names: tuple[str, ...],
        size: tuple[int, int],
        augment: Augment,
        *,
        seed: int = 0,
        memory: int = 0,
        interpolation: Interpolation = "bilinear",
    ) -> None:
        self.source: Final = source
        self.split: Final[Split] = split
        self.names: Final = names
        self.size: Final = size
        self.augment: Final = augment
        self.seed: Final = seed
        self.interpolation: Final[Interpolation] = interpolation
        self.free = memory
        self.kept: dict[int, Sample] = {}

    def unlabelled(self) -> "Samples":
        """Return the same items without their targets."""
        return Samples(self.source, self.split, (), self.size, self.augment, interpolation=self.interpolation)

    def __len__(self) -> int:
        return self.source.size(self.split)

    def __getitem__(self, key: Key) -> Sample | Failure:
        epoch, index = key
        entropy = (self.seed, epoch, index)
        try:
            item, frame = self.still(index)
            if self.augment.mosaic:
                item = self.augment.mosaic((item, frame), len(self), self.still, entropy)
            return self.augment(item, entropy), frame
        except UserError as error:
            return Failure(str(error))

    def __getitems__(self, keys: Sequence[Key]) -> list[tuple[Key, Sample | Failure]]:
        """Return the items of a batch with their keys: what is done to it as a whole is a function of these."""
        return [(key, self[key]) for key in keys]

    def still(self, index: int) -> Sample:
        """Return an item before augmentation, from memory if it is there.

        Raises:
            UserError: If its file cannot be read.
        """
        if index in self.kept:
            return self.kept[index]
        image, targets = self.source.item(self.split, index)
        sample = letterbox_item(Item(image, self.chosen(targets)), self.size, self.interpolation)
        weight = bytes_of(sample[0].image) + bytes_of(sample[0].targets)
        if weight <= self.free:
            self.free -= weight
            self.kept[index] = sample
        return sample

    def targets(self, index: int) -> Mapping[str, Any]:
        """Return the targets of `still`, without reading pixels where the source gives them without."""
        if type(self.source).targets is Source.targets:  # they cost the pixels: keep those too
            return self.still(index)[0].targets
        return letterbox_targets(self.chosen(self.source.targets(self.split, index)), self.size)

    def chosen(self, targets: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the targets that are wanted, in the order of `names`."""
        return {name: targets[name] for name in self.names if name in targets}


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
            yield self.epoch, index


def bytes_of(value: Any) -> int:
    """Return the bytes of the tensors in a tensor, a dict of such, or anything else (64 bytes for what is small)."""
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, dict):
        return sum(bytes_of(part) for part in value.values())
    return 64
