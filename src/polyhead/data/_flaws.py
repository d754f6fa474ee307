"""What is wrong with the parts of files, gathered by kind: one line each, however many parts and files there are."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from polyhead.data._folders import files_below, files_in, split_in, subfolders
from polyhead.data._odd_boxes import look_at_boxes
from polyhead.data._photos import Boxes, Photo
from polyhead.data._spot import spot
from polyhead.findings.collecting import is_heard, remark
from polyhead.findings.finding import Corners

MOST = 3
"""How many flaws of one kind are shown."""
THIN = 1e-3
"""Pixels that a side of a box must have: in float32, less is nothing."""
SOME = 10
"""Boxes from which on half of them say something of all."""
LOOSE = 1.0
"""Pixels by which boxes stick out of images and nobody needs to hear of it."""
BACK: Final = "and a copy of the data follows that back here"
"""What is said of a path that is absolute, or leads out of the folder of the data."""
READ_BY: Final = {
    "in no split": "name them in data.yaml",
    "in no JSON file": "list them in one",
    "in no row": "write rows of them",
}
"""How images that nothing names are read, by what is said of them."""
AREALESS, OUTSIDE, CUT = "without area: left out", "outside the image: left out", "sticking out of the image: cut"
TWICE = "there twice, of one class and with the same corners: kept"
CROWD = "around crowds (iscrowd 1): left out, and 255 in a mask"
SHORT = "with a polygon of fewer than three corners: that polygon left out"
KIND_OF = {
    AREALESS: "box-without-area",
    OUTSIDE: "box-outside",
    CUT: "box-sticks-out",
    TWICE: "box-twice",
    CROWD: "box-crowd",
    SHORT: "outline-short",
}
"""The kind of finding that each flaw is."""


class Flaws:
    """Flaws by kind, each with the places where it was found.

    Args:
        root: The folder of the data, or a file.

    Attributes:
        boxes: How many boxes were looked at.
        specks: How many of them have no side above one pixel.
    """

    def __init__(self, root: Path) -> None:
        self.root: Final = root
        self.found: Final[dict[str, list[tuple[Path, str]]]] = {}
        self.boxes = self.specks = 0

    def add(self, file: Path, kind: str, place: str, image: Path | None = None, box: Corners | None = None) -> None:
        """Note one flaw.

        Args:
            file: Where it is written.
            kind: A key of `KIND_OF`; it goes on after "3 boxes".
            place: Where in the file.
            image: The image that it is of.
            box: Its corners in pixels of that image.
        """
        self.found.setdefault(kind, []).append((file, place))
        remark(KIND_OF[kind], file, f"{place}: a box {kind}", **spot(place), image=str(image or ""), box=box)

    def lines(self) -> list[str]:
        """Return one line for each kind: the file and the first places in it, or several files with theirs.

        A flaw that half of the boxes have is likely one of how they are all written, and that is remarked.
        """
        return [*(self.line(kind, found) for kind, found in self.found.items()), *self.doubts()]

    def doubts(self) -> list[str]:
        """Return, in a line at most, what is likely wrong with all boxes alike, and remark it."""
        beyond = sum(len(self.found.get(kind, ())) for kind in (OUTSIDE, CUT))
        if self.boxes < SOME or 2 * max(beyond, self.specks) < self.boxes:
            return []
        if beyond >= self.specks:
            what = f"{beyond} of {self.boxes} boxes are not within their images"
            cure = "see whether they are written in another form (corners, sides, centres) or for other sizes"
        else:
            what = f"{self.specks} of {self.boxes} boxes are no larger than a pixel"
            cure = "see whether they are shares of the image, where pixels belong"
        remark("boxes-doubtful", self.root, what, cure)
        return [f"{self.root}: {what}; {cure}"]

    def line(self, kind: str, found: Sequence[tuple[Path, str]]) -> str:
        """Return the line of one kind."""
        file = found[0][0]
        if all(other == file for other, _ in found):
            return f"{file}: {counted(found, 'box')} {kind} ({first([place for _, place in found])})"
        places = [f"{below(self.root, file)}: {place}" for file, place in found]
        return f"{self.root}: {counted(found, 'box')} {kind} ({first(places)})"


def below(root: Path, file: Path) -> Path:
    """Return the path of a file from a folder on, if it lies there."""
    return file.relative_to(root) if file.is_relative_to(root) else file


def counted(found: Sequence[Any], word: str) -> str:
    """Return how many there are of a thing: "1 box", "2 boxes"."""
    plural = f"{word}es" if word.endswith(("s", "x")) else f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"1 {word}" if len(found) == 1 else f"{len(found)} {plural}"


def first(places: Sequence[str]) -> str:
    """Return the first three places in words."""
    more = f" and {len(places) - MOST} more" if len(places) > MOST else ""
    return ", ".join(places[:MOST]) + more


def shown(value: Any, most: int = 60) -> str:
    """Return a value as its file spells it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]} ..."


