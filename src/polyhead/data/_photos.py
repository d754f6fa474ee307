"""Photographs on disk, and what labels say of a whole one and of the boxes in it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torchvision import tv_tensors

from polyhead.loading.source import Split


class Label(Protocol):
    """What one photograph says for one target, as it stands on disk."""

    def target(self, names: Sequence[str], size: tuple[int, int]) -> Any:
        """Return the target in the form of `Item.targets`.

        Args:
            names: All class names of the target, in the order of their numbers.
            size: H, W of the upright image.

        Raises:
            UserError: If a file that it needs cannot be read, or does not fit the image; it names the file.
        """


class ClassName(NamedTuple):
    """The class of a whole image."""

    name: str

    def target(self, names: Sequence[str], size: tuple[int, int]) -> int:  # noqa: ARG002  # of no use here
        """Return the class number."""
        return names.index(self.name)


class Boxes(NamedTuple):
    """The objects of an image; none of them is a statement too.

    Attributes:
        corners: x1, y1, x2, y2 of each, in pixels within the image.
        names: The class name of each.
    """

    corners: Sequence[tuple[float, float, float, float]]
    names: Sequence[str]

    def target(self, names: Sequence[str], size: tuple[int, int]) -> dict[str, Any]:
        """Return boxes XYXY float (m, 4) and labels long (m,)."""
        corners = torch.tensor(self.corners, dtype=torch.float32).reshape(-1, 4)
        numbers = {name: number for number, name in enumerate(names)}
        labels = torch.tensor([numbers[name] for name in self.names], dtype=torch.long)
        return {"boxes": tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=size), "labels": labels}


class Photo(NamedTuple):
    """One image file and what is known of it.

    Attributes:
        path: The file.
        split: Its split, None where the data have none.
        labels: By target name, only those that it carries.
        size: H, W of the upright image where the reader had to know it; None: read when needed.
    """

    path: Path
    split: Split | None
    labels: Mapping[str, Label]
    size: tuple[int, int] | None = None
