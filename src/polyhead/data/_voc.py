"""Reading a folder in the form of Pascal VOC: image lists, and the boxes of each image."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from polyhead.errors import UserError
from polyhead.loading.images import SUFFIXES, image_size
from polyhead.loading.source import SPLITS, Split

SIDES = ("xmin", "ymin", "xmax", "ymax")


class Photo(NamedTuple):
    """One annotated image.

    Attributes:
        path: Its file.
        size: H, W of the upright image, in pixels.
        boxes: x1, y1, x2, y2 in pixels within it, from the upper left corner of the first pixel to the lower right one
            of the last.
        names: The class name of each box.
        notes: What was left out or doubted.
    """

    path: Path
    size: tuple[int, int]
    boxes: list[tuple[float, float, float, float]]
    names: list[str]
    notes: list[str]


def read_lists(root: Path) -> dict[Split, list[str]]:
    """Return the image names of each split, from ImageSets/Main.

    Raises:
        UserError: If the folder is not of this form, or a list is missing; it names what is missing.
    """
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; set the data's root to a folder of the form of Pascal VOC")
    for part in ("Annotations", "JPEGImages", "ImageSets/Main"):
        if not (root / part).is_dir():
            raise UserError(f"{root}: has no folder {part}, as Pascal VOC does; add it or set another root")
    return {split: read_list(root / "ImageSets" / "Main" / f"{split}.txt") for split in SPLITS}


def read_list(path: Path) -> list[str]:
    """Return the names in an image list: the first word of each line.

    Raises:
        UserError: If there is no such file, or it is no text.
    """
    try:
        return [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        raise UserError(f"{path}: is missing; list the images of this split there, one name a line") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text; list the images of this split there, one name a line") from None


def read_photos(root: Path, lists: dict[Split, list[str]]) -> dict[Split, list[Photo]]:
    """Return the annotated images of each split, in the order of the lists.

    Raises:
        UserError: If a list names an image or annotation that is missing, or one cannot be read; it names the file.
    """
    images = {path.stem: path for path in sorted((root / "JPEGImages").iterdir()) if path.suffix.lower() in SUFFIXES}
    annotations = root / "Annotations"
    found: dict[Split, list[Photo]] = {}
    for split, names in lists.items():
        listed = root / "ImageSets" / "Main" / f"{split}.txt"
        for name in names:
            if name not in images:
                raise UserError(f"{listed}: names {name}, and JPEGImages has no such image; add it or delete the line")
        found[split] = [read_photo(images[name], annotations / f"{name}.xml") for name in names]
    return found


def read_photo(image: Path, annotation: Path) -> Photo:
    """Return one image's boxes.

    Boxes without area are left out and noted; those that stick out of the image are cut.

    Raises:
        UserError: If a file is missing or broken.
    """
    size = image_size(image)
    photo = Photo(image, size, [], [], [])
    for number, (name, corners) in enumerate(read_objects(annotation), 1):
        x1, y1, x2, y2 = corners
        cut = (max(0.0, x1 - 1), max(0.0, y1 - 1), min(float(size[1]), x2), min(float(size[0]), y2))
        if not all(map(math.isfinite, corners)) or x2 <= x1 or y2 <= y1 or cut[2] <= cut[0] or cut[3] <= cut[1]:
            where = ", ".join(f"{side} {value:g}" for side, value in zip(SIDES, corners, strict=True))
            photo.notes.append(
                f"{annotation}: object {number} ({name}) has no area in the image ({where}): box left out"
            )
            continue
        photo.boxes.append(cut)
        photo.names.append(name)
    return photo


def read_objects(path: Path) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Yield class name and xmin, ymin, xmax, ymax of the objects in an annotation file, as they stand there.

    Raises:
        UserError: If it is missing, no XML, or an object lacks its name or a number; it names the file.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314  # expat bounds entity expansion, and loads nothing
    except FileNotFoundError:
        raise UserError(f"{path}: is missing; add it or take its image off the lists in ImageSets/Main") from None
    except ET.ParseError as error:
        raise UserError(f"{path}: is not XML ({error}); mend it or take its image off the lists") from None
    for number, node in enumerate(root.iter("object"), 1):
        name = (node.findtext("name") or "").strip()
        if not name:
            raise UserError(f"{path}: object {number} has no name; mend it or delete the object")
        try:
            x1, y1, x2, y2 = (float(node.findtext(f"bndbox/{side}") or "") for side in SIDES)
        except ValueError:
            raise UserError(
                f"{path}: object {number} ({name}) lacks a number for one of {', '.join(SIDES)}; mend it"
            ) from None
        yield name, (x1, y1, x2, y2)
