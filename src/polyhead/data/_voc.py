"""Reading a folder in the form of Pascal VOC: image lists, and the boxes of each image."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from polyhead.data._album import Album
from polyhead.data._flaws import Flaws, boxes_within, counted, first
from polyhead.data._folders import files_in, must_exist
from polyhead.data._left_out import left_out
from polyhead.data._photos import Photo
from polyhead.data._sizes import check_size, read_sizes
from polyhead.data._text import read_lines
from polyhead.findings.collecting import is_heard, leaving_out, refusal, refuse, remark
from polyhead.findings.finding import Corners
from polyhead.loading.source import SPLITS, Split

TARGET = "boxes"
LISTS = "ImageSets/Main"
SIDES = ("xmin", "ymin", "xmax", "ymax")
MASKS = {
    "SegmentationClass": "to learn it, put it as masks, and JPEGImages as images, into a folder of their own",
    "SegmentationObject": "masks of objects are read from a file for each (data.name=instance_folder)",
}
"""How the masks of VOC are read, which are no part of this form, by their folder."""


class Folders(NamedTuple):
    """Where images and annotations lie: `JPEGImages` and `Annotations`, or `images` and `annotations`."""

    images: Path
    annotations: Path


def folders_of(root: Path) -> Folders:
    """Return the folders that are there, VOC's own names where none is."""
    pairs = [[root / name for name in names] for names in (("JPEGImages", "images"), ("Annotations", "annotations"))]
    return Folders(*(next((path for path in pair if path.is_dir()), pair[0]) for pair in pairs))


def fits(root: Path) -> bool:
    """Whether there are the folders of Pascal VOC, and an annotation."""
    images, annotations = folders_of(root)
    return images.is_dir() and any(annotations.glob("*.xml"))


def read(root: Path) -> Album:
    """Return the listed images with the target `boxes`; boxes without area are left out and noted.

    Without lists all images are taken, and have no split; those without an annotation carry nothing.

    Raises:
        UserError: If the folder is not of this form, a list names what is not there, or a file is missing, broken or
            of another size than its annotation says.
    """
    must_exist(root)
    folders = folders_of(root)
    for part in folders:
        if not part.is_dir():
            what = f"has no folder {part.name}, as Pascal VOC does"
            raise refusal("folder-missing", root, what, "add it or set another root")
    images, others = files_in(folders.images)
    lists = read_lists(root) if (root / LISTS).is_dir() else None
    listed = all_images(images) if lists is None else found_images(root, lists, images)
    flaws = Flaws(root)
    photos: list[Photo] = []
    bare: list[Path] = []
    names: set[str] = set()
    for (split, path), size in zip(listed, read_sizes([path for _, path in listed]), strict=True):
        annotation = folders.annotations / f"{path.stem}.xml"
        if lists is None and not annotation.exists():
            bare.append(path)
            photos += [Photo(path, split, {}, size)] if size else []
            continue
        with leaving_out():
            content = read_xml(annotation)
            written = written_size(annotation, content)
            if size is None or not check_size(annotation, "size", written, path, size):
                continue
            boxes = boxes_within(read_objects(annotation, content), size, annotation, flaws, path)
            names.update(boxes.names)
            photos.append(Photo(path, split, {TARGET: boxes}, size))
    if not names:
        where = f"{LISTS} and {folders.annotations.name}"
        raise refusal("labels-missing", root, "no listed image has an object", f"check {where}")
    look_for_orphans(folders.annotations, images)
    known = {path for _, path in listed}
    unlisted = [path for path in images if path not in known]
    kinds = [
        (unlisted, "image", "in no list: left out"),
        (bare, "image", "without an annotation: unlabelled"),
        (others, "file", f"of another kind in {folders.images.name}: left out"),
    ]
    return Album(photos, {TARGET: tuple(sorted(names))}, [*flaws.lines(), *left_out(root, kinds), *unread_masks(root)])


def look_for_orphans(annotations: Path, images: list[Path]) -> None:
    """Remark annotations of no image, where somebody listens."""
    stems = {path.stem for path in images}
    for path in files_in(annotations).others if is_heard() else ():
        if path.suffix.lower() == ".xml" and path.stem not in stems:
            remark("label-orphan", path, "is of no image: left out", "add the image or delete it")


def unread_masks(root: Path) -> list[str]:
    """Return one line for each folder of masks, of which nothing is read, and remark it."""
    lines = []
    for name, cure in MASKS.items():
        masks = [path.name for path in files_in(root / name).images] if (root / name).is_dir() else []
        if masks:
            what = f"{counted(masks, 'mask')} beside the boxes: left out ({first(masks)})"
            remark("folder-strange", root / name, f"holds {what}", cure)
            lines.append(f"{root / name}: {what}; {cure}")
    return lines


