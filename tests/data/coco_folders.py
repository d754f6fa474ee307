"""Small data in the form of COCO."""

import json
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from polyhead.data.coco import Coco

SQUARE = [2, 1, 6, 1, 6, 4, 2, 4]
"""A polygon around the box 2, 1, 4, 3."""
PIXELS = torch.zeros(10, 20, dtype=torch.bool)
PIXELS[1:4, 2:6] = True
"""What it encloses in an image of 20 x 10 pixels."""
Content = dict[str, Any]


def picture(path: Path, size: tuple[int, int] = (20, 10)) -> None:
    """Save an image of a size (W, H)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path)


def listed(number: int, name: str) -> Content:
    """Return the entry of an image of 20 x 10 pixels."""
    return {"id": number, "file_name": name, "width": 20, "height": 10}


def thing(image: int, category: int, box: list[float], **more: Any) -> Content:
    """Return an annotation."""
    return {"id": 1, "image_id": image, "category_id": category, "bbox": box, **more}


def sheet(images: list[Content], annotations: list[Content], **categories: int) -> Content:
    """Return the content of a JSON file."""
    named = [{"id": number, "name": name} for name, number in categories.items()]
    return {"images": images, "annotations": annotations, "categories": named}


def save(path: Path, content: Any) -> None:
    """Write JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def one_image(name: str = "a.png") -> Content:
    """Return a sheet of one image with one object."""
    return sheet([listed(1, name)], [thing(1, 1, [2, 1, 4, 3])], cat=1)


def data(root: Path, content: Any) -> Coco:
    """Return the source of a single JSON file and its images a.png and b.png."""
    for name in ("a.png", "b.png"):
        picture(root / "images" / name)
    save(root / "annotations" / "instances.json", content)
    return Coco(str(root), split=(1, 0, 0))


def target(source: Coco, name: str, kind: str) -> Any:
    """Return the target of the training image of a name."""
    places = {Path(source.name("train", index)).name: index for index in range(source.size("train"))}
    return source.targets("train", places[name])[kind]
