"""Where folders keep images beside one mask file for each object in them."""

import os
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from polyhead.data._folders import files_below, split_folders, split_of, subfolders
from polyhead.data._mask_folder import IMAGES, MASKS, SUFFIX, Pair, key, pairs, split_within
from polyhead.findings.collecting import leaving_out, refusal
from polyhead.loading.source import Split

Own = tuple[Split | None, Path, Path | None]
"""Split, folder of images and folder of masks of a folder that holds these."""


class Shot(NamedTuple):
    """An image with the files of its objects.

    Attributes:
        image: The image.
        masks: A file an object, sorted; [] where there is none, None where nobody looked.
        split: Its split, None where the data have none.
    """

    image: Path
    masks: list[Path] | None
    split: Split | None


def fits(root: Path) -> bool:
    """Whether a folder has a folder an image with its masks, or several masks of one image beside images."""
    return is_parted(list(own_folders(root))) or any(map(several, pairs(root)))


def is_parted(own: Sequence[Own]) -> bool:
    """Whether each of some folders holds one image, and one of them masks."""
    single = all(len(files_below(images).images) == 1 for _, images, _ in own)
    return single and any(masks and files_below(masks).images for _, _, masks in own)


def shots_of(root: Path) -> tuple[list[Shot], list[Path]]:
    """Return the images with their masks, and the masks of no image.

    Raises:
        UserError: If a folder of an image holds several.
    """
    own, both = list(own_folders(root)), list(filter(several, pairs(root)))
    shots: list[Shot] = []
    for found in own if is_parted(own) or not both else ():
        with leaving_out():
            shots.append(alone(*found))
    lost: list[Path] = []
    for pair in both:
        beside_them, others = beside(pair)
        shots += beside_them
        lost += others
    return shots, lost


def own_folders(root: Path) -> Iterator[Own]:
    """Yield split, folder of images and folder of masks, None where there is none, of each folder of one image."""
    places: list[tuple[Split | None, Path]] = [(None, root), *split_folders(root)]
    for split, place in places:
        for folder in subfolders(place):
            inside = {} if split_of(folder.name) else {one.name.lower(): one for one in subfolders(folder)}
            images, masks = (next((inside[n] for n in names if n in inside), None) for names in (IMAGES, MASKS))
            if images:
                yield split, images, masks


def alone(split: Split | None, images: Path, masks: Path | None) -> Shot:
    """Return the image of a folder of its own.

    Raises:
        UserError: If there are several, or none.
    """
    found = files_below(images).images
    if len(found) != 1:
        what = f"holds {len(found)} images, and each image has a folder of its own with its masks"
        raise refusal("form-unclear", images, what, "part them")
    return Shot(found[0], files_below(masks).images if masks else None, split)


def several(pair: Pair) -> bool:
    """Whether the masks of a pair of folders are of one object each: in a folder an image, or several of one name."""
    images = {key(image, pair.images) for image in files_below(pair.images).images}
    names = [key(mask, pair.masks) for mask in files_below(pair.masks).images]
    if any(name in images or name.removesuffix(SUFFIX) in images for name in names):
        return False
    owners = Counter(owner(name, images) for name in names)
    own = any(os.path.dirname(name) in images for name in names)  # noqa: PTH120  # names, and no paths
    return own or any(count > 1 for name, count in owners.items() if name)


def owner(name: str, images: Container[str]) -> str | None:
    """Return the image that a mask is of: the one that its folder is called after, or that its name begins with."""
    if (folder := os.path.dirname(name)) in images:  # noqa: PTH120  # as above
        return folder
    while "_" in name:
        name = name.rpartition("_")[0]
        if name in images:
            return name
    return None


def beside(pair: Pair) -> tuple[list[Shot], list[Path]]:
    """Return the images of a pair of folders with their masks, and the masks of no image."""
    named = {key(image, pair.images): image for image in files_below(pair.images).images}
    masks: dict[str, list[Path]] = {name: [] for name in named if (pair.masks / name).is_dir()}
    lost: list[Path] = []
    for mask in files_below(pair.masks).images:
        name = owner(key(mask, pair.masks), named)
        (masks.setdefault(name, []) if name else lost).append(mask)
    return [Shot(image, masks.get(name), pair.split or split_within(name)) for name, image in named.items()], lost
