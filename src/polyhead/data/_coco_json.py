"""One JSON file in the form of COCO, read and checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

from polyhead.data._flaws import shown
from polyhead.errors import UserError, choices

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
        pictures: The images, in the order of the file.
        classes: Class names by category id.
        objects: By image id, number and content of each annotation.
    """

    file: Path
    pictures: list[Picture]
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
    content = read_content(file)
    once(file, "images", "id", (picture.id for picture in content.images))
    once(file, "categories", "id", (category.id for category in content.categories))
    once(file, "categories", "name", (category.name for category in content.categories))
    classes = {category.id: category.name for category in content.categories}
    objects: dict[int, list[tuple[int, Annotation]]] = {picture.id: [] for picture in content.images}
    for number, one in enumerate(content.annotations):
        if one.image_id not in objects:
            raise UserError(
                f"{file}: annotations[{number}].image_id is {one.image_id}, the id of no image; "
                "list the image or delete the annotation"
            )
        if one.category_id not in classes:
            known = choices(f"{key} ({name})" for key, name in list(classes.items())[:20])
            raise UserError(
                f"{file}: annotations[{number}].category_id is {one.category_id}, the id of no category; "
                f"mend it or add the category; there are: {known}"
            )
        objects[one.image_id].append((number, one))
    return Sheet(file, content.images, classes, objects)


def read_content(file: Path) -> Content:
    """Return the content of a JSON file, its types checked; errors as `read_sheet`."""
    try:
        data = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror or error}); check root") from None
    try:
        return form().validate_json(data)
    except ValidationError as error:
        raise UserError(f"{file}: {fault(error)}") from None


def fault(error: ValidationError) -> str:
    """Return in words the first thing that is wrong with a file, and what to do about it."""
    first = error.errors(include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return f"is not JSON ({first['msg'].removeprefix('Invalid JSON: ')}); export it again"
    keys = [key for key in first["loc"] if isinstance(key, int) or key in TAKES]
    if not keys:
        return "is no object of images, annotations and categories, as in COCO's form; set root to data of that form"
    if first["type"] == "missing" and isinstance(keys[-1], int):  # of a list that is too short
        keys = keys[:-1]
    last = next(key for key in reversed(keys) if isinstance(key, str))
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
    if first["type"] == "missing" and first["loc"][-1] == last:
        return f"{place} is missing; COCO's form has there {TAKES[last]}: add it"
    wanted = (
        "an object of its keys" if last in {"images", "annotations", "categories"} and len(keys) > 1 else TAKES[last]
    )
    return f"{place} is {shown(first['input'])}; it takes {wanted}: mend it"


def once(file: Path, group: str, key: str, values: Iterable[Any]) -> None:
    """Check that no two entries of a list have the same value.

    Raises:
        UserError: If two have; it names both.
    """
    seen: dict[Any, int] = {}
    for number, value in enumerate(values):
        if value in seen:
            raise UserError(
                f"{file}: {group}[{number}].{key} is {shown(value)}, and so is that of {group}[{seen[value]}]; "
                "give each its own"
            )
        seen[value] = number
