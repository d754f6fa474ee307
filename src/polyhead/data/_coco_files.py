"""Where data in the form of COCO keep their JSON files and the images that these name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final

from polyhead.data._folders import spelt, split_folders, split_in, split_of, subfolders
from polyhead.findings.collecting import is_heard, refuse, remark
from polyhead.loading.source import SPLITS, Split

PLACES: Final = "annotations/instances_*.json, annotations/*.json, {train,val,test}/*.json, *.json"
HEAD: Final = 1 << 16
"""Bytes of a JSON file that are looked at to tell its form."""
BEGIN: Final = re.compile(
    rb'\A(?:\xef\xbb\xbf)?\s*\{.*?"(?:images|annotations|categories|licenses)"\s*:\s*\[', re.DOTALL
)
LIST: Final = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
OWN: Final = re.compile("coco|instances", re.IGNORECASE)
"""What COCO's files have in their names."""


def sheets_of(root: Path) -> list[tuple[Path, Split | None]]:
    """Return the JSON files of a folder, each with its split, in the order of the splits; [] where there is none.

    They are those of `json_files`; others are remarked. A single file needs no split: its images are then parted.

    Args:
        root: The folder; or a JSON file, which stands for itself, without a split.

    Raises:
        UserError: If there are several files and one is named after no split; it names the file.
    """
    if root.is_file():
        return [(root, None)]
    files = json_files(root)
    for file in unread_of(root, files) if is_heard() else ():
        what = f"is not read, since {files[0].relative_to(root)} is: left out"
        remark("file-strange", file, what, "if it has boxes, name it so, after its own split, or set root to it")
    found = [(file, split_in(file.stem) or split_above(file, root)) for file in files]
    if len(found) > 1:
        for file in [file for file, split in found if split is None]:
            what = f"is one of {len(found)} JSON files, and named after no split"
            cure = "name each after train, val or test, or set root to one of them"
            refuse("form-unclear", file, what, cure, whole=True)
        found = [(file, split) for file, split in found if split]
    return sorted(found, key=lambda one: (SPLITS.index(one[1] or "train"), one[0]))


def split_above(file: Path, root: Path) -> Split | None:
    """Return the split that the folder of a file below `root` is named after."""
    return split_in(file.parent.name) if file.parent != root else None


def json_files(root: Path) -> list[Path]:
    """Return the JSON files, sorted, in the first of `PLACES` that has some of COCO's form, or named as such.

    Beside them, a file that is called like a split that none of them is of, is taken too: val.json beside
    instances_train.json.
    """
    found = next(filter(None, places_of(root)), [])
    splits = {split_in(file.stem) or split_above(file, root) for file in found}
    if None in splits:
        return found
    beside = [file for file in unread_of(root, found) if file.parent in {one.parent for one in found}]
    alike = [file for file in beside if (split := split_of(file.stem)) and split not in splits and is_coco(file)]
    return sorted([*found, *alike])


def places_of(root: Path) -> Iterator[list[Path]]:
    """Yield the JSON files, sorted, of COCO's form or named as such, of each of `PLACES`."""
    own = root / "annotations"
    places = (
        own.glob("instances_*.json"),
        own.glob("*.json"),
        (file for _, folder in split_folders(root) for file in folder.glob("*.json")),
        root.glob("*.json"),
    )
    for place in places:
        yield sorted(file for file in place if named(file) or is_coco(file))


def unread_of(root: Path, files: Sequence[Path]) -> list[Path]:
    """Return the files in all of `PLACES` that are none of some others."""
    every = dict.fromkeys(file for place in places_of(root) for file in place)
    return [file for file in every if file not in files]


def named(file: Path) -> bool:
    """Return whether a file's name says that it is COCO's, so that its flaws are worth an error."""
    return bool(OWN.search(file.stem)) or split_in(file.stem) is not None


def is_coco(file: Path) -> bool:
    """Return whether a file has two of the lists of COCO's form, or one and COCO's name: others have "images" too."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        if not BEGIN.match(opened.read(HEAD)):
            return False
        if OWN.search(file.stem):
            return True
        with mmap(opened.fileno(), 0, access=ACCESS_READ) as content:  # the second list may stand after gigabytes
            return has_two_lists(content)


def has_two_lists(content: mmap) -> bool:
    """Return whether two of the lists of COCO's form are in a file; apart, since matches keep a mapped file open."""
    found = set()
    for match in LIST.finditer(content):
        found.add(match[1])
        if len(found) > 1:
            return True
    return False


def image_folders(root: Path, file: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders that may hold the images of a JSON file: to be tried in this order, and to be searched last.

    After the file's own folder come those named after its split, or with a word of its name ("val2017"), and those
    around it. Last, for a file that is named after no split, come those of all splits.
    """
    base = base_of(root)
    above = file.parent.parent if file.parent != base else base
    words = set(re.split(r"[\W_]+", file.stem.lower()))
    split = split_in(file.stem) or split_above(file, base)
    inside = [folder for place in (base, base / "images") for folder in subfolders(place)]
    exact = [folder for folder in inside if folder.name.lower() in words]
    alike = [folder for folder in inside if split and split_in(folder.name) == split]
    rest = [folder for folder in inside if not split and split_in(folder.name)]
    every = [
        file.parent,
        file.parent / "images",
        *with_images([*exact, *alike]),
        above / "images",
        base / "images",
        base,
    ]
    folders = [folder for folder in dict.fromkeys(every) if folder.is_dir()]
    return folders, [folder for folder in with_images(rest) if folder.is_dir() and folder not in folders]


def base_of(root: Path) -> Path:
    """Return the folder of the data that a user names as `root`: of a file, that above `annotations`, or its own."""
    return root if root.is_dir() else root.parent.parent if root.parent.name == "annotations" else root.parent


def with_images(folders: Iterable[Path]) -> list[Path]:
    """Return folders, each before `images` in it."""
    return [place for folder in folders for place in (folder, folder / "images")]


def located(name: str, folders: Sequence[Path], shared: Sequence[Path], root: Path) -> list[Path]:
    """Return the file of a `file_name`: the one in the first of some folders, else those in any of the shared ones."""
    tail = name.replace("\\", "/")
    tried = (folder / tail for folder in folders)
    first = next((path for path in tried if path.is_file()), None)
    found = [first] if first else [path for folder in shared if (path := folder / tail).is_file()]
    stray = ".." in tail or tail.startswith("/")
    return [spelt(path, base_of(root)) for path in found] if stray else found


def splits_of(paths: Sequence[Path], split: Split | None, root: Path) -> list[Split | None]:
    """Return the split of each image of a JSON file: its own, else those of the folders if there are several."""
    base = base_of(root)
    if split:
        return [split] * len(paths)
    folders = {folder: split_around(folder, base) for folder in {path.parent for path in paths}}
    return [folders[path.parent] if len({*folders.values()} - {None}) > 1 else None for path in paths]


def split_around(folder: Path, base: Path) -> Split | None:
    """Return the split that a folder, or the outermost one around it below `base`, stands for."""
    parts = folder.relative_to(base).parts if folder.is_relative_to(base) else ()
    return next((split for part in parts if (split := split_of(part))), None)
