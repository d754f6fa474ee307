"""Reading a folder of images whose class is the name of the folder that they lie in."""

from pathlib import Path
from typing import NamedTuple

from polyhead.data._album import Album
from polyhead.data._folders import files_below, files_in, holds_images, must_exist, split_of, subfolders
from polyhead.data._left_out import left_out
from polyhead.data._photos import ClassName, Photo
from polyhead.errors import nearest
from polyhead.findings.collecting import refusal, refuse
from polyhead.loading.source import Split

TARGET = "label"


class ClassFolder(NamedTuple):
    """The folder of one class in one split.

    Attributes:
        path: The folder; its name is the class.
        split: None where the data have none.
        images: In it and in the folders below it.
        others: Files that are no images.
    """

    path: Path
    split: Split | None
    images: list[Path]
    others: list[Path]


def fits(root: Path) -> bool:
    """Whether two or more folders of `root`, or of its splits, hold images: one alone may be anything.

    Folders that are all called after splits are no classes.
    """
    names = {folder.name for place in places(root) for folder in subfolders(place) if holds_images(folder)}
    return len(names) > 1 and not all(split_of(name) for name in names)


def read(root: Path) -> Album:
    """Return all images in class folders, with the target `label`.

    Raises:
        UserError: If there is no such folder, no class folder, or val or test has a class that train lacks.
    """
    must_exist(root)
    folders = [
        ClassFolder(path, split_of(place.name) if place != root else None, *files_below(path))
        for place in places(root)
        for path in subfolders(place)
    ]
    if not any(folder.images for folder in folders):
        what = "no folder in it, or in its train, val and test, holds images"
        raise refusal("images-missing", root, what, "make one for each class")
    if all(split_of(folder.path.name) for folder in folders if folder.images):
        what = "holds images of no class"
        raise refusal("labels-missing", folders[0].path, what, "put a folder for each class into it")
    folders = of_known_classes(folders)
    photos: list[Photo] = []
    for path, split, images, _ in folders:
        labels = {TARGET: ClassName(path.name)}
        photos += [Photo(image, split, labels) for image in images]
    names = tuple(sorted({folder.path.name for folder in folders}))
    return Album(photos, {TARGET: names}, doubts(root, folders))


def places(root: Path) -> list[Path]:
    """Return the folders in which class folders lie: those of the splits, or `root` itself."""
    splits = [folder for folder in subfolders(root) if split_of(folder.name)]
    parted = any(holds_images(folder) for split in splits for folder in subfolders(split))
    return splits if parted else [root]


def of_known_classes(folders: list[ClassFolder]) -> list[ClassFolder]:
    """Return the folders of classes that train has; all of them if there is no train split.

    Raises:
        UserError: If there is another one; it names the folder.
    """
    kept = []
    known = {folder.path.name for folder in folders if folder.split == "train"}
    for folder in folders:
        name = folder.path.name
        if known and name not in known:
            what, cure = f"train has no class {name!r}{nearest(name, known)}", "add it to train, or take it out of"
            refuse("class-not-trained", folder.path, what, f"{cure} {folder.split}")
            continue
        kept.append(folder)
    return kept


def doubts(root: Path, folders: list[ClassFolder]) -> list[str]:
    """Return what is not read, and which class folders are empty."""
    used = places(root)
    strange = [] if used == [root] else [folder for folder in subfolders(root) if folder not in used]
    kinds = [
        (
            [folder.path for folder in folders if not folder.images],
            "class folder",
            "without an image: the class is kept",
        ),
        (
            [path for folder in folders for path in folder.others],
            "file",
            "of another kind in class folders: left out",
        ),
        (
            [path for place in dict.fromkeys([root, *used]) for path in files_in(place).images],
            "image",
            "in no class folder: left out",
        ),
        (strange, "folder", "beside those of the splits: left out"),
    ]
    return left_out(root, kinds)