def fitted(corners: Corners, size: tuple[int, int]) -> tuple[Corners | None, str]:
    """Return x1, y1, x2, y2 cut at the image of `size` (H, W), None if nothing is left; and what was wrong, or ""."""
    x1, y1, x2, y2 = corners
    if not (x2 - x1 >= THIN and y2 - y1 >= THIN):
        return None, AREALESS
    height, width = size
    cut = (max(0.0, x1), max(0.0, y1), min(float(width), x2), min(float(height), y2))
    if cut[2] - cut[0] < THIN or cut[3] - cut[1] < THIN:
        return None, OUTSIDE
    out = max(-x1, -y1, x2 - width, y2 - height)
    return cut, CUT if out > LOOSE else ""


def boxes_within(
    rows: Iterable[tuple[str, str, Corners]],
    size: tuple[int, int],
    file: Path,
    flaws: Flaws,
    image: Path | None = None,
) -> Boxes:
    """Return the boxes that an image of `size` (H, W) shows; what is wrong with others is added to `flaws`.

    Args:
        rows: Place for messages, class name and corners of each.
        size: Of the upright image.
        file: Where they are written.
        flaws: Of all images.
        image: The file of the image.
    """
    kept: list[tuple[str, str, Corners]] = []
    seen: set[tuple[str, Corners]] = set()
    for place, name, corners in rows:
        flaws.boxes += 1
        flaws.specks += max(corners[2] - corners[0], corners[3] - corners[1]) <= 1
        cut, flaw = fitted(corners, size)
        if flaw:
            flaws.add(file, flaw, place, image, corners)
        if cut is None:
            continue
        if (name, cut) in seen:
            flaws.add(file, TWICE, place, image, corners)
        seen.add((name, cut))
        kept.append((place, name, cut))
    if is_heard():
        look_at_boxes(kept, size, file, image)
    return Boxes([cut for _, _, cut in kept], [name for _, name, _ in kept])


def unused(names: Sequence[str], photos: Iterable[Photo]) -> list[str]:
    """Return, in one line at most, which class names no box of any photograph has."""
    used: set[str] = set()
    for photo in photos:
        label = photo.labels.get("boxes")
        used.update(label.names if isinstance(label, Boxes) else ())
    idle = [name for name in names if name not in used]
    return [f"no box of {counted(idle, 'class')}: kept ({first(idle)})"] if idle else []


def unlisted(root: Path, paths: Iterable[Path], where: str) -> list[str]:
    """Return what lies beside some image files and is none of them: in a line at most images, in one whole folders.

    Args:
        root: Of the data; its folder `images` counts too.
        paths: The images that are read.
        where: What goes on after "3 images": a key of `READ_BY`, or other words.
    """
    known = set(paths)
    own = {root / "images"} if (root / "images").is_dir() else set()
    beside = [path for folder in sorted({path.parent for path in known} | own) for path in files_in(folder).images]
    others = [path.name for path in beside if path not in known]
    for path in beside if is_heard() else ():
        if path not in known:
            remark("image-unlisted", path, f"is {where}: left out", "list it, or move it away", image=str(path))
    lines = [f"{root}: {counted(others, 'image')} {where}: left out ({first(others)})"] if others else []
    return lines + unread(root if root.is_dir() else root.parent, known, where)


def unread(root: Path, known: Iterable[Path], where: str) -> list[str]:
    """Return, in one line at most, the images of folders that lie where others are read; arguments as `unlisted`."""
    cure = f"{READ_BY.get(where, 'list them')}, or move them away"
    lost: list[str] = []
    for folder in untouched(root, {path.parent for path in known}):
        images = files_below(folder).images
        lost += [str(below(root, path)) for path in images]
        if images:
            what = f"holds {counted(images, 'image')} {where}: left out ({images[0].name})"
            remark("folder-strange", folder, what, cure)
    said = f"{root}: {counted(lost, 'image')} in other folders, {where}: left out ({first(lost)}); {cure}"
    return [said] if lost else []


def untouched(root: Path, folders: Iterable[Path]) -> list[Path]:
    """Return the folders beside some others, or around these, below `root`, that hold none of them.

    Those count that are named after a split, or lie in a folder `images`: what is in others may be masks.
    """
    read = {around for folder in folders for around in (folder, *folder.parents)}
    places = sorted(folder for folder in read if folder.is_relative_to(root))
    inside = [(place, folder) for place in places for folder in subfolders(place) if folder not in read]
    return [folder for place, folder in inside if place.name == "images" or split_in(folder.name)]
