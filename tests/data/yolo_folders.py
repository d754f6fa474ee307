"""Small data in the form of YOLO."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from polyhead.data.yolo import Yolo
from polyhead.loading.source import SPLITS

BOX = "0 0.2 0.25 0.2 0.3"
"""The box 2, 1, 4, 3 to 6, 4 of an image of 20 x 10 pixels."""
POLYGON = "0 0.1 0.1 0.3 0.1 0.3 0.4 0.1 0.4"
"""The same, as a polygon."""
EACH = [["train.png"], ["val.png"], ["test.png"]]
"""The images that `configured` makes, by split."""
FOLDERS = {split: f"images/{split}" for split in SPLITS}
"""Where they are."""


def picture(path: Path) -> Path:
    """Save an image of 20 x 10 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 10)).save(path)
    return path


def write(path: Path, *lines: str) -> Path:
    """Write a text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def data(root: Path, *lines: str, names: Sequence[str] = ("cat", "dog")) -> Yolo:
    """Return the source of one image, a.png, with these lines as its label file."""
    picture(root / "images" / "a.png")
    write(root / "labels" / "a.txt", *lines)
    write(root / "classes.txt", *names)
    return Yolo(str(root), split=(1, 0, 0))


def configured(root: Path, **content: Any) -> Yolo:
    """Return the source of a data.yaml beside images/{train,val,test}/SPLIT.png with a box each."""
    for split in SPLITS:
        picture(root / "images" / split / f"{split}.png")
        write(root / "labels" / split / f"{split}.txt", BOX)
    write(root / "data.yaml", yaml.safe_dump(content))
    return Yolo(str(root))


def named(source: Yolo) -> list[list[str]]:
    """Return the names of the images of each split."""
    return [[Path(source.name(split, index)).name for index in range(source.size(split))] for split in SPLITS]
