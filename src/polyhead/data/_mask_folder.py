"""Reading folders of images beside folders of masks of the same names."""

import os
from pathlib import Path
from typing import NamedTuple

from polyhead.data._album import Album
from polyhead.data._folders import files_below, must_exist, split_of, subfolders
from polyhead.data._left_out import left_out
from polyhead.data._mask_file import NAMES_FILE, MaskFile, by, classes, is_yolos
from polyhead.data._photos import Photo
from polyhead.data._sizes import Size, read_sizes
from polyhead.findings.collecting import leaving_out, refusal, refuse
from polyhead.loading.images import look
from polyhead.loading.source import Split

TARGET = "mask"
IMAGES = ("images", "image", "imgs", "img")
MASKS = ("masks", "mask", "labels", "annotations", "gt")
NOT_MASKS = frozenset({".json", ".txt", ".xml"})
"""What labels of other forms are written in."""
SUFFIX = "_mask"
"""What the name of a mask may have more than that of its image."""


class Pair(NamedTuple):
    """A folder of images and the folder of their masks.

    Attributes:
        images: The one.
        masks: The other.
        split: None where it says nothing of splits; then folders within the two may.
    """

    images: Path
    masks: Path
    split: Split | None


class Shot(NamedTuple):
    """An image, its mask where there is one, and its split where the data have some."""

    image: Path
    mask: Path | None
    split: Split | None


def fits(root: Path) -> bool:
    """Whether there are masks beside images, in `root` or its splits."""
    return bool(pairs(root))


def read(root: Path, names: tuple[str, ...] = ()) -> Album:
    """Return all images, with the target `mask` where there is one.

    Args:
        root: The folder.
        names: The class of each number from 0 on; (): as classes.txt says, else background and foreground.

    Raises:
        UserError: If there are no masks, one does not fit its image, two may be meant, or numbers have no name.
    """
    must_exist(root)
    every = pairs(root)
    shots: list[Shot] = []
    notes = left_out(root, [(lonely(root, every), "folder", "of images without one of masks beside it: left out")])
    for pair in every:
        found, said = matched(root, pair)
        shots += found
        notes += said
    masks = [shot.mask for shot in shots if shot.mask]
    if not masks:
        cure = "put images/x.jpg and masks/x.png there, or in its train, val and test"
        raise refusal("labels-missing", root, "has no mask for any image", cure)
    sizes = checked_sizes(shots)
    shots = [shot for shot in shots if not shot.mask or shot.image in sizes]
    masks, called, white = classes(root, [shot.mask for shot in shots if shot.mask], names)
    readable = set(masks)
    shots = [shot for shot in shots if not shot.mask or shot.mask in readable]
    photos = [
        Photo(image, split, {TARGET: MaskFile(mask, white)} if mask else {}, sizes.get(image))
        for image, mask, split in shots
    ]
    if not names and is_yolos(root):
        notes.append(
            f"{root}: {NAMES_FILE} names the classes of YOLO's labels, and not those of masks: {', '.join(called)}"
        )
    if white:
        notes.append(f"{root}: masks hold 0 and 255 only: 255 is read as class 1, {called[1]}")
    return Album(photos, {TARGET: called}, notes)


def pairs(root: Path) -> list[Pair]:
    """Return the folders of images that have one of masks beside them, in `root` and in its splits.

    Raises:
        UserError: If there are two for either; it names them.
    """
    found = []
    for place in places(root):
        inside = subfolders(place)
        images = [folder for folder in inside if folder.name.lower() in IMAGES]
        masks = [folder for folder in inside if folder.name.lower() in MASKS and holds_masks(folder)]
        if images and masks:
            found.append(Pair(only(images), only(masks), split_of(place.name) if place != root else None))
    return found


def places(root: Path) -> list[Path]:
    """Return the folders in which images and masks may be side by side: `root` and its splits."""
    return [root, *(folder for folder in subfolders(root) if split_of(folder.name))]


def lonely(root: Path, found: list[Pair]) -> list[Path]:
    """Return the folders of images that are in no pair."""
    paired = {pair.images for pair in found}
    inside = [folder for place in places(root) for folder in subfolders(place)]
    return [folder for folder in inside if folder.name.lower() in IMAGES and folder not in paired]


def holds_masks(folder: Path) -> bool:
    """Whether a folder holds images, and not labels of another form."""
    images, others = files_below(folder)
    return len(images) > sum(path.suffix.lower() in NOT_MASKS for path in others)


def only(folders: list[Path]) -> Path:
    """Return the one folder that is meant.

    Raises:
        UserError: If there are several.
    """
    if len(folders) > 1:
        what = f"may be meant, and so may {folders[1].name} beside it"
        raise refusal("form-unclear", folders[0], what, "rename or move one")
    return folders[0]


def matched(root: Path, pair: Pair) -> tuple[list[Shot], list[str]]:
    """Return the images of a pair of folders with their masks, and what was left over.

    Raises:
        UserError: If two images or two masks have one name.
    """
    (images, strange), (masks, strange_too) = files_below(pair.images), files_below(pair.masks)
    named = alone(images, [key(image, pair.images) for image in images])
    keys = [name if (name := key(mask, pair.masks)) in named else name.removesuffix(SUFFIX) for mask in masks]
    by_name = alone(masks, keys)
    shots = [Shot(image, by_name.get(name), pair.split or split_within(name)) for name, image in named.items()]
    kinds = [
        ([shot.image for shot in shots if not shot.mask], "image", "without a mask: unlabelled"),
        ([mask for name, mask in by_name.items() if name not in named], "mask", "without an image: left out"),
        (strange + strange_too, "file", "of another kind beside them: left out"),
    ]
    return shots, left_out(root, kinds)


def key(path: Path, folder: Path) -> str:
    """Return what a file is called below a folder, without its suffix."""
    return os.path.splitext(str(path)[len(str(folder)) + 1 :])[0]  # noqa: PTH122  # a Path takes ten times as long


def split_within(name: str) -> Split | None:
    """Return the split that the first folder of a name stands for."""
    folder, slash, _ = name.partition(os.sep)
    return split_of(folder) if slash else None


def alone(paths: list[Path], keys: list[str]) -> dict[str, Path]:
    """Return files by their names, the first of each.

    Raises:
        UserError: If two have; it names both.
    """
    seen: dict[str, Path] = {}
    for path, name in zip(paths, keys, strict=True):
        other = seen.setdefault(name, path)
        if other != path:
            what = f"has the name of {other.name}, and masks are found by name"
            refuse("name-twice", path, what, "rename or remove one")
    return seen


def checked_sizes(shots: list[Shot]) -> dict[Path, Size]:
    """Return H, W of the images that have masks of their size, from their headers.

    Raises:
        UserError: If a mask is of another size than its image, or a file cannot be read.
    """
    masks = {image: mask for image, mask, _ in shots if mask}
    found = dict(zip(masks, read_sizes(list(masks)), strict=True))
    sizes: dict[Path, Size] = {}
    for (image, mask), own in zip(masks.items(), read_sizes(list(masks.values())), strict=True):
        size = found[image]
        with leaving_out():
            if size and own and size != own:
                turned = look(image, lambda one: (one.height, one.width)) == own
                cure = "turn it as the EXIF orientation turns the image" if turned else "save both in one size"
                what = f"is {by(own)}, and its image {image} {by(size)}"
                raise refusal("mask-size", mask, what, cure, image=str(image))
            if size and own:
                sizes[image] = size
    return sizes
