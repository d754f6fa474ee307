"""What of a folder is not read, in words."""

from collections.abc import Sequence
from pathlib import Path

from polyhead.data._flaws import counted, first
from polyhead.findings.collecting import is_heard, remark

KIND_OF = {
    ("image", "in no list"): "image-unlisted",
    ("image", "in no class folder"): "image-unlisted",
    ("image", "without a mask"): "image-unlabelled",
    ("image", "without masks"): "image-unlabelled",
    ("image", "without an annotation"): "image-unlabelled",
    ("image", "in splits without masks"): "image-unlisted",
    ("mask", "without an object"): "mask-empty",
    ("mask", "without an image"): "label-orphan",
    ("file", "of another kind in JPEGImages"): "file-strange",
    ("file", "of another kind in class folders"): "file-strange",
    ("file", "of another kind beside them"): "file-strange",
    ("folder", "of images without one of masks beside it"): "folder-strange",
    ("folder", "beside those of the splits"): "folder-strange",
    ("table", "of no images"): "file-strange",
    ("table", "without labels"): "file-strange",
    ("class folder", "without an image"): "class-unused",
}
"""The kind of finding behind a word and what is said of it; of others it is "file-strange"."""


def left_out(root: Path, kinds: Sequence[tuple[Sequence[Path], str, str]]) -> list[str]:
    """Return one line for each kind of which there is something: "ROOT: 2 files of another kind (a.txt, b.txt)".

    Args:
        root: The folder of the data.
        kinds: The paths of one kind below it, the word for one of them, and what goes on after "2 files".
    """
    for paths, word, what in kinds:
        for path in paths if is_heard() else ():
            shown = str(path) if word == "image" else ""
            kind = KIND_OF.get((word, what.partition(":")[0]), "file-strange")
            remark(kind, path, f"is {'an' if word == 'image' else 'a'} {word} {what}", image=shown)
    return [
        f"{root}: {counted(found, word)} {what} ({first([str(path.relative_to(root)) for path in found])})"
        for found, word, what in kinds
        if found
    ]
