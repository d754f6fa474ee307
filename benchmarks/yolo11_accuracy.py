"""Detection from scratch beside YOLO11n, in the time of its 12 epochs and in a third of the time of its 60.

    python benchmarks/yolo11_accuracy.py BCCD [--seeds 0 1 2] [--override KEY=VALUE ...]

BCCD is a folder in Pascal VOC's form (github.com/Shenggan/BCCD_Dataset). Both read the same files, splits and 320
pixels; pycocotools scores what both find in the test images, in the images' own pixels. Our whole command, from its
start to its end with the final test, has to fit into the peer's whole time: `trainer.max_time` is that less a reserve.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import NamedTuple

import _peer
import polyhead
from _ours import fit, spread
from _results import machine, write
from _voc import classes, photographs, write_coco, write_yolo

ULTRALYTICS = ("ultralytics==8.4.190", "pycocotools==2.0.11")


class Bout(NamedTuple):
    """One comparison: the peer's epochs, our share of its time, and the mAP50-95 to reach (None: the peer's)."""

    epochs: int
    share: float
    goal: float | None


BOUTS = (Bout(12, 1.0, 0.40), Bout(60, 1 / 3, None))


def peer(python: Path, bout: Bout, sheet: Path, truth: Path, work: Path) -> tuple[float, dict[str, float]]:
    """Train and score YOLO11n; return its seconds and its metrics."""
    home = work / f"yolo11n-{bout.epochs}"
    seconds, _ = _peer.run(python, "yolo11", sheet, truth, bout.epochs, 0, 320, home, log=home / "log.txt")
    return seconds, score(python, truth, home / "found.json")


def score(python: Path, truth: Path, found: Path) -> dict[str, float]:
    """Return what pycocotools says."""
    return _peer.run(python, "score_boxes", truth, found, log=found.with_suffix(".txt"))[1]


def write_found(data: Path, run: Path, out: Path) -> None:
    """Write what a run's best checkpoint finds in the test images as a list of COCO's results."""
    names = classes(data)
    records = polyhead.load(run).predict(*(photo.file for photo in photographs(data, "test")), score=0.001)
    found = [
        {"image_id": number, "category_id": names.index(one["label"]), "score": one["score"]}
        | {"bbox": [one["box"][0], one["box"][1], one["box"][2] - one["box"][0], one["box"][3] - one["box"][1]]}
        for number, record in enumerate(records)
        for one in record["boxes"]["boxes"]
    ]
    out.write_text(json.dumps(found))


def main() -> None:
    """Measure, print, and write benchmarks/results/yolo11_accuracy.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--reserve", type=float, default=16.0, help="seconds of a run that are not training")
    parser.add_argument("--override", nargs="*", default=[], help="key=value for ours")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/yolo11_accuracy"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    python = _peer.environment("ultralytics", *ULTRALYTICS)
    truth = write_coco(options.data, "test", options.work / "truth.json")
    sheet = write_yolo(options.data, options.work / "yolo")
    rows = []
    for bout in BOUTS:
        theirs, scored = peer(python, bout, sheet, truth, options.work)
        budget, found, taken = bout.share * theirs, [], []
        for seed in options.seeds:
            home = options.work / f"ours-{bout.epochs}-{seed}"
            overrides = [f"data={options.data}", "data.size=320", *options.override]
            taken.append(fit("detection", home, budget - options.reserve, seed, *overrides))
            write_found(options.data, home, home / "found.json")
            found.append(score(python, truth, home / "found.json")["mAP50-95"])
        goal = scored["mAP50-95"] if bout.goal is None else bout.goal
        met = statistics.mean(found) >= goal and max(taken) <= budget
        rows.append(
            {"what": f"BCCD 320 px, test mAP50-95, {bout.share:.2f} of the time of {bout.epochs} epochs"}
            | {"ours": f"{spread(found)}, {max(taken):.0f} s"}
            | {"peer": f"{scored['mAP50-95']:.3f}, {theirs:.0f} s", "goal": f">= {goal:.3f}", "met": met}
        )
        write("yolo11_accuracy", rows, machine=machine(), peer=list(ULTRALYTICS), overrides=options.override)


if __name__ == "__main__":
    main()
