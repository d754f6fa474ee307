"""What COCO's mAP of boxes costs, beside torchmetrics with pycocotools, from tensors of a batch to the value.

    python benchmarks/coco_map.py [--images 5000] [--boxes 20] [--classes 80 10 1] [--rounds 3]

torchmetrics' thresholds are given as COCO has them; its own are rounded to float32. It also measures small, medium and
large boxes and recalls, which cannot be switched off. Rounds interleave the two in one process; medians count. The
peer's environment is made at the first call, beside this one and on its packages.
"""

import argparse
import os
import statistics
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from _results import PACKAGES, machine, write

PEER = "pycocotools==2.0.11"
HOME = Path(os.environ.get("POLYHEAD_PEERS", Path.home() / ".cache" / "polyhead" / "peers")) / "coco_map"
GOAL = 4
BATCH = 16
Images = list[dict[str, Tensor]]


def environment() -> Path:
    """Return the Python of the peer's environment; it is made if it is not there."""
    python, ready = HOME / "bin" / "python", HOME / "ready"
    if not ready.is_file() or ready.read_text() != PEER:
        venv.create(HOME, with_pip=True, clear=True)
        site = next((HOME / "lib").glob("python*/site-packages"))
        # `addsitedir` also follows the .pth files there, and so an editable installation
        (site / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", PEER], check=True)
        ready.write_text(PEER)
    return python


def made_up(images: int, boxes: int, classes: int) -> tuple[Images, Images]:
    """Return predictions and targets: each true box is found a few pixels off, a fifth of them as any class."""
    g = torch.Generator().manual_seed(0)
    predictions, targets = [], []
    for _ in range(images):
        corner = 400 * torch.rand(boxes, 2, generator=g)
        true = torch.cat([corner, corner + 16 + 120 * torch.rand(boxes, 2, generator=g)], 1)
        labels, other = torch.randint(classes, (2, boxes), generator=g)
        found = torch.where(torch.rand(boxes, generator=g) < 0.2, other, labels)
        near = true + 4 * torch.randn(boxes, 4, generator=g)
        predictions.append({"boxes": near, "scores": torch.rand(boxes, generator=g), "labels": found})
        targets.append({"boxes": true, "labels": labels})
    return predictions, targets


def ours() -> Any:
    """Return this project's metric."""
    from polyhead.heads.detection.metric import DetectionMetric

    return DetectionMetric()


def peer() -> Any:
    """Return torchmetrics' metric, on pycocotools."""
    import numpy as np
    from torchmetrics.detection import MeanAveragePrecision

    ious, recalls = np.linspace(0.5, 0.95, 10).tolist(), np.linspace(0, 1, 101).tolist()
    return MeanAveragePrecision(backend="pycocotools", iou_thresholds=ious, rec_thresholds=recalls)


def measured(metric: Any, predictions: Images, targets: Images) -> tuple[float, dict[str, float]]:
    """Return the seconds of all updates and the value, and mAP, mAP50 and mAP75."""
    begin = time.perf_counter()
    for first in range(0, len(targets), BATCH):
        metric.update(predictions[first : first + BATCH], targets[first : first + BATCH])
    values = metric.compute()
    taken = time.perf_counter() - begin
    return taken, {name: float(values[name if name in values else name.replace("map", "map_")]) for name in NAMES}


NAMES = ("map", "map50", "map75")
SIDES: dict[str, Callable[[], Any]] = {"ours": ours, "peer": peer}


def compare(images: int, boxes: int, classes: int, rounds: int) -> dict[str, Any]:
    """Return a row: both medians, how many times the peer's ours fits into it, and how far the values are apart."""
    data = made_up(images, boxes, classes)
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    values = {}
    for _ in range(rounds):
        for side, metric in SIDES.items():
            taken, values[side] = measured(metric(), *data)
            times[side].append(taken)
    mine, theirs = (statistics.median(times[side]) for side in SIDES)
    apart = max(abs(values["ours"][name] - values["peer"][name]) for name in NAMES)
    return {
        "what": f"mAP of {images} images with {boxes} boxes of {classes} classes",
        "ours": f"{mine:.3f} s",
        "peer": f"{theirs:.2f} s",
        "goal": f">= {GOAL} x faster, equal to 1e-6",
        "met": theirs / mine >= GOAL and apart <= 1e-6,
        "times faster": round(theirs / mine, 1),
        "apart": float(f"{apart:.1e}"),
        "map": round(values["ours"]["map"], 6),
    }


def main() -> None:
    """Measure in the peer's environment, and write benchmarks/results/coco_map.json and coco_map.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--boxes", type=int, default=20)
    parser.add_argument("--classes", type=int, nargs="+", default=[80, 10, 1])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    python = environment()
    if Path(sys.prefix) != HOME:
        os.execv(python, [str(python), *sys.argv])  # noqa: S606  # the same call, in the peer's environment
    rows = [compare(options.images, options.boxes, classes, options.rounds) for classes in options.classes]
    write("coco_map", rows, rounds=options.rounds, machine=machine([*PACKAGES, "numpy", "pycocotools"]))


if __name__ == "__main__":
    main()
