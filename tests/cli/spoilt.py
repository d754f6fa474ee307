"""Ways to spoil small data, and what has to be found then."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from small_data import SPLITS, Build, classes, coco, detailed, picture, text, voc, yolo

JSON, LABEL = "annotations/instances_train.json", "labels/train/a.txt"


class Bad(NamedTuple):
    """What makes bad data, where what has to be found stands (the end of its path, line, place), and `data.name`."""

    build: Build
    file: str
    line: int | None = None
    place: str = ""
    form: str = "auto"


def coco_plus(group: str, **entry: Any) -> Build:
    """Return what writes COCO's form with one more entry in a list of the train file, like the first one."""

    def change(content: dict[str, Any]) -> dict[str, Any]:
        return {**content, group: [*content[group], {**content[group][0], **entry}]}

    return lambda root: coco(root, change)


def coco_without(key: str) -> Build:
    """Return what writes COCO's form without a list in the train file."""
    return lambda root: coco(root, lambda content: {name: value for name, value in content.items() if name != key})


def turned(root: Path) -> None:
    """Write an image that its EXIF orientation turns."""
    coco(root, lambda content: {**content, "images": [{**content["images"][0], "file_name": "b.jpg"}]})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 16)).save(root / "train" / "b.jpg", exif=exif)


def xml(root: Path, change: str, to: str) -> None:
    """Write VOC's form with a part of the annotation of train replaced."""
    voc(root)
    file = root / "Annotations" / "train.xml"
    file.write_text(file.read_text().replace(change, to))


def copied(source: str, target: str) -> Build:
    """Return what writes class folders in which one image stands in another place too."""

    def build(root: Path) -> None:
        classes(root)
        detailed(root / source)
        (root / target).write_bytes((root / source).read_bytes())

    return build


def saved_again(root: Path) -> None:
    """Write class folders in which an image of train is in val too, smaller and as a JPEG."""
    classes(root)
    with Image.open(detailed(root / "train/cat/9.png")) as image:
        image.resize((40, 40)).save(root / "val/cat/9.jpg")


def nothing(root: Path) -> None:
    """Write nothing."""


def sheet(file: str) -> str:
    """Return a JSON file in COCO's form that lists one image, without an object."""
    return json.dumps(
        {"images": [{"id": 1, "file_name": file}], "annotations": [], "categories": [{"id": 1, "name": "cat"}]}
    )


def half_outlined(content: dict[str, Any]) -> dict[str, Any]:
    """Return COCO's form with a second image, whose object has no outline."""
    (one,) = content["annotations"]
    both = [{**one, "segmentation": [[2, 2, 9, 2, 9, 9]]}, {**one, "image_id": 2}]
    return {**content, "images": [*content["images"], {"id": 2, "file_name": "b.png"}], "annotations": both}


def table(root: Path, header: str, *rows: str) -> None:
    """Write images and a table of them, its rows beside four good ones."""
    for number, name in enumerate("abcdef"):
        picture(root / f"{name}.png", colour=(number, 0, 0))
    blank = "," * (header.count(",") - 1)
    good = [f"{name}.png,{kind}{blank}" for name, kind in zip("cdef", ("cat", "dog") * 2, strict=True)]
    text(root / "train.csv", "\n".join([header, *rows, *good]) + "\n")


def objects(root: Path) -> None:
    """Write a folder for each of four images, with a mask for its object."""
    for split in SPLITS:
        for name in "ab":
            detailed(root / split / name / "images" / f"{name}.png")
            picture(root / split / name / "masks" / "1.png", "L", 1, (64, 64))


def absolute(change: str, to: str, *listed: str) -> Build:
    """Return what writes YOLO's form with a part of data.yaml replaced, {} in it and before lines of a.txt the root."""

    def build(root: Path) -> None:
        yolo(root, "0 .5 .5 .4 .4\n0 .5 .5 0 .4")
        said = (root / "data.yaml").read_text()
        text(root / "data.yaml", said.replace(change, to.replace("{}", str(root)), 1))
        text(root / "a.txt", "".join(f"{root}/{line}\n" for line in listed))

    return build
