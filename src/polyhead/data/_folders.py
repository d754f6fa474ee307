"""What lies in a folder: splits by their names, and the files below it; each path in one spelling."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from polyhead.findings.collecting import refusal
from polyhead.loading.images import SUFFIXES
from polyhead.loading.source import SPLITS, Split

SPLIT_NAMES: Final[dict[str, Split]] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
NUMBERED: Final = re.compile(r"([a-z]+)(?:[ _.-]?[0-9]+)?", re.IGNORECASE)
"""A word, and a year or another number after it."""
OTHERS: Final = frozenset({"__MACOSX", "__pycache__"})
"""What archives and Python leave behind."""


class Files(NamedTuple):
    """The files below a folder, in the order of their paths.

    Attributes:
        images: Those whose suffix is an image's.
        others: The rest.
    """

    images: list[Path]
    others: list[Path]


def split_of(name: str) -> Split | None:
    """Return the split that a name in upper or lower case stands for, also with a number ("val_2017"); else None.

    The whole name counts, since folders of classes and of places have names too: "test_tube" is no split.
    """
    match = NUMBERED.fullmatch(name)
    return SPLIT_NAMES.get(match[1].lower()) if match else None


def split_in(name: str) -> Split | None:
    """Return the split that is a word of a name ("instances_val2017"); None where none is, or several are.

    It is for the names of files, and of folders that cannot be classes.
    """
    found = {split_of(word) for word in re.findall("[A-Za-z]+", name)} - {None}
    return found.pop() if len(found) == 1 else None


def split_folders(folder: Path) -> list[tuple[Split, Path]]:
    """Return the folders in a folder that have a split in their names, in the order of the splits."""
    inside = [(split_in(path.name), path) for path in subfolders(folder)]
    return [(split, path) for split in SPLITS for found, path in inside if found == split]


def place_of(root: str) -> Path:
    """Return the path that a user writes, its home expanded and without a "a/.." in it."""
    path = Path(root).expanduser()
    straight = Path(os.path.normpath(path))
    return path.resolve() if path.exists() and not (straight.exists() and straight.samefile(path)) else straight


def spelt(path: Path, root: Path) -> Path:
    """Return the path of a file or folder without "..", and from `root` on if it lies there, as walks find it.

    Links within the root stay as they are.
    """
    full = path.parent.resolve() / path.name if ".." in path.parts else Path(os.path.abspath(path))  # noqa: PTH100
    for known, base in ((full, os.path.abspath(root)), (full.parent.resolve() / full.name, root.resolve())):  # noqa: PTH100
        if known.is_relative_to(base):
            return root / known.relative_to(base)
    return full


def must_exist(root: Path) -> None:
    """Check that there is a folder.

    Raises:
        UserError: If not; it names it.
    """
    if not root.is_dir():
        raise refusal("folder-missing", root, "no such folder", "set the data's root to one")


def entries_of(folder: str | Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder by name, without what systems hide there: `.name`, `__MACOSX`, `__pycache__`."""
    with os.scandir(folder) as found:
        shown = (entry for entry in found if not entry.name.startswith(".") and entry.name not in OTHERS)
        return sorted(shown, key=lambda one: one.name)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a link to one or to nothing: who reads that names it."""
    return not is_folder(entry) and (entry.is_symlink() or entry.is_file())


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder by name, without links back to it; none where there is no such folder."""
    found = [entry for entry in entries_of(folder) if is_folder(entry)] if folder.is_dir() else []
    return [Path(entry.path) for entry in found if not (entry.is_symlink() and encloses(entry.path, [real(folder)]))]


def files_in(folder: Path) -> Files:
    """Return the files that lie in a folder itself."""
    return sorted_out(entry.path for entry in entries_of(folder) if is_file(entry))


def files_below(folder: Path) -> Files:
    """Return the files in a folder and in all folders below it."""
    return sorted_out(walk(folder))


def holds_images(folder: Path) -> bool:
    """Whether there is an image in a folder or below it."""
    return any(is_image(path) for path in walk(folder))


def dead_links(root: Path) -> list[Path]:
    """Return the links to nothing in a folder and in those within it, which may have been meant as folders."""
    found = [
        Path(entry.path) for folder in (root, *subfolders(root)) for entry in entries_of(folder) if entry.is_symlink()
    ]
    return [path for path in found if not path.exists()]


def walk(folder: str | Path, way: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the paths of the files in a folder and in all folders below it, without links back to where it comes from.

    Args:
        folder: The folder.
        way: The folders above it, as far as the walk came through them, without links.
    """
    if way and encloses(folder, way):
        return
    for entry in entries_of(folder):
        if is_folder(entry):
            yield from walk(entry.path, (*way, real(folder)))
        elif is_file(entry):
            yield entry.path


def encloses(folder: str | Path, others: Iterable[str]) -> bool:
    """Whether a folder is one of some others, or one of them lies in it; these are without links."""
    own = real(folder)
    return any(os.path.commonpath((own, other)) == own for other in others)


def real(folder: str | Path) -> str:
    """Return the path of a folder without links."""
    return os.path.realpath(folder)


def sorted_out(paths: Iterator[str]) -> Files:
    """Return files as images and others."""
    files = Files([], [])
    for path in paths:
        (files.images if is_image(path) else files.others).append(Path(path))
    return files


def is_image(path: str) -> bool:
    """Whether a file's suffix is that of an image."""
    return os.path.splitext(path)[1].lower() in SUFFIXES  # noqa: PTH122  # a Path takes ten times as long to make
