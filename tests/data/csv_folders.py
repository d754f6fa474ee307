"""Small data in tables."""

from pathlib import Path
from typing import Any

from PIL import Image

from polyhead.loading.source import SPLITS

ALL: dict[str, Any] = {"split": (1.0, 0.0, 0.0)}
"""Everything is train."""


def put(root: Path, table: str, *images: str, name: str = "labels.csv") -> Path:
    """Write a table, and images of 20 x 10 pixels, no two of one content."""
    for number, image in enumerate(images):
        (root / image).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 10), (number, len(image), 0)).save(root / image)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(table, encoding="utf-8")
    return root


def said(source: Any, target: str) -> dict[str, Any]:
    """Return what each image carries for a target, by the image's name."""
    found = {}
    for split in SPLITS:
        for index in range(source.size(split)):
            carried = source.targets(split, index)
            value = carried.get(target)
            found[Path(source.name(split, index)).stem] = value.tolist() if hasattr(value, "tolist") else value
    return found
