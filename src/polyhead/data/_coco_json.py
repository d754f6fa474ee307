"""One JSON file in the form of COCO, read and checked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

from polyhead.data._flaws import BACK, shown
from polyhead.data._sound_files import others
from polyhead.errors import choices
from polyhead.findings.collecting import is_heard, refusal, refuse, remark

Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]
Pixels = Annotated[int, Field(ge=1)]
strict: Final = with_config(ConfigDict(strict=True))
TAKES: Final = {
    "images": "the list of images",
    "annotations": "the list of annotated objects",
    "categories": "the list of classes",
    "id": "a whole number",
    "image_id": "the id of an image, a whole number",
    "category_id": "the id of a category, a whole number",
    "name": "the name of the class",
    "file_name": "the path of the image",
    "width": "the pixels of a row of the image",
    "height": "the pixels of a column of the image",
    "bbox": "x, y, width and height in pixels",
    "iscrowd": "0 or 1",
    "segmentation": "polygons (lists of x, y, x, y ...) or a run-length code (size and counts)",
}
"""What belongs under each key, for messages."""


ANY: Final[dict[str, dict[str, Any]]] = {
    "images": {"id": 0, "file_name": "none"},
    "annotations": {"image_id": 0, "category_id": 0, "bbox": [0, 0, 0, 0]},
    "categories": {"id": 0, "name": "none"},
}
"""By list, a valid entry."""


@strict
@dataclass(slots=True)
class Picture:
    """An image as it is listed; `width` and `height` are optional here, though not in COCO."""

    id: int
    file_name: Name
    width: Pixels | None = None
    height: Pixels | None = None


@strict
@dataclass(slots=True)
class Category:
    """A class."""

    id: int
    name: Name


@strict
@dataclass(slots=True)
class Runs:
    """A mask as a run-length code of a mask of `size` (H, W), compressed or not."""

    size: tuple[int, int]
    counts: str | list[int]


@strict
@dataclass(slots=True)
class Annotation:
    """An object: x, y, width, height in pixels, and its outline if it has one."""

    image_id: int
    category_id: int
    bbox: tuple[Number, Number, Number, Number]
    iscrowd: Literal[0, 1] | bool = 0
    segmentation: list[list[Number]] | Runs | None = None
    id: Any = None  # nothing here needs it


@strict
@dataclass(slots=True)
class Content:
    """What a whole file holds; keys beside these are none of our business."""

    images: list[Picture]
    annotations: list[Annotation]
    categories: list[Category]


class Sheet(NamedTuple):
    """A file whose ids fit each other.

    Attributes:
        file: Its path.
        pictures: The images by their numbers in the file.
        classes: Class names by category id.
        objects: By image id, number and content of each annotation.
    """

    file: Path
    pictures: dict[int, Picture]
    classes: dict[int, str]
    objects: dict[int, list[tuple[int, Annotation]]]


@cache
def form() -> TypeAdapter[Content]:
    """Return what checks the types of a file's values."""
    return TypeAdapter(Content)


def read_sheet(file: Path) -> Sheet:
    """Return what stands in a JSON file.

    Raises:
        UserError: If it cannot be read, is not JSON or not COCO's form, or an id is there twice or is none; it names
            the file, the place and the cure.
    """
    content, bad = read_content(file)
    pictures = {number: one for number, one in enumerate(content.images) if number not in bad["images"]}
    named = {number: one for number, one in enumerate(content.categories) if number not in bad["categories"]}
    for number in once(file, "images", "id", {number: one.id for number, one in pictures.items()}):
        del pictures[number]
    for number in once(file, "categories", "id", {number: one.id for number, one in named.items()}):
        del named[number]
    once(file, "categories", "name", {number: one.name for number, one in named.items()})
    classes = {category.id: category.name for category in named.values()}
    objects: dict[int, list[tuple[int, Annotation]]] = {picture.id: [] for picture in pictures.values()}
    for number, one in enumerate(content.annotations):
        if number not in bad["annotations"] and is_known(file, number, one, objects, classes):
            objects[one.image_id].append((number, one))
    if is_heard():
        look_at_ids(file, content.annotations)
        look_at_ways(file, pictures)
    return Sheet(file, pictures, classes, objects)


def look_at_ids(file: Path, annotations: Iterable[Annotation]) -> None:
    """Remark objects that have the id of one before: other tools confuse them."""
    seen: dict[int, int] = {}
    for number, one in enumerate(annotations):
        if isinstance(one.id, int) and seen.setdefault(one.id, number) != number:
            place = f"annotations[{number}]"
            what = f"{place}.id is {one.id}, and so is that of annotations[{seen[one.id]}]"
            remark("object-id-twice", file, what, "give each its own", place=place)


