"""Reading data in the form of COCO: the boxes, and the outlines, of the objects in images that JSON files list."""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from polyhead.data._album import Album
from polyhead.data._coco_files import OWN, PLACES, image_folders, is_coco, json_files, located, sheets_of, splits_of
from polyhead.data._coco_json import Annotation, Runs, Sheet, read_sheet
from polyhead.data._flaws import CROWD, SHORT, Flaws, boxes_within, counted, first, fitted, unlisted, unused
from polyhead.data._folders import must_exist
from polyhead.data._instances import instances_within
from polyhead.data._odd_boxes import strays
from polyhead.data._photos import Boxes, Label, Photo
from polyhead.data._regions import Region, Regions, Shape, outlined, polygons_within
from polyhead.data._sizes import Size, check_size, read_sizes
from polyhead.findings.collecting import is_heard, leaving_out, refusal, refuse, remark
from polyhead.findings.finding import Corners
from polyhead.loading.source import Split
from polyhead.ops.runs import area_of_runs, compress_runs

Objects = Sequence[tuple[int, Annotation]]
"""Number and content of annotations."""


class Found(NamedTuple):
    """A sheet with its images on disk.

    Attributes:
        sheet: What the JSON file says.
        splits: The split of each image, None where it has none.
        paths: The file of each image, by its number in the sheet.
    """

    sheet: Sheet
    splits: Sequence[Split | None]
    paths: dict[int, Path]


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
        what = f"holds no JSON file in COCO's form; looked for {PLACES}"
        raise refusal("labels-missing", root, what, "set root to such data")
    every: list[Found] = []
    for file, split in files:
        with leaving_out(whole=True):
            every.append(found_images(root, read_sheet(file), split))
    every = listed_once(every)
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
    paths: dict[int, Path] = {}
    for number, picture in sheet.pictures.items():
        found = located(picture.file_name, folders, shared, root)
        if len(found) != 1:
            looked = ", ".join(map(str, (*folders, *shared)))
            cure = (
                f"it may be {found[0]} or {found[1]}; write the folder before it"
                if found
                else f"there is no such file in {looked}; put it there or delete the entry"
            )
            place = f"images[{number}]"
            what, _, cure = f"{place}.file_name is {picture.file_name!r}, and {cure}".partition("; ")
            refuse("image-unclear" if found else "image-missing", sheet.file, what, cure, place=place)
            continue
        paths[number] = found[0]
    return Found(sheet, splits_of(list(paths.values()), split, root), paths)


def listed_once(every: Sequence[Found]) -> list[Found]:
    """Return sheets without the images that are listed before.

    Raises:
        UserError: If one is; it names both places.
    """
    seen: dict[Path, str] = {}
    kept: list[Found] = []
    for sheet, splits, paths in every:
        mine: dict[int, tuple[Split | None, Path]] = {}
        for split, (number, path) in zip(splits, paths.items(), strict=True):
            place = f"images[{number}]"
            if path in seen:
                what = f"{place} is {path}, and so is {seen[path]}"
                refuse("image-twice", sheet.file, what, "list each image once", place=place, image=str(path))
                continue
            seen[path] = f"{sheet.file}: {place}"
            mine[number] = (split, path)
        of_paths = {number: path for number, (_, path) in mine.items()}
        kept.append(Found(sheet, [split for split, _ in mine.values()], of_paths))
    return kept


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
            what = f"has other category ids than {sheets[0].file}: matched by name ({first(other)})"
            notes.append(f"{sheet.file}: {what}")
            remark("ids-differ", sheet.file, what)
    if not ids:
        where = sheets[0].file if sheets else "annotations"
        raise refusal("class-names-missing", where, "categories is empty", "list the classes there")
    for sheet in sheets:
        lacking = [name for name in ids if name not in set(sheet.classes.values())]
        if lacking:
            what = f"lacks {counted(lacking, 'category')} of the other files ({first(lacking)})"
            notes.append(f"{sheet.file}: {what}")
            remark("classes-differ", sheet.file, what)
    return tuple(sorted(ids, key=lambda name: ids[name])), notes


def photos_of(found: Found, flaws: Flaws) -> Iterator[Photo]:
    """Yield the images of a sheet with their labels; outlines where all objects have them, also where none is there.

    Raises:
        UserError: If an image or an outline does not have the size that it is said to have.
    """
    sheet = found.sheet
    rows = zip(found.paths.items(), found.splits, read_sizes(list(found.paths.values())), strict=True)
    for (number, path), split, size in rows:
        picture = sheet.pictures[number]
        written, place = (picture.width, picture.height), f"images[{number}]"
        if size and check_size(sheet.file, repr(picture.file_name), written, path, size, place=place):
            yield Photo(path, split, labels_of(sheet, sheet.objects[picture.id], path, size, flaws), size)


def labels_of(sheet: Sheet, objects: Objects, path: Path, size: Size, flaws: Flaws) -> dict[str, Label]:
    """Return what a sheet says of one image; errors as `photos_of`."""
    outlines: dict[int, Region] = {}
    whole = all(one.segmentation for _, one in objects)
    for number, one in objects if whole else ():
        with leaving_out():
            outlines[number] = region_of(sheet, number, one, size, flaws)
    kept = [(number, one) for number, one in objects if not whole or number in outlines]
    labels: dict[str, Label] = {"boxes": boxes_of(sheet, kept, path, size, flaws)}
    if whole:
        origin, corners = f"{sheet.file}: annotations", [corners_of(one) for _, one in kept]
        regions = [outlines[number] for number, _ in kept]
        labels["mask"] = Regions(regions, origin)
        labels["instances"] = instances_within(list(zip(corners, regions, strict=True)), size, origin)
        if is_heard():
            look_at_outlines(sheet, corners, regions, path, size)
    return labels


def look_at_outlines(
    sheet: Sheet, corners: Sequence[Corners], regions: Sequence[Region], path: Path, size: Size
) -> None:
    """Remark boxes in an image of `size` that are not around their polygons."""
    for box, region in zip(corners, regions, strict=True):
        if region.name is not None and fitted(box, size)[0] and strays(box, region.shape):
            place = f"annotations[{region.number}]"
            what = f"{place}: the box of {region.name!r} is not around its outline"
            remark("box-off-outline", sheet.file, what, "mend either", place=place, image=str(path), box=box)


def boxes_of(sheet: Sheet, objects: Objects, path: Path, size: Size, flaws: Flaws) -> Boxes:
    """Return the boxes of an image; crowds are none."""
    rows = []
    for number, one in objects:
        if one.iscrowd:
            flaws.add(sheet.file, CROWD, f"annotations[{number}]", path, corners_of(one))
            continue
        rows.append((f"annotations[{number}]", sheet.classes[one.category_id], corners_of(one)))
    return boxes_within(rows, size, sheet.file, flaws, path)


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
        at = f"annotations[{number}]"
        raise refusal("outline-broken", sheet.file, f"{place} {error}", "mend or delete it", place=at) from None


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
        flaws.add(file, SHORT, place)
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
