"""Texts of label files with some entries taken out or cut: JSON in COCO's form, VOC's XML, and lines of any file.

Paths in data.yaml and in lists of images, which a copy of these would follow back, are made relative.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import yaml

from polyhead.checking.lines import without_asides

Do = Literal["remove", "cut", "shorten"]
Key = int | str
"""The line of an entry, or its place: "annotations[3]", "object 4"."""
OBJECT: Final = re.compile(r"[ \t]*<object(?:\s[^>]*?)?(?:/>|>.*?</object\s*>)[ \t]*\n?", re.DOTALL)
SIDE: Final = re.compile(r"<(xmin|ymin|xmax|ymax)>\s*([^<]*?)\s*</\1>")
SPLITS: Final = ("train", "val", "valid", "test")
"""The keys of data.yaml that name folders and lists."""


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
    """Return the text of an annotation, edited; what is around the objects, and comments, stay as they are."""
    numbers = {int(str(key).rpartition(" ")[2]): edit for key, edit in edits.items()}
    changes = []
    for number, match in enumerate(OBJECT.finditer(without_asides(text)), 1):
        if edit := numbers.get(number):
            whole = text[match.start() : match.end()]
            changes.append((match.start(), match.end(), "" if edit.do == "remove" else cut_object(whole, edit)))
    return spliced(text, changes)


def cut_object(text: str, edit: Edit) -> str:
    """Return the text of an object, its box within the image."""
    sides = SIDE.finditer(without_asides(text))
    return spliced(text, [(side.start(), side.end(), cut_side(side, edit)) for side in sides])


def spliced(text: str, changes: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with other words in some places, begin and end of each, in their order."""
    parts: list[str] = []
    at = 0
    for begin, end, words in changes:
        parts += [text[at:begin], words]
        at = end
    return "".join([*parts, text[at:]])


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


def relative_yaml(text: str, file: Path, home: Path) -> str:
    """Return the text of data.yaml with relative paths for those that are absolute or go up.

    Args:
        text: What stands in it.
        file: Where it stands.
        home: The folder of all data, that it lies in.

    Raises:
        ValueError: If it is no such file, or a path leads out of `home`; it names the key.
    """
    node = yaml.compose(text, yaml.SafeLoader)
    nodes = {key.value: value for key, value in node.value} if node else {}
    path = Path(str(yaml.safe_load(text).get("path") or "")).expanduser()
    own, base = file.parent, file.parent / path
    changes: set[tuple[int, int, str]] = set()  # an alias is where its anchor is
    for key in ("path", *SPLITS):
        for one in scalars(nodes.get(key)):
            starts, way = ([own], str(path)) if key == "path" else ([base, own] if base.is_dir() else [own], one.value)
            new = relative(way, starts, home, f"{key} is")
            if new is not None:
                changes.add((one.start_mark.index, one.end_mark.index, json.dumps(new, ensure_ascii=False)))
    return spliced(text, sorted(changes))


def scalars(node: yaml.Node | None) -> list[yaml.ScalarNode]:
    """Return the single values of a node of YAML: itself, those in a list, or none."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [one for one in nodes if isinstance(one, yaml.ScalarNode)]


def relative_lines(text: str, file: Path, home: Path) -> str:
    """Return the text of a list of images, a path a line, with relative paths; as `relative_yaml`."""
    kept = []
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        way = relative(line.strip(), [file.parent], home, f"line {number} names")
        kept.append(line if way is None else line.replace(line.strip(), way))
    return "".join(kept)


def relative(way: str, starts: Sequence[Path], home: Path, what: str) -> str | None:
    """Return a relative path to what another leads to; None where it is one that goes nowhere up, or leads to nothing.

    Args:
        way: The path.
        starts: The folders that it may be followed from. The new one is as seen from the first.
        home: The folder that all have to lie in.
        what: What to say before the path.

    Raises:
        ValueError: If it leads out of `home`.
    """
    if not Path(way).is_absolute() and ".." not in Path(way).parts:
        return None
    place = next((start / way for start in starts if (start / way).exists()), None)
    if place is None:
        return None
    there, begin = below(place, home), below(starts[0], home)
    if there is None or begin is None:
        raise ValueError(f"{what} {way!r}, outside of {home}, and is not copied; put all into one folder")
    return os.path.relpath(there, begin)


def below(place: Path, home: Path) -> str | None:
    """Return the path of what lies in a folder from that on, also behind links; None where it does not lie there."""
    seen = (os.path.abspath(place), os.path.abspath(home))  # noqa: PTH100  # links stay
    for full, base in (seen, (os.path.realpath(place), os.path.realpath(home))):
        way = os.path.relpath(full, base)
        if Path(way).parts[:1] != ("..",):
            return way
    return None
