"""Where data in the form of YOLO keep their images, their label files and the names of their classes."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from polyhead.data._flaws import BACK, shown
from polyhead.data._folders import files_below, files_in, spelt, split_folders
from polyhead.data._sound_files import others
from polyhead.data._text import distinct, names_listed, read_lines
from polyhead.errors import UserError
from polyhead.findings.collecting import is_heard, leaving_out, refusal, refuse, remark
from polyhead.loading.source import Split

CONFIGS: Final = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
CLASSES: Final = ("classes.txt", "labels/classes.txt")
KEYS: Final[tuple[tuple[str, Split], ...]] = (("train", "train"), ("val", "val"), ("valid", "val"), ("test", "test"))
ADVICE: Final = "add data.yaml with `names: [first class, second class]`"


class Layout(NamedTuple):
    """What belongs to the data.

    Attributes:
        classes: Names by class number.
        origin: The file that holds them.
        images: Split and path of each image.
        lists: Text files that are no labels.
        notes: What was doubted.
    """

    classes: Mapping[int, str]
    origin: Path
    images: list[tuple[Split | None, Path]]
    lists: list[Path]
    notes: list[str]


def config_of(root: Path) -> Path | None:
    """Return the YAML file that describes a folder; `root` may be one itself."""
    if root.is_file():
        return root
    known = [root / name for name in CONFIGS if (root / name).is_file()]
    others = (path for path in files_in(root).others if path.suffix in {".yaml", ".yml"} and is_config(path))
    return next(iter(known), None) or next(others, None)


def is_config(path: Path) -> bool:
    """Return whether a YAML file has names and a split."""
    content = path.read_bytes() if path.is_file() else b""
    return all(re.search(key, content, re.MULTILINE) for key in (rb"^names\s*:", rb"^(train|val|valid|test)\s*:"))


def names_file(root: Path) -> Path | None:
    """Return the file in which the class names of a folder are; None where there is none."""
    config = config_of(root)
    if config is not None and re.search(rb"^names\s*:", config.read_bytes(), re.MULTILINE):
        return config
    return next((root / name for name in CLASSES if (root / name).is_file()), None)


def layout_of(root: Path) -> Layout:
    """Return where everything is.

    Raises:
        UserError: If there are no class names or no images, or data.yaml is broken or names what is not there; it names
            the file and the cure.
    """
    config = config_of(root)
    folder = root if root.is_dir() else root.parent
    content = read_config(config) if config else {}
    if config and is_heard():
        look_at_ways(config, content)
    lists = [folder / name for name in CLASSES if (folder / name).is_file()]
    if config and content.get("names") is not None:
        classes, origin = names_in(config, content), config
    elif lists:
        classes, origin = names_listed(lists[0]), lists[0]
    else:
        raise refusal("class-names-missing", config or root, "has no names of classes", ADVICE)
    if config is None or not any(content.get(key) for key, _ in KEYS):
        return Layout(classes, origin, images_of(folder), lists, [])
    base, notes = base_of(config, content)
    images: list[tuple[Split | None, Path]] = []
    for key, split in KEYS:
        for entry in entries_of(config, key, content.get(key)):
            with leaving_out(whole=True):
                place = placed(config, base, key, entry)
                lists += [place] if place.is_file() else []
                images += [(split, path) for path in images_at(config, base, key, place)]
    if not images:
        raise refusal("images-missing", config, "names no image", "mend train, val or test")
    return Layout(classes, origin, images, lists, notes)


def read_config(config: Path) -> dict[str, Any]:
    """Return the content of data.yaml.

    Raises:
        UserError: If it is not YAML, no mapping, or describes key points.
    """
    try:
        content = yaml.safe_load("\n".join(read_lines(config)))
    except yaml.YAMLError as error:
        raise refusal("config-broken", config, f"is not YAML ({' '.join(str(error).split())})", "mend it") from None
    if not isinstance(content, dict):
        raise refusal("config-broken", config, "has no keys", "it takes train, val and names")
    if "kpt_shape" in content:
        what = "has kpt_shape, and key points are not read"
        raise refusal("config-broken", config, what, "cut labels to 5 columns and delete it")
    return content


def names_in(config: Path, content: Mapping[str, Any]) -> dict[int, str]:
    """Return the class names that data.yaml has.

    Raises:
        UserError: If they are no names by number, one is there twice, or `nc` is not how many there are.
    """
    names = content["names"]
    numbered = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(numbered, dict) or not numbered:
        cure = "it takes a list of names, or names by class number"
        raise refusal("config-broken", config, f"names is {shown(names)}", cure)
    for key, name in numbered.items():
        if type(key) is not int or key < 0:
            raise refusal("config-broken", config, f"names has the key {shown(key)}", "it takes class numbers, from 0")
        if type(name) not in {str, int} or name == "":
            cure = "it takes a name: put it in quotes"
            raise refusal("config-broken", config, f"names[{key}] is {shown(name)}", cure)
    classes = {key: str(numbered[key]) for key in sorted(numbered)}
    if content.get("nc", len(classes)) != len(classes):
        what = f"nc is {shown(content['nc'])}, and names has {len(classes)}"
        refuse("config-broken", config, what, "mend one or delete nc", whole=True)
    return distinct(config, classes)


def base_of(config: Path, content: Mapping[str, Any]) -> tuple[Path, list[str]]:
    """Return the folder that the entries of data.yaml start from: its `path`, or its own where that is not there."""
    base = config.parent / Path(str(content.get("path") or "")).expanduser()
    if base.is_dir():
        return base, []
    what = f"path is {content['path']!r}, and there is no such folder: its own is taken"
    remark("path-strange", config, what, "mend or delete it")
    return config.parent, [f"{config}: {what}"]


def look_at_ways(config: Path, content: Mapping[str, Any]) -> None:
    """Remark what data.yaml, or a list that it names, names by a path that is absolute or leads out of its folder.

    This is before all else that may be wrong, since a copy whose other flaws are mended must not lead back here.
    """
    path = str(Path(str(content.get("path") or "")).expanduser())
    base = config.parent / path if (config.parent / path).is_dir() else config.parent
    named = [(key, one) for key, _ in KEYS for one in texts_of(content.get(key))]
    ways = [("path", [(config.parent, path)])] if named else []
    for key, places in [*ways, *((key, places_of(config, base, entry)) for key, entry in named)]:
        start, way = next(((start, way) for start, way in places if (start / way).exists()), (config.parent, ""))
        if leads_out(config.parent, start, way):
            remark("path-absolute", config, f"{key} is {way!r}, {BACK}", "write a relative one", place=key)
        if (start / way).is_file():
            look_at_lines(config.parent, base, start / way)


def texts_of(entry: Any) -> list[str]:
    """Return the texts among what data.yaml has for a split: one, several or none."""
    return [one for one in (entry if isinstance(entry, list) else [entry]) if isinstance(one, str)]


def look_at_lines(folder: Path, base: Path, file: Path) -> None:
    """Remark that a list names images by paths that are absolute or lead out of a folder."""
    try:
        lines = [(number, line.strip()) for number, line in enumerate(read_lines(file), 1)]
    except UserError:  # who reads the list says so
        return
    away: list[tuple[int, str]] = []
    for number, name in lines:
        if name.startswith("/") or ".." in name:
            start = next((start for start in (file.parent, base) if (start / name).is_file()), None)
            away += [(number, name)] if start and leads_out(folder, start, name) else []
    if away:
        number, name = away[0]
        what = f"names {name}{others(away)}, {BACK}"
        remark("path-absolute", spelt(file, folder), what, "write it as seen from the list", line=number)


def leads_out(folder: Path, start: Path, way: str) -> bool:
    """Whether a path from `start` on is absolute, or leaves a folder, if only to come back to it."""
    begin = os.path.relpath(start, folder)
    straight = os.path.normpath(Path("." if begin.startswith("..") else begin, way))
    return straight.partition(os.sep)[0] in {"", ".."}


def entries_of(config: Path, key: str, entry: Any) -> list[str]:
    """Return the folders and lists of one split as data.yaml writes them, none for null.

    Raises:
        UserError: If they are no text.
    """
    entries = entry if isinstance(entry, list) else [] if entry is None else [entry]
    for one in entries:
        if not isinstance(one, str) or not one:
            cure = "it takes a folder, a list of images, or several"
            refuse("config-broken", config, f"{key} is {shown(entry)}", cure, whole=True)
            return []
    return entries


def places_of(config: Path, base: Path, entry: str) -> list[tuple[Path, str]]:
    """Return from where on, and by which path, an entry of data.yaml is looked for, in this order."""
    return [(base, entry), (config.parent, entry), (config.parent, entry.lstrip("./"))]


def placed(config: Path, base: Path, key: str, entry: str) -> Path:
    """Return the folder or list of an entry; Roboflow's "../train/images" is also looked for below the file's own.

    Raises:
        UserError: If it is not there.
    """
    places = [start / way for start, way in places_of(config, base, entry)]
    for place in places:
        if place.is_dir() or place.is_file():
            return spelt(place, config.parent)
    looked = ", ".join(map(str, dict.fromkeys(places)))
    what = f"{key} is {entry!r}, and there is no such folder or list (looked for {looked})"
    raise refusal("config-broken", config, what, "mend it")


def images_at(config: Path, base: Path, key: str, place: Path) -> list[Path]:
    """Return the images in a folder and below, or those of a list.

    Raises:
        UserError: If there is none, or one of a list is not there; it names list, line and image.
    """
    images = list(listed_in(config, base, place)) if place.is_file() else files_below(place).images
    if not images:
        cure = f"put images there or delete {key}"
        raise refusal("images-missing", place, f"holds no image, and is {key} in {config}", cure)
    return images


def listed_in(config: Path, base: Path, file: Path) -> Iterator[Path]:
    """Yield the images that a text file lists, one a line, as seen from the file or from `base`; errors as above."""
    for number, line in enumerate(read_lines(file), 1):
        name = line.strip()
        if not name:
            continue
        found = next((path for path in (file.parent / name, base / name) if path.is_file()), None)
        if found is None:
            what = f"names {name}, and there is no such image"
            refuse("image-missing", file, what, "add it or delete the line", line=number)
            continue
        yield spelt(found, config.parent)


def images_of(root: Path) -> list[tuple[Split | None, Path]]:
    """Return the images of a folder without entries in data.yaml: by split, else all in images, else all in it.

    Raises:
        UserError: If there is none.
    """
    inner = [(split, folder) for split, folder in split_folders(root / "images")]
    outer = [(split, folder / "images") for split, folder in split_folders(root) if (folder / "images").is_dir()]
    images: list[tuple[Split | None, Path]] = [
        (split, path) for split, folder in inner or outer for path in files_below(folder).images
    ]
    if not images:
        whole = files_below(root / "images") if (root / "images").is_dir() else files_in(root)
        images = [(None, path) for path in whole.images]
    if not images:
        what = "holds no image in images/train, train/images, images, or itself"
        raise refusal("images-missing", root, what, "put them there, or say where they are in data.yaml")
    return images
