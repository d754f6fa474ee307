"""What a data source promises: labelled items by split and number, and the names of their classes.

The classes registered as `polyhead.data` are Origins, most of them Sources of images; a
`polyhead.loading.module.DataModule` wraps one. Letters in shapes: H and W pixels, m objects, K classes or values.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

from torch import Tensor
from torchvision import tv_tensors

from polyhead.contracts import Frame

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
Augmentations = tuple[str | dict[str, Any], ...]


class DenseMap(tv_tensors.Mask):  # type: ignore[misc]  # torchvision ships no types
    """One float a pixel, (H, W), NaN where nobody measured (depth in metres, say).

    To `torchvision.transforms.v2` it is a mask: it is moved like the image, by nearest pixels, and never recoloured.
    """


class InstanceMasks(tv_tensors.Mask):  # type: ignore[misc]  # as above
    """The pixels of each of m objects, (m, H, W) uint8 of 0 and 1; objects may overlap, and m may be 0.

    To `torchvision.transforms.v2` it is a mask, moved as `DenseMap` is; where nothing was, there is no object.
    """


class Item(NamedTuple):
    """One image and what is known of it.

    Attributes:
        image: tv_tensors.Image, (3, H, W) uint8 RGB.
        targets: By target name, only those that the item carries. A class is an int; several classes or values are a
            float tensor (K,); boxes are {"boxes": tv_tensors.BoundingBoxes XYXY float (m, 4), "labels": long (m,)}; a
            segmentation is a tv_tensors.Mask (H, W) uint8 of class numbers, 255 unlabelled; depth is a DenseMap
            (H, W) float32; instances are boxes with "masks": InstanceMasks (m, H, W).
    """

    image: Any
    targets: Mapping[str, Any]


Sample = tuple[Item, Frame]
"""An item that was letterboxed, and how."""


class Part(NamedTuple):
    """Items of a split that stand side by side and have one origin.

    Attributes:
        name: Of the origin, "" where there is but one.
        items: Their numbers.
        share: Of each training batch that is theirs, beside the shares of the other parts, above 0; None: their number.
        augment: The augmentations that suit them.
        known: By target name, (K,) bool, the classes that are labelled in them; a target that is left out is known
            throughout.
    """

    name: str
    items: range
    share: float | None
    augment: Augmentations
    known: Mapping[str, Tensor]


def part_at(parts: Sequence[Part], number: int) -> int:
    """Return the place of the part that an item is of, by its number."""
    return bisect_right(parts, number, key=lambda part: part.items.start) - 1


class Origin(ABC):
    """Labelled items, by split and number, of whichever kind: what is known of them, but not how they are read.

    Constructing one reads labels at most. Items are read in any process: an origin pickles.

    Attributes:
        loader: The kind of its items, which says what loads them: a name in `polyhead.recipes.signatures.LOADERS`.
            Recipes read it from the source of the class: a literal.
        augment: The augmentations that suit this data, as a recipe would list them.
    """

    loader: ClassVar[str]
    augment: Augmentations = ()

    @abstractmethod
    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the targets on offer and their class names, () where a target has no classes; reads no items."""

    @abstractmethod
    def size(self, split: Split) -> int:
        """Return how many items a split holds; may be 0."""

    @abstractmethod
    def targets(self, split: Split, index: int) -> Mapping[str, Any]:
        """Return the targets of an item, 0 <= index < size(split)."""

    def carried(self, split: Split, index: int) -> Collection[str]:  # noqa: ARG002  # where each carries them all
        """Return the targets that an item carries, without a look at itself; here, all that are on offer."""
        return self.labels().keys()

    def tally(self, split: Split) -> Mapping[str, Mapping[str, int]]:  # noqa: ARG002  # it is for others to know
        """Return how many objects or items of a split each class has, by target, as far as no item need be read."""
        return {}

    def parts(self, split: Split) -> tuple[Part, ...]:
        """Return the items of a split by their origin, one or more parts, in order and without a gap."""
        return (Part("", range(self.size(split)), None, self.augment, {}),)

    def name(self, split: Split, index: int) -> str:
        """Return what to call an item in messages and records: its file, or a made-up name."""
        return f"{split}/{index}"

    def short_name(self, split: Split, index: int) -> str:
        """Return what an item is called wherever its folder is: of a file, its path from there."""
        return self.name(split, index)

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a short hash that changes with the content, for the records of a run."""

    def notes(self) -> list[str]:
        """Return what was left out or doubted, and why: one line each, naming the file."""
        return []


class Source(Origin):
    """Labelled images, by split and number; pixels are read by `item`."""

    loader: ClassVar[str] = "images"

    @abstractmethod
    def item(self, split: Split, index: int) -> Item:
        """Return item `index`, 0 <= index < size(split), the same one at every call.

        Raises:
            UserError: If its file cannot be read; it names the file.
        """

    def targets(self, split: Split, index: int) -> Mapping[str, Any]:
        """Return the targets of an item; overridden where they come without pixels."""
        return self.item(split, index).targets