def look_at_ways(file: Path, pictures: Mapping[int, Picture]) -> None:
    """Remark that images, by their numbers in the file, are named by absolute paths."""
    named = ((number, one.file_name) for number, one in pictures.items() if one.file_name.startswith("/"))
    away = [(number, name) for number, name in named if Path(name).is_file()]
    if away:
        number, name = away[0]
        place = f"images[{number}]"
        what = f"{place}.file_name is {name!r}{others(away)}, {BACK}"
        remark("path-absolute", file, what, "write it as seen from the file", place=place)


def is_known(
    file: Path, number: int, one: Annotation, objects: Mapping[int, object], classes: Mapping[int, str]
) -> bool:
    """Return whether an object is of an image and of a class that there are; errors as `read_sheet`."""
    place = f"annotations[{number}]"
    if one.image_id not in objects:
        what = f"{place}.image_id is {one.image_id}, the id of no image"
        refuse("image-id-unknown", file, what, "list the image or delete the annotation", place=place)
        return False
    if one.category_id not in classes:
        known = choices(f"{key} ({name})" for key, name in list(classes.items())[:20])
        what = f"{place}.category_id is {one.category_id}, the id of no category"
        cure = f"mend it or add the category; there are: {known}"
        refuse("class-id-unknown", file, what, cure, place=place)
        return False
    return True


def read_content(file: Path) -> tuple[Content, dict[str, set[int]]]:
    """Return the content of a JSON file, its types checked, and the numbers in its lists of what is to be left out.

    These hold any valid entry. Errors as `read_sheet`.
    """
    try:
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise refusal("json-broken", file, what, "check root") from None
    bad: dict[str, set[int]] = {group: set() for group in ANY}
    try:
        return form().validate_json(data), bad
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
    for one in faults:
        group, number = (*one["loc"], "", "")[:2]
        if not (group in ANY and isinstance(number, int)):
            raise refusal("json-broken" if one["type"] == "json_invalid" else "json-form", file, *fault(one))
        if number not in bad[str(group)]:
            refuse("json-value", file, *fault(one), place=f"{group}[{number}]")
            bad[str(group)].add(number)
    return form().validate_json(mended(data, bad)), bad


def mended(data: bytes, bad: Mapping[str, Iterable[int]]) -> str:
    """Return the text of a JSON file with any valid entry in place of some."""
    content = json.loads(data)
    for group, numbers in bad.items():
        for number in numbers:
            content[group][number] = ANY[group]
    return json.dumps(content)


def fault(first: Any) -> tuple[str, str]:
    """Return in words what is wrong with a file, of pydantic's description of it, and what to do about it."""
    if first["type"] == "json_invalid":
        return f"is not JSON ({first['msg'].removeprefix('Invalid JSON: ')})", "export it again"
    keys = [key for key in first["loc"] if isinstance(key, int) or key in TAKES]
    if not keys:
        what = "is no object of images, annotations and categories, as in COCO's form"
        return what, "set root to data of that form"
    if first["type"] == "missing" and isinstance(keys[-1], int):  # of a list that is too short
        keys = keys[:-1]
    last = next(key for key in reversed(keys) if isinstance(key, str))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
    if first["type"] == "missing" and first["loc"][-1] == last:
        return f"{place} is missing", f"COCO's form has there {TAKES[last]}: add it"
    wanted = (
        "an object of its keys" if last in {"images", "annotations", "categories"} and len(keys) > 1 else TAKES[last]
    )
    return f"{place} is {shown(first['input'])}", f"it takes {wanted}: mend it"


def once(file: Path, group: str, key: str, values: Mapping[int, Any]) -> list[int]:
    """Return the numbers of the entries of a list, values by number, that have the value of one before.

    Raises:
        UserError: If two have; it names both. The whole file is doubtful then: what is of one would go to the other.
    """
    seen: dict[Any, int] = {}
    again = []
    for number, value in values.items():
        if seen.setdefault(value, number) != number:
            place = f"{group}[{number}]"
            what = f"{place}.{key} is {shown(value)}, and so is that of {group}[{seen[value]}]"
            kind = "class-name-twice" if key == "name" else "id-twice"
            refuse(kind, file, what, "give each its own", whole=True, place=place)
            again.append(number)
    return again
