"""Reading data in the form of COCO: the boxes, and the outlines, of the objects in images that JSON files list."""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from polyhead.data._album import Album, Boxes, Label, Photo
from polyhead.data._coco_files import OWN, PLACES, image_folders, is_coco, json_files, located, sheets_of, splits_of
from polyhead.data._coco_json import Annotation, Runs, Sheet, read_sheet
from polyhead.data._flaws import Corners, Flaws, boxes_within, counted, first, unlisted, unused
from polyhead.data._folders import must_exist
from polyhead.data._instances import instances_within
from polyhead.data._regions import Region, Regions, Shape, outlined, polygons_within
from polyhead.data._sizes import Size, check_size, read_sizes
from polyhead.errors import UserError
from polyhead.loading.source import Split
from polyhead.ops.runs import area_of_runs, compress_runs

Objects = Sequence[tuple[int, Annotation]]
"""Number and content of annotations."""


class Found(NamedTuple):
    """A sheet with its images on disk.

    Attributes:
        sheet: What the JSON file says.
        splits: The split of each image, None where it has none.
        paths: The file of each image.
    """

    sheet: Sheet
    splits: Sequence[Split | None]
    paths: list[Path]


def fits(root: Path) -> bool:
    """Whether a folder, or a file, holds JSON that looks like COCO's, or has its name and so deserves a word."""
    if root.is_file():
        return root.suffix.lower() == ".json" and is_coco(root)
    return any(OWN.search(file.stem) or is_coco(file) for file in json_files(root))


def read(root: Path) -> Album:
    """Return all listed images with the target `boxes`, and `mask` and `instances` where objects have outlines.

    Raises:
        UserError: If no JSON file is found, one is not of COCO's form, or it names what is not there, or twice, or of
            another size; it names the file, the place in it and the cure.
    """
    if not root.is_file():
        must_exist(root)
    files = sheets_of(root)
    if not files:
        raise UserError(f"{root}: holds no JSON file in COCO's form; looked for {PLACES}; set root to such data")
    every = [found_images(root, read_sheet(file), split) for file, split in files]
    check_once(every)
    names, notes = merged([found.sheet for found in every])
    flaws = Flaws(root)
    photos = [photo for found in every for photo in photos_of(found, flaws)]
    notes += [*flaws.lines(), *unlisted(root, [photo.path for photo in photos], "in no JSON file")]
    photos, masks, said = outlined(photos, names)
    notes += [f"{root}: {line}" for line in (*unused(names, photos), *said)]
    return Album(photos, {"boxes": names, **masks}, notes)


def found_images(root: Path, sheet: Sheet, split: Split | None) -> Found:
    """Return the files of a sheet's images.

    Raises:
        UserError: If one is not there, or may be two files; it names it, and where it was looked for.
    """
    folders, shared = image_folders(root, sheet.file)
    paths = []
    for number, picture in enumerate(sheet.pictures):
        found = located(picture.file_name, folders, shared, root)
        if len(found) != 1:
            looked = ", ".join(map(str, (*folders, *shared)))
            cure = (
                f"it may be {found[0]} or {found[1]}; write the folder before it"
                if found
                else f"there is no such file in {looked}; put it there or delete the entry"
            )
            raise UserError(f"{sheet.file}: images[{number}].file_name is {picture.file_name!r}, and {cure}")
        paths += found
    return Found(sheet, splits_of(paths, split, root), paths)


def check_once(every: Sequence[Found]) -> None:
    """Check that no image is listed twice.

    Raises:
        UserError: If one is; it names both places.
    """
    seen: dict[Path, str] = {}
    for found in every:
        for number, path in enumerate(found.paths):
            place = f"{found.sheet.file}: images[{number}]"
            if path in seen:
                raise UserError(f"{place} is {path}, and so is {seen[path]}; list each image once")
            seen[path] = place