def read_lists(root: Path) -> dict[Split, dict[int, str]]:
    """Return the image names of each split, by their lines, that has a list in ImageSets/Main.

    Raises:
        UserError: If no split has a list; it names what is missing.
    """
    files: dict[Split, Path] = {split: root / LISTS / f"{split}.txt" for split in SPLITS}
    lists = {split: read_list(path) for split, path in files.items() if path.is_file() or path.is_symlink()}
    if not lists:
        cure = "list their images there, one name a line"
        raise refusal("labels-missing", files["train"], "is missing, and so are val and test", cure)
    return lists


def read_list(path: Path) -> dict[int, str]:
    """Return the names in an image list by their lines: the first word of each.

    Raises:
        UserError: If it cannot be read as UTF-8 text; it names the file.
    """
    return {number: line.split()[0] for number, line in enumerate(read_lines(path), 1) if line.strip()}


def all_images(images: list[Path]) -> list[tuple[Split | None, Path]]:
    """Return images, none of them with a split.

    Raises:
        UserError: If two have one name, and so one annotation.
    """
    first: dict[str, Path] = {}
    for path in images:
        other = first.setdefault(path.stem, path)
        if other != path:
            refuse(
                "name-twice", path, f"has the name of {other.name}, and one annotation cannot be of both", "keep one"
            )
    return [(None, path) for path in first.values()]


def found_images(root: Path, lists: dict[Split, dict[int, str]], images: list[Path]) -> list[tuple[Split | None, Path]]:
    """Return split and file of the listed images, in the order of the lists.

    Raises:
        UserError: If a list names an image that is missing, or one that two files may be; it names the list.
    """
    by_name: dict[str, list[Path]] = {}
    for path in images:
        by_name.setdefault(path.stem, []).append(path)
    found: list[tuple[Split | None, Path]] = []
    for split, names in lists.items():
        for line, name in names.items():
            files = by_name.get(name, [])
            if len(files) != 1:
                said = f"has {files[0].name} and {files[1].name}" if files else "has no such image"
                kind, cure = ("image-unclear", "keep one") if files else ("image-missing", "add it")
                what, file = f"names {name}, and {folders_of(root).images.name} {said}", root / LISTS / f"{split}.txt"
                refuse(kind, file, what, f"{cure} or delete the line", line=line)
                continue
            found.append((split, files[0]))
    return found


def read_xml(path: Path) -> "ET.Element[str]":
    """Return the content of an annotation file.

    Raises:
        UserError: If it is missing, no XML, or in an encoding that is not read; it names the file.
    """
    try:
        return ET.parse(path).getroot()  # noqa: S314  # expat bounds entity expansion, and loads nothing
    except FileNotFoundError:
        cure = "add it or take its image off the lists in ImageSets/Main"
        raise refusal("xml-missing", path, "is missing", cure) from None
    except ET.ParseError as error:
        cure = "mend it or take its image off the lists"
        raise refusal("xml-broken", path, f"is not XML ({error})", cure) from None
    except (ValueError, LookupError) as error:
        cure = "save it as UTF-8, and say so in it"
        raise refusal("xml-broken", path, f"its encoding is not read ({error})", cure) from None


def written_size(path: Path, content: "ET.Element[str]") -> tuple[float, float]:
    """Return width and height of the image as its annotation says, 0 where it does not.

    Raises:
        UserError: If they are no numbers; it names the file.
    """
    try:
        width, height = (float(content.findtext(f"size/{side}") or 0) for side in ("width", "height"))
    except ValueError:
        what = "size has a width or a height that is no number"
        raise refusal("xml-value", path, what, "mend or delete it") from None
    return width, height


def read_objects(path: Path, content: "ET.Element[str]") -> Iterator[tuple[str, str, Corners]]:
    """Yield place, class name and x1, y1, x2, y2 in pixels of the objects in an annotation file.

    VOC counts pixels from 1, and the last one is within the box. A box of no area is given as it stands there.

    Raises:
        UserError: If an object lacks its name or a number; it names the file.
    """
    for number, node in enumerate(content.iter("object"), 1):
        name = (node.findtext("name") or "").strip()
        if not name:
            cure = "mend it or delete the object"
            refuse("xml-value", path, f"object {number} has no name", cure, place=f"object {number}")
            continue
        try:
            x1, y1, x2, y2 = (float(node.findtext(f"bndbox/{side}") or "") for side in SIDES)
        except ValueError:
            what = f"object {number} ({name}) lacks a number for one of {', '.join(SIDES)}"
            refuse("xml-value", path, what, "mend it", place=f"object {number}")
            continue
        begin = 1 if x2 > x1 and y2 > y1 else 0
        corners = " ".join(f"{side} {value:.10g}" for side, value in zip(SIDES, (x1, y1, x2, y2), strict=True))
        yield f"object {number} ({name}, {corners})", name, (x1 - begin, y1 - begin, x2, y2)
