"""Small good data on disk, in every form, and ways to spoil them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

SPLITS = ("train", "val")
BOX = [2, 2, 8, 8]
Build = Callable[[Path], None]


def picture(path: Path, mode: str = "RGB", colour: Any = 0, size: tuple[int, int] = (20, 16)) -> Path:
    """Save an image, W x H pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)
    return path


def text(path: Path, content: str) -> Path:
    """Write a text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def classes(root: Path) -> None:
    """Write class folders of two images a split and class."""
    for split in SPLITS:
        for colour, name in enumerate(("cat", "dog")):
            for number in range(2):
                picture(root / split / name / f"{number}.png", colour=(9 * number + colour, 0, 0))


def masks(root: Path, value: int = 1) -> None:
    """Write an image with its mask a split."""
    for split in SPLITS:
        picture(root / split / "images" / "a.png")
        picture(root / split / "masks" / "a.png", "L", value)


def coco(root: Path, change: Callable[[dict[str, Any]], Any] = lambda content: content) -> None:
    """Write a JSON file and an image a split, the file of train changed."""
    for split in SPLITS:
        picture(root / split / "a.png")
        content = {
            "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 16}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": BOX}],
            "categories": [{"id": 1, "name": "cat"}],
        }
        made = change(content) if split == "train" else content
        text(root / "annotations" / f"instances_{split}.json", json.dumps(made))


def coco_with(part: str, **values: Any) -> Build:
    """Return what writes COCO's form with other values in the first entry of a list of the train file."""

    def build(root: Path) -> None:
        coco(root, lambda content: {**content, part: [{**content[part][0], **values}]})

    return build


def yolo(root: Path, line: str = "0 0.5 0.5 0.4 0.4", names: str = "[cat]") -> None:
    """Write data.yaml, and an image with a label file a split; `line` is that of train."""
    text(root / "data.yaml", f"train: images/train\nval: images/val\nnames: {names}\n")
    for split in SPLITS:
        picture(root / "images" / split / "a.png")
        text(root / "labels" / split / "a.txt", (line if split == "train" else "0 0.5 0.5 0.4 0.4") + "\n")


def voc(root: Path, corners: tuple[int, int, int, int] = (2, 2, 8, 8), listed: str = "train") -> None:
    """Write an image with a box a split; `corners` and the line of the list are those of train."""
    for split in SPLITS:
        picture(root / "JPEGImages" / f"{split}.jpg")
        named = zip(("xmin", "ymin", "xmax", "ymax"), corners if split == "train" else (2, 2, 8, 8), strict=True)
        box = "".join(f"<{name}>{value}</{name}>" for name, value in named)
        xml = f"<annotation><object><name>cat</name><bndbox>{box}</bndbox></object></annotation>"
        text(root / "Annotations" / f"{split}.xml", xml)
        text(root / "ImageSets" / "Main" / f"{split}.txt", listed if split == "train" else split)


def then(make: Callable[[Path], None], spoil: Callable[[Path], Any]) -> Build:
    """Return what makes good data and then spoils them."""

    def build(root: Path) -> None:
        make(root)
        spoil(root)

    return build


def cut(path: Path) -> None:
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def broken_jsons(root: Path) -> None:
    """Cut the JSON files of good data short."""
    coco(root)
    for split in SPLITS:
        cut(root / "annotations" / f"instances_{split}.json")


def detailed(path: Path) -> Path:
    """Save an image of 64 x 64 pixels with something to see."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.linear_gradient("L").resize((64, 64))
    image.paste(255, (10, 12, 30, 20))
    image.paste(0, (40, 30, 60, 60))
    image.convert("RGB").save(path)
    return path