def merged(sheets: Sequence[Sheet]) -> tuple[tuple[str, ...], list[str]]:
    """Return the class names of all sheets by their ids, and in which way the sheets do not agree.

    Raises:
        UserError: If there is no class.
    """
    ids: dict[str, int] = {}
    notes = []
    for sheet in sheets:
        other = [f"{name} is {key}" for key, name in sheet.classes.items() if ids.setdefault(name, key) != key]
        if other:
            notes.append(
                f"{sheet.file}: has other category ids than {sheets[0].file}: matched by name ({first(other)})"
            )
    if not ids:
        raise UserError(f"{sheets[0].file}: categories is empty; list the classes there")
    for sheet in sheets:
        lacking = [name for name in ids if name not in set(sheet.classes.values())]
        if lacking:
            notes.append(f"{sheet.file}: lacks {counted(lacking, 'category')} of the other files ({first(lacking)})")
    return tuple(sorted(ids, key=lambda name: ids[name])), notes


def photos_of(found: Found, flaws: Flaws) -> Iterator[Photo]:
    """Yield the images of a sheet with their labels; outlines where all objects have them, also where none is there.

    Raises:
        UserError: If an image or an outline does not have the size that it is said to have.
    """
    sheet = found.sheet
    rows = zip(sheet.pictures, found.paths, found.splits, read_sizes(found.paths), strict=True)
    for picture, path, split, size in rows:
        check_size(f"{sheet.file}: {picture.file_name!r}", (picture.width, picture.height), path, size)
        objects = sheet.objects[picture.id]
        labels: dict[str, Label] = {"boxes": boxes_of(sheet, objects, size, flaws)}
        if all(one.segmentation for _, one in objects):
            regions = [region_of(sheet, number, one, size, flaws) for number, one in objects]
            origin, corners = f"{sheet.file}: annotations", [corners_of(one) for _, one in objects]
            labels["mask"] = Regions(regions, origin)
            labels["instances"] = instances_within(list(zip(corners, regions, strict=True)), size, origin)
        yield Photo(path, split, labels, size)


def boxes_of(sheet: Sheet, objects: Objects, size: Size, flaws: Flaws) -> Boxes:
    """Return the boxes of an image; crowds are none."""
    rows = []
    for number, one in objects:
        if one.iscrowd:
            flaws.add(sheet.file, "around crowds (iscrowd 1): left out, and 255 in a mask", f"annotations[{number}]")
            continue
        rows.append((f"annotations[{number}]", sheet.classes[one.category_id], corners_of(one)))
    return boxes_within(rows, size, sheet.file, flaws)


def corners_of(one: Annotation) -> Corners:
    """Return the corners x1, y1, x2, y2 of an object's box."""
    x, y, width, height = one.bbox
    return x, y, x + width, y + height


def region_of(sheet: Sheet, number: int, one: Annotation, size: Size, flaws: Flaws) -> Region:
    """Return the outline of an object in an image of `size`; errors as `photos_of`."""
    name = None if one.iscrowd else sheet.classes[one.category_id]
    place = f"annotations[{number}].segmentation"
    try:
        return Region(name, shape_of(one, size, sheet.file, place, flaws), number)
    except ValueError as error:
        raise UserError(f"{sheet.file}: {place} {error}; mend or delete it") from None


def shape_of(one: Annotation, size: Size, file: Path, place: str, flaws: Flaws) -> Shape:
    """Return the polygons or the run-length code of an object.

    Raises:
        ValueError: If they do not fit an image of `size`.
    """
    shape = one.segmentation
    if isinstance(shape, Runs):
        if shape.size != size:
            raise ValueError(f"is of size {list(shape.size)}, and the image of {list(size)} (height, width)")
        return checked_code(shape.counts, size) if isinstance(shape.counts, str) else compress_runs(shape.counts, size)
    polygons = polygons_within([array("d", corners) for corners in shape or ()], size)
    if len(polygons) < len(shape or ()):
        flaws.add(file, "with a polygon of fewer than three corners: that polygon left out", place)
    return polygons


def checked_code(code: str, size: Size) -> str:
    """Return a compressed run-length code that is no longer than an image of `size`.

    Raises:
        ValueError: If it is, or is none. One that ends too early is found when it is drawn: that takes a mask each.
    """
    try:
        area_of_runs(code, size)
    except ValueError as error:
        raise ValueError(f"has a broken run-length code ({str(error).rstrip('.')})") from error
    return code
