"""Reading folders in which each object of an image has a mask in a file of its own."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import torch

from polyhead.data._album import Album
from polyhead.data._flaws import counted
from polyhead.data._folders import must_exist
from polyhead.data._instance_shots import Shot, fits, shots_of
from polyhead.data._instances import Instances
from polyhead.data._left_out import left_out
from polyhead.data._mask_file import SMEARED, by
from polyhead.data._mask_folder import lonely, pairs
from polyhead.data._photos import Boxes, Label, Photo
from polyhead.data._regions import BACKGROUND, Region, Regions
from polyhead.data._sizes import Size, read_sizes
from polyhead.errors import UserError
from polyhead.findings.collecting import leaving_out, refusal
from polyhead.findings.finding import Corners
from polyhead.loading.images import read_mask
from polyhead.ops.outlines import boxes_around
from polyhead.ops.runs import encode_runs

__all__ = ["fits", "read"]
OBJECT = "object"
"""The class of objects that nobody named."""


class Outline(NamedTuple):
    """What a mask of one object shows: the corners of its box, and its pixels in run-length code."""

    corners: Corners
    code: str


def read(root: Path, label: str = OBJECT) -> Album:
    """Return all images, with the targets `boxes`, `mask` and `instances` where there are masks.

    Args:
        root: The folder.
        label: What the objects are called.

    Raises:
        UserError: If there are no masks, or one is of another size than its image or of several numbers.
    """
    must_exist(root)
    if label in {"", BACKGROUND}:
        raise UserError(f"label: {label!r} is no name of an object; choose another")
    shots, lost = shots_of(root)
    labelled = {shot.split for shot in shots if shot.masks}
    if not labelled:
        cure = "put x/images/x.png and x/masks/*.png there, or images/x.png and masks/x/*.png"
        raise refusal("labels-missing", root, "has no masks of one object each", cure)
    mute = [shot.image for shot in shots if shot.split not in labelled]
    shots = [shot for shot in shots if shot.split in labelled]
    paths = [shot.image for shot in shots]
    sizes = dict(zip(paths, read_sizes(paths), strict=True))
    outlines = outlines_of(shots, sizes)
    photos = [
        Photo(shot.image, shot.split, labels_of(shot, outlines, label), sizes[shot.image])
        for shot in shots
        if sizes[shot.image] and all(mask in outlines for mask in shot.masks or ())
    ]
    masks = [mask for shot in shots for mask in shot.masks or ()]
    bare = [mask for mask, outline in outlines.items() if outline is None]
    kinds = [
        ([shot.image for shot in shots if shot.masks is None], "image", "without masks: unlabelled"),
        (mute, "image", "in splits without masks: left out"),
        (bare, "mask", "without an object: left out"),
        (lost, "mask", "without an image: left out"),
        (lonely(root, pairs(root)), "folder", "of images without one of masks beside it: left out"),
    ]
    notes = [f"{root}: {counted(masks, 'mask')} of one object each, called {label}", *left_out(root, kinds)]
    return Album(photos, {"boxes": (label,), "mask": (BACKGROUND, label), "instances": (label,)}, notes)


def outlines_of(shots: Sequence[Shot], sizes: Mapping[Path, Size | None]) -> dict[Path, Outline | None]:
    """Return what each mask shows, None where that is no object, read side by side; errors as `read`."""
    every = [(mask, size) for shot in shots for mask in shot.masks or () if (size := sizes[shot.image])]
    outlines: dict[Path, Outline | None] = {}
    with ThreadPoolExecutor(8) as pool:
        for (mask, _), found in zip(every, pool.map(lambda one: outline_or_error(*one), every), strict=True):
            with leaving_out():
                if isinstance(found, UserError):
                    raise found
                outlines[mask] = found
    return outlines


def outline_or_error(path: Path, size: Size) -> Outline | UserError | None:
    """Return what a mask shows, or why it cannot be read: who collects errors is not known in threads."""
    try:
        return outline_in(path, size)
    except UserError as error:
        return error


def outline_in(path: Path, size: Size) -> Outline | None:
    """Return what a mask shows, None if all of it is 0.

    Raises:
        UserError: If it cannot be read, is not of `size` (H, W), or has several numbers beside 0.
    """
    mask = read_mask(path)
    if (own := (mask.shape[0], mask.shape[1])) != size:
        raise refusal("mask-size", path, f"is {by(own)}, and its image {by(size)}", "save both in one size")
    values = torch.bincount(mask.flatten(), minlength=256)[1:].nonzero()[:, 0] + 1
    if len(values) > 1:
        smeared = " (JPEG changes numbers: save masks as PNG)" if path.suffix.lower() in SMEARED else ""
        what = f"has the values {values[0]} and {values[1]}, and a mask of one object has one beside 0{smeared}"
        raise refusal("mask-value", path, what, "write a file for each object")
    if not len(values):
        return None
    x1, y1, x2, y2 = boxes_around(mask[None])[0].tolist()
    return Outline((x1, y1, x2, y2), encode_runs(mask > 0))


def labels_of(shot: Shot, outlines: dict[Path, Outline | None], label: str) -> dict[str, Label]:
    """Return what the masks of an image say, nothing where nobody looked."""
    if shot.masks is None:
        return {}
    found = [outline for mask in shot.masks if (outline := outlines[mask])]
    boxes = Boxes([outline.corners for outline in found], [label] * len(found))
    regions = Regions([Region(label, outline.code, place) for place, outline in enumerate(found)], str(shot.image))
    return {"boxes": boxes, "mask": regions, "instances": Instances(boxes, regions)}
