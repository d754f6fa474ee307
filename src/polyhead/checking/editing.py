"""Texts of label files with some entries taken out or cut: JSON in COCO's form, VOC's XML, and lines of any file."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

Do = Literal["remove", "cut", "shorten"]
Key = int | str
"""The line of an entry, or its place: "annotations[3]", "object 4"."""
OBJECT: Final = re.compile(r"[ \t]*<object\b.*?</object>[ \t]*\n?", re.DOTALL)
SIDE: Final = re.compile(r"<(xmin|ymin|xmax|ymax)>\s*([^<]*?)\s*</\1>")


class Edit(NamedTuple):
    """What is done to an entry: it is removed, its box cut at the image of `size` (H, W), or short polygons go."""

    do: Do
    size: tuple[int, int]


Edits = Mapping[Key, Edit]


def editor_of(suffix: str) -> Callable[[str, Edits], str]:
    """Return what edits the text of a file with a suffix."""
    return {".json": edit_json, ".xml": edit_xml}.get(suffix.lower(), edit_lines)


def edit_json(text: str, edits: Edits) -> str:
    """Return the text of a JSON file, edited; the objects of an image that is removed go with it.

    Raises:
        ValueError: If it is no JSON, or has no such entry.
    """
    content = json.loads(text.removeprefix("\ufeff"))
    gone: dict[str, set[int]] = {}
    for key, edit in edits.items():
        group, number = str(key).removesuffix("]").split("[")
        if edit.do == "remove":
            gone.setdefault(group, set()).add(int(number))
        else:
            edit_entry(content[group][int(number)], edit)
    images = {content["images"][number]["id"] for number in gone.get("images", ())}
    for group, numbers in gone.items():
        content[group] = [entry for number, entry in enumerate(content[group]) if number not in numbers]
    content["annotations"] = [one for one in content["annotations"] if one["image_id"] not in images]
    return json.dumps(content, indent=2 if "\n" in text.strip() else None, ensure_ascii=False) + "\n"


def edit_entry(entry: dict[str, Any], edit: Edit) -> None:
    """Cut the box of an annotation, or take polygons of fewer than three corners out of it."""
    if edit.do == "shorten":
        entry["segmentation"] = [polygon for polygon in entry["segmentation"] if len(polygon) >= 6]
        return
    x, y, width, height = entry["bbox"]
    left, top = max(0, x), max(0, y)
    entry["bbox"] = [left, top, min(edit.size[1], x + width) - left, min(edit.size[0], y + height) - top]


def edit_xml(text: str, edits: Edits) -> str:
    """Return the text of an annotation, edited; what is around the objects stays as it is."""
    numbers = {int(str(key).rpartition(" ")[2]): edit for key, edit in edits.items()}
    counted = iter(range(1, len(text)))

    def change(match: re.Match[str]) -> str:
        """Return what stands in the place of an object."""
        edit = numbers.get(next(counted))
        if edit is None:
            return match[0]
        return "" if edit.do == "remove" else SIDE.sub(lambda side: cut_side(side, edit), match[0])

    return OBJECT.sub(change, text)


def cut_side(side: re.Match[str], edit: Edit) -> str:
    """Return a side of a box within an image whose pixels are counted from 1."""
    most = edit.size[1] if side[1].startswith("x") else edit.size[0]
    return f"<{side[1]}>{min(max(float(side[2]), 1), most):.10g}</{side[1]}>"


def edit_lines(text: str, edits: Edits) -> str:
    """Return a text, some lines of it removed, or numbers of YOLO cut at the image.

    Raises:
        ValueError: If a line goes on in the next one, or cannot be cut.
    """
    kept = []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        edit = edits.get(number)
        if edit and line.count('"') % 2:
            raise ValueError(f"line {number} goes on in the next one")
        if edit is None:
            kept.append(line)
        elif edit.do == "cut":
            kept.append(cut_line(line) + "\n")
    return "".join(kept)


def cut_line(line: str) -> str:
    """Return a line of YOLO, its box or its polygon within 0 to 1."""
    label, *words = line.split()
    numbers = [float(word) for word in words]
    if len(numbers) == 4:
        sides = [
            (max(0.0, middle - length / 2), min(1.0, middle + length / 2))
            for middle, length in zip(numbers[:2], numbers[2:], strict=True)
        ]
        numbers = [(low + high) / 2 for low, high in sides] + [high - low for low, high in sides]
    else:
        numbers = [min(max(number, 0.0), 1.0) for number in numbers]
    return " ".join([label, *(f"{number:.8g}" for number in numbers)])
