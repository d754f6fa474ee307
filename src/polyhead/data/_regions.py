"""The outlines of objects, drawn as a mask of class numbers when it is asked for."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, NamedTuple

import torch
from torchvision import tv_tensors

from polyhead.contracts import IGNORE
from polyhead.data._flaws import counted, first
from polyhead.data._photos import Photo
from polyhead.findings.collecting import is_heard, refusal, remark
from polyhead.ops.runs import area_of_runs, decode_runs, polygon_runs

BACKGROUND = "background"
Shape = tuple["array[float]", ...] | str
"""Polygons, each x, y, x, y ... in pixels; or a mask in COCO's compressed run-length code."""


class Region(NamedTuple):
    """The pixels of one object.

    Attributes:
        name: Its class; None where the pixels are of a crowd, and so of no class.
        shape: Where they are.
        number: Its place in the file that it is from, for errors.
    """

    name: str | None
    shape: Shape
    number: int = 0

    def __repr__(self) -> str:  # hashed: a fingerprint writes out every label
        content = (
            self.shape.encode() if isinstance(self.shape, str) else b"|".join(part.tobytes() for part in self.shape)
        )
        return f"Region({self.name!r}, {blake2b(content, digest_size=8).hexdigest()})"


class Regions(NamedTuple):
    """The objects of an image as pixels; what none of them covers is background.

    Attributes:
        regions: All of them.
        origin: The file and the list in it that number them, for errors.
    """

    regions: Sequence[Region]
    origin: str

    def target(self, names: Sequence[str], size: tuple[int, int]) -> Any:
        """Return the tv_tensors.Mask (H, W) uint8 of class numbers, 255 in crowds; small objects lie on large ones."""
        numbers = {name: number for number, name in enumerate(names)}
        mask = torch.zeros(size, dtype=torch.uint8)
        for region, code in self.layered(size):
            with self.blamed(region):
                mask[decode_runs(code, size)] = IGNORE if region.name is None else numbers[region.name]
        return tv_tensors.Mask(mask)

    def layers(self, size: tuple[int, int]) -> torch.Tensor:
        """Return each region by itself, (m, H, W) uint8 of 0 and 1; errors as `target`."""
        layers = torch.zeros(len(self.regions), *size, dtype=torch.uint8)
        for layer, region in zip(layers, self.regions, strict=True):
            with self.blamed(region):
                layer[decode_runs(code_of(region, size), size)] = 1
        return layers

    def layered(self, size: tuple[int, int]) -> list[tuple[Region, str]]:
        """Return each region with its run-length code in the order of drawing: crowds, then large before small."""
        found = []
        for region in self.regions:
            with self.blamed(region):
                code = code_of(region, size)
                found.append((region, code, area_of_runs(code, size)))
        found.sort(key=lambda one: (one[0].name is not None, -one[2]))
        return [(region, code) for region, code, _ in found]

    @contextmanager
    def blamed(self, region: Region) -> Iterator[None]:
        """Turn what is wrong with the code of a region into a UserError that names the region."""
        try:
            yield
        except ValueError as error:
            reason = " ".join(str(error).split()).rstrip(".")
            file, _, group = self.origin.partition(": ")
            place, what = f"{group}[{region.number}]", f"has a broken run-length code ({reason})"
            raise refusal("outline-broken", file, f"{place} {what}", "mend or delete it", place=place) from error


def code_of(region: Region, size: tuple[int, int]) -> str:
    """Return the run-length code of a region's pixels in an image of `size` (H, W)."""
    return region.shape if isinstance(region.shape, str) else polygon_runs(region.shape, size)


def polygons_within(polygons: Sequence["array[float]"], size: tuple[int, int]) -> tuple["array[float]", ...]:
    """Return those of an object's polygons that have three corners or more.

    Args:
        polygons: x, y, x, y ... of each, in pixels.
        size: H, W of the image.

    Raises:
        ValueError: If one has a number too many, or a corner so far outside the image that it cannot be meant.
    """
    reach = max(size)
    for number, corners in enumerate(polygons):
        if len(corners) % 2:
            raise ValueError(f"has {len(corners)} numbers in polygon {number}, which are not x and y of each corner")
        low, high = (min(corners), max(corners)) if corners else (0, 0)
        if low < -reach or high > 2 * reach:
            worst = high if high > 2 * reach else low
            raise ValueError(
                f"has a corner at {worst:g} in polygon {number}, far outside an image of {size[1]} x {size[0]}"
            )
    return tuple(corners for corners in polygons if len(corners) >= 6)


def outlined(
    photos: Iterable[Photo], names: Sequence[str]
) -> tuple[list[Photo], dict[str, tuple[str, ...]], list[str]]:
    """Return photographs with `mask` and `instances` only if these are of use, their classes, and what to say of them.

    Args:
        photos: With `boxes`, and with the two where each object of the image has an outline, also if there is none.
        names: Classes of the boxes.
    """
    photos = list(photos)
    masks = [photo.labels["mask"] for photo in photos if "mask" in photo.labels]
    if not any(isinstance(mask, Regions) and mask.regions for mask in masks):
        return without(photos, "mask", "instances"), {}, []
    bare = [photo.path.name for photo in photos if "boxes" in photo.labels and "mask" not in photo.labels]
    lacking = f"{counted(bare, 'image')} with objects that have no outline: no mask, no instances ({first(bare)})"
    notes = [lacking] if bare else []
    for photo in photos if is_heard() else ():
        if "boxes" in photo.labels and "mask" not in photo.labels:
            what = "has objects without an outline: no mask and no instances of it"
            remark("outline-missing", photo.path, what, "draw all or none", image=str(photo.path))
    if reason := too_many(names):
        return without(photos, "mask"), {"instances": tuple(names)}, [*notes, reason]
    return photos, {"mask": mask_names(names), "instances": tuple(names)}, notes


def without(photos: Sequence[Photo], *targets: str) -> list[Photo]:
    """Return photographs without their labels for some targets."""
    return [
        photo._replace(labels={key: label for key, label in photo.labels.items() if key not in targets})
        for photo in photos
    ]


def mask_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the class names of a mask, background first, whether or not it is among `names`."""
    return (BACKGROUND, *(name for name in names if name != BACKGROUND))


def too_many(names: Sequence[str]) -> str:
    """Return why there can be no mask of that many classes, or "" where there can."""
    if len(mask_names(names)) <= IGNORE:
        return ""
    return (
        f"no target `mask`: it numbers {IGNORE - 1} classes beside the background at most, and these are {len(names)}"
    )
