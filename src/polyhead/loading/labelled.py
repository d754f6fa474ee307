"""The training images that teach something: those that carry a label which a head learns."""

from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b
from itertools import accumulate
from typing import Any, Final, final

from polyhead.errors import UserError, unknown
from polyhead.loading.source import Augmentations, Item, Part, Source, Split


@final
class Labelled(Source):
    """A source without the training images that carry none of some targets; its other splits are as they were.

    On request a target stays on a part of the training images only, to see what labels are worth. Which images those
    are follows from their short names, the target and the seed: of two targets it is other ones, and a larger share
    keeps those of a smaller one.

    Args:
        source: Where images come from.
        names: The targets that are learned.
        shares: By target, the share of the training images that may keep it, in [0, 1]; others keep all.
        seed: Of the choice.
        skip: Whether images without any of the targets are left out.

    Raises:
        UserError: If there is no such target, or a share is out of range.
    """

    def __init__(
        self, source: Source, names: Collection[str], shares: Mapping[str, float], seed: int, *, skip: bool = True
    ) -> None:
        for target, share in shares.items():
            if target not in source.labels():
                raise unknown("target named", target, source.labels())
            if not 0 <= share <= 1:
                raise UserError(f"labelled.{target} must be from 0 to 1, not {share:g}")
        self.source: Final = source
        self.names: Final = tuple(names)
        self.augment: Augmentations = source.augment
        carried = [
            {
                name
                for name in source.carried("train", number)
                if name in names and self.keeps(number, name, shares, seed)
            }
            for number in range(source.size("train"))
        ]
        self.numbers: Final = [number for number, found in enumerate(carried) if found or not skip]
        self.kept: Final = [frozenset(carried[number]) for number in self.numbers]
        self.shares: Final = {name: share for name, share in shares.items() if name in names}

    def keeps(self, number: int, target: str, shares: Mapping[str, float], seed: int) -> bool:
        """Return whether a training image keeps a target."""
        if target not in shares:
            return True
        name = self.source.short_name("train", number)
        digest = blake2b(f"{seed} {target} {name}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") < shares[target] * 2**64

    @property
    def whole(self) -> bool:
        """Whether nothing of the source is left out."""
        return len(self.numbers) == self.source.size("train") and not self.shares

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the source's."""
        return self.source.labels()

    def size(self, split: Split) -> int:
        """Return how many items are left."""
        return len(self.numbers) if split == "train" else self.source.size(split)

    def item(self, split: Split, index: int) -> Item:
        """Return an item, with the targets that it keeps."""
        item = self.source.item(split, self.number(split, index))
        return item._replace(targets=self.only(split, index, item.targets))

    def targets(self, split: Split, index: int) -> Mapping[str, Any]:
        """Return the targets that an item keeps."""
        return self.only(split, index, self.source.targets(split, self.number(split, index)))

    def only(self, split: Split, index: int, targets: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return those of an item's targets that it keeps."""
        return Only(targets, self.kept[index]) if split == "train" else targets

    def carried(self, split: Split, index: int) -> Collection[str]:
        """Return the targets that an item keeps."""
        return self.kept[index] if split == "train" else self.source.carried(split, index)

    def number(self, split: Split, index: int) -> int:
        """Return the source's number of an item."""
        return self.numbers[index] if split == "train" else index

    def tally(self, split: Split) -> Mapping[str, Mapping[str, int]]:
        """Return the source's."""
        return self.source.tally(split)

    def parts(self, split: Split) -> tuple[Part, ...]:
        """Return the source's parts, as far as something of them is left."""
        parts = self.source.parts(split)
        if split != "train":
            return parts
        counts = [sum(number in part.items for number in self.numbers) for part in parts]
        starts = accumulate(counts, initial=0)
        left = [
            part._replace(items=range(start, start + count))
            for part, count, start in zip(parts, counts, starts, strict=False)
            if count
        ]
        return tuple(left) or (parts[0]._replace(items=range(0)),)

    def name(self, split: Split, index: int) -> str:
        """Return what the source calls an item."""
        return self.source.name(split, self.number(split, index))

    def short_name(self, split: Split, index: int) -> str:
        """Return what the source calls an item wherever it is."""
        return self.source.short_name(split, self.number(split, index))

    def fingerprint(self) -> str:
        """Return a hash of the source's, and of what is left of it."""
        left = blake2b(repr(list(zip(self.numbers, map(sorted, self.kept), strict=True))).encode(), digest_size=8)
        return blake2b(f"{self.source.fingerprint()} {left.hexdigest()}".encode(), digest_size=8).hexdigest()

    def notes(self) -> list[str]:
        """Return the source's, and how many training images are left out, or keep a label."""
        total, left = self.source.size("train"), len(self.numbers)
        notes = self.source.notes()
        for target, share in self.shares.items():
            count = sum(target in found for found in self.kept)
            notes.append(f"data.labelled.{target}={share:g}: {count} of {total} training images carry it")
        if left < total:
            notes.append(
                f"{total - left} of {total} training images carry none of {', '.join(self.names)}: not read"
                " (data.unlabelled=read reads them all the same)"
            )
        return notes


@final
class Only(Mapping[str, Any]):
    """Some of an item's targets, each asked for when it is wanted.

    Args:
        targets: All of them.
        names: Those that are left.
    """

    def __init__(self, targets: Mapping[str, Any], names: Collection[str]) -> None:
        self.whole: Final = targets
        self.names: Final = names

    def __getitem__(self, target: str) -> Any:
        if target not in self.names:
            raise KeyError(target)
        return self.whole[target]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.whole if name in self.names)

    def __len__(self) -> int:
        return sum(1 for _ in self)
