"""Pascal VOC's files, read for the scorer and for peers that take another form."""

import json
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

CORNERS = ("xmin", "ymin", "xmax", "ymax")


class Photograph(NamedTuple):
    """An image with its boxes.

    Attributes:
        file: The image.
        size: H, W.
        boxes: Class name and corners (x1, y1, x2, y2) in pixels, of every box with an area.
    """

    file: Path
    size: tuple[int, int]
    boxes: list[tuple[str, tuple[float, float, float, float]]]


def photographs(root: Path, split: str) -> list[Photograph]:
    """Return the images of a split, in the order of its list."""
    stems = (root / "ImageSets" / "Main" / f"{split}.txt").read_text().split()
    return [photograph(root, stem) for stem in stems]


def photograph(root: Path, stem: str) -> Photograph:
    """Return one image with its boxes."""
    tree = ET.parse(root / "Annotations" / f"{stem}.xml").getroot()  # noqa: S314  # the reader's own file
    size = int(tree.findtext("size/height", "0")), int(tree.findtext("size/width", "0"))
    boxes = []
    for thing in tree.iter("object"):
        x1, y1, x2, y2 = (float(thing.findtext(f"bndbox/{corner}", "0")) for corner in CORNERS)
        if x2 > x1 and y2 > y1:
            boxes.append((thing.findtext("name", ""), (x1, y1, x2, y2)))
    return Photograph(next((root / "JPEGImages").glob(f"{stem}.*")), size, boxes)


def classes(root: Path) -> list[str]:
    """Return the class names of the training split, sorted."""
    return sorted({name for photo in photographs(root, "train") for name, _ in photo.boxes})


def write_coco(root: Path, split: str, out: Path) -> Path:
    """Write the boxes of a split as COCO's JSON, for the scorer; images are numbered in the order of the list."""
    names = classes(root)
    photos = photographs(root, split)
    annotations = [
        {"image_id": number, "category_id": names.index(name), "bbox": [x1, y1, x2 - x1, y2 - y1]}
        | {"area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
        for number, photo in enumerate(photos)
        for name, (x1, y1, x2, y2) in photo.boxes
    ]
    content = {
        "images": [{"id": number, "file_name": photo.file.name} for number, photo in enumerate(photos)],
        "annotations": [{"id": number, **one} for number, one in enumerate(annotations, 1)],
        "categories": [{"id": number, "name": name} for number, name in enumerate(names)],
    }
    out.write_text(json.dumps(content))
    return out


def write_yolo(root: Path, out: Path) -> Path:
    """Write all splits in YOLO's form, images as links to the same files; return its data.yaml."""
    names = classes(root)
    for split in ("train", "val", "test"):
        for photo in photographs(root, split):
            height, width = photo.size
            image, label = out / "images" / split / photo.file.name, out / "labels" / split / f"{photo.file.stem}.txt"
            for path in (image, label):
                path.parent.mkdir(parents=True, exist_ok=True)
            image.unlink(missing_ok=True)
            image.symlink_to(photo.file.resolve())
            label.write_text("".join(line(names.index(name), box, width, height) for name, box in photo.boxes))
    splits = "".join(f"{split}: images/{split}\n" for split in ("train", "val", "test"))
    (out / "data.yaml").write_text(f"path: {out.resolve()}\n{splits}names: {json.dumps(names)}\n")
    return out / "data.yaml"


def line(number: int, box: tuple[float, float, float, float], width: int, height: int) -> str:
    """Return a box as YOLO's line: class, centre and size as shares of the image."""
    x1, y1, x2, y2 = box
    shares = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
    return f"{number} " + " ".join(f"{share:.6f}" for share in shares) + "\n"
