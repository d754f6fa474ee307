"""How long `polyhead check-data` takes: labels of 100,000 objects in COCO's form, and decoded images a second.

    python benchmarks/check_data.py [--rounds 5]

The data are made up: 5,000 images of 320 x 240 pixels, each with 20 objects that have polygons, one object of a hundred
with something wrong. Medians count. The pixels are read once, of 1,000 such images.
"""

import argparse
import json
import random
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from _results import write
from polyhead.checking.check import check_data
from polyhead.checking.report import Report

IMAGES, DECODED, OBJECTS, FAULTS = 5000, 1000, 20, 100
WIDTH, HEIGHT = 320, 240
GOAL = 10.0
"""Seconds for the labels."""


def annotation(draw: random.Random, number: int) -> dict[str, Any]:
    """Return an object; each FAULTS-th has no area, is outside, or is of no class."""
    width, height = draw.randint(8, 60), draw.randint(8, 60)
    x, y = draw.randint(0, WIDTH - width), draw.randint(0, HEIGHT - height)
    corners = [x, y, x + width, y, x + width, y + height, x, y + height]
    made: dict[str, Any] = {
        "id": number,
        "image_id": number // OBJECTS,
        "category_id": draw.randint(1, 80),
        "bbox": [x, y, width, height],
        "segmentation": [corners],
        "area": width * height,
        "iscrowd": 0,
    }
    faults: list[dict[str, Any]] = [{"bbox": [x, y, 0, height]}, {"bbox": [2 * WIDTH, y, 9, 9]}, {"category_id": 999}]
    return made | (draw.choice(faults) if number % FAULTS == 0 else {})


def make(root: Path, images: int) -> Path:
    """Write data of some images into a new folder, and return it."""
    draw, pixels = random.Random(0), np.random.default_rng(0)  # noqa: S311  # nothing secret
    (root / "train").mkdir(parents=True)
    (root / "annotations").mkdir()
    for number in range(images):
        coarse = Image.fromarray(pixels.integers(0, 256, (HEIGHT // 16, WIDTH // 16, 3), np.uint8))
        coarse.resize((WIDTH, HEIGHT)).save(root / "train" / f"{number}.jpg")
    content = {
        "images": [{"id": n, "file_name": f"{n}.jpg", "width": WIDTH, "height": HEIGHT} for n in range(images)],
        "annotations": [annotation(draw, number) for number in range(images * OBJECTS)],
        "categories": [{"id": number, "name": f"class {number}"} for number in range(1, 81)],
    }
    (root / "annotations" / "instances_train.json").write_text(json.dumps(content), encoding="utf-8")
    return root


def checked(root: Path, *, pixels: bool) -> Report:
    """Return the report of the data."""
    return check_data("made up", {"name": "coco", "root": str(root)}, pixels=pixels)


def main() -> None:
    """Measure, print, and write benchmarks/results/check_data.json and check_data.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        many, few = (make(Path(folder) / str(images), images) for images in (IMAGES, DECODED))
        taken = [checked(many, pixels=False) for _ in range(rounds)]
        decoded = checked(few, pixels=True)
    median = round(statistics.median(report.seconds["whole"] for report in taken), 2)
    found = {kind: len(them) for kind, them in taken[0].kinds().items()}
    row = {"what": f"labels of {IMAGES * OBJECTS:,} objects on {IMAGES:,} images", "ours": f"{median} s"}
    rate = {
        "what": f"images of {WIDTH} x {HEIGHT} with {OBJECTS} outlines each, drawn too",
        "ours": f"{decoded.rate():.0f} a second",
    }
    write("check_data", [{**row, "goal": f"< {GOAL:.0f} s", "met": median < GOAL}, rate], rounds=rounds, found=found)


if __name__ == "__main__":
    main()
