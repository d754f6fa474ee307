"""The items of one split, letterboxed, augmented and kept in memory: what a torch DataLoader reads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, final

from torch import Tensor

from polyhead.contracts import Interpolation
from polyhead.errors import UserError
from polyhead.loading.augment import Augment
from polyhead.loading.cache import Cache
from polyhead.loading.collate import Collate
from polyhead.loading.letterbox import letterbox_item, letterbox_targets
from polyhead.loading.loader import Failure, Reader
from polyhead.loading.mix import Mix
from polyhead.loading.order import Key
from polyhead.loading.source import Item, Sample, Source, Split, part_at


@final
class Samples(Reader):
    """Letterboxed and augmented items of one split, by their keys.

    Items are kept after letterboxing, on disk if there is a cache, and in this process until `memory` is full: later
    epochs only augment.

    Args:
        source: Where the items come from.
        split: Which of its splits.
        names: The targets to keep.
        size: H, W of the inputs.
        augments: What changes them at random, for each part of the split; () for nothing.
        seed: An item of an epoch is a function of the seed, the epoch and its number, in whichever process.
        memory: Bytes that kept items may take.
        interpolation: How images are scaled.
        cache: Where items are kept for other processes too.
    """

    def __init__(
        self,
        source: Source,
        split: Split,
        names: tuple[str, ...],
        size: tuple[int, int],
        augments: Sequence[Augment] = (),
        *,
        seed: int = 0,
        memory: int = 0,
        interpolation: Interpolation = "bilinear",
        cache: Cache | None = None,
    ) -> None:
        self.source: Final = source
        self.split: Final[Split] = split
        self.names: Final = names
        self.size: Final = size
        self.augments: Final = tuple(augments)
        self.parts = source.parts(split)
        self.seed: Final = seed
        self.interpolation: Final[Interpolation] = interpolation
        self.cache: Final = cache
        self.free = memory
        self.kept: dict[int, Sample] = {}

    def unlabelled(self) -> "Samples":
        """Return the same items without their targets."""
        return Samples(self.source, self.split, (), self.size, self.augments, interpolation=self.interpolation)

    def __len__(self) -> int:
        return self.source.size(self.split)

    def __getitem__(self, key: Key) -> Sample | Failure:
        entropy = (self.seed, key.epoch, key.number)
        try:
            item, frame = self.still(key.number)
            if self.augments:
                item = self.augmented((item, frame), key, entropy)
            return (letterbox_item(item, key.size, self.interpolation)[0] if key.size else item), frame
        except UserError as error:
            return Failure(str(error))

    def __getitems__(self, keys: Sequence[Key]) -> list[tuple[Key, Sample | Failure]]:
        """Return the items of a batch with their keys: what is done to it as a whole is a function of these."""
        return [(key, self[key]) for key in keys]

    def collation(self, mix: Mix | None = None) -> Collate:
        """Return what makes a Batch of items and their keys."""
        return Collate(mix, self.parts)

    def read_ahead(self, index: int) -> None:
        """Read an item into memory, as far as there is room; errors as `still`."""
        self.still(index)

    def augmented(self, sample: Sample, key: Key, entropy: tuple[int, ...]) -> Item:
        """Return an item changed as suits its part of the split, and laid beside items of that part alone."""
        place = part_at(self.parts, key.number)
        augment, item = self.augments[place], sample[0]
        if augment.mosaic and not key.late:
            item = augment.mosaic(sample, self.parts[place].items, self.still, entropy)
        return augment(item, entropy)

    def still(self, index: int) -> Sample:
        """Return an item before augmentation, from memory or the cache if it is there.

        Raises:
            UserError: If its file cannot be read.
        """
        if index in self.kept:
            return self.kept[index]
        sample = (self.cache.get(self.split, index) if self.cache else None) or self.read(index)
        weight = bytes_of(sample[0].image) + bytes_of(sample[0].targets)
        if weight <= self.free:
            self.free -= weight
            self.kept[index] = sample
        return sample

    def read(self, index: int) -> Sample:
        """Return an item from its file, letterboxed, and put it into the cache; errors as `still`."""
        image, targets = self.source.item(self.split, index)
        sample = letterbox_item(Item(image, self.chosen(targets)), self.size, self.interpolation)
        if self.cache:
            self.cache.put(self.split, index, sample)
        return sample

    def targets(self, index: int) -> Mapping[str, Any]:
        """Return the targets of `still`, without reading pixels where the source gives them without."""
        if type(self.source).targets is Source.targets:  # they cost the pixels: keep those too
            return self.still(index)[0].targets
        return letterbox_targets(self.chosen(self.source.targets(self.split, index)), self.size)

    def chosen(self, targets: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the targets that are wanted, in the order of `names`."""
        found = {name: targets.get(name) for name in self.names}  # asked once: what is drawn when asked costs time
        return {name: target for name, target in found.items() if target is not None}


def bytes_of(value: Any) -> int:
    """Return the bytes of the tensors in a tensor, a dict of such, or anything else (64 bytes for what is small)."""
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, dict):
        return sum(bytes_of(part) for part in value.values())
    return 64
