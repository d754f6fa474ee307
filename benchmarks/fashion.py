"""Test accuracy on Fashion-MNIST within six minutes, beside published figures.

    python benchmarks/fashion.py FOLDER [--seeds 0 1 2] [--override KEY=VALUE ...]

FOLDER is what benchmarks/fashion_mnist.py wrote. The published figures stand on the data set's own page
(github.com/zalandoresearch/fashion-mnist): 0.949 for a ResNet-18, 0.916 for two convolutions with pooling.
"""

import argparse
import json
import statistics
from pathlib import Path

from _ours import fit, spread
from _results import machine, write

GOAL, SECONDS = 0.93, 360
RECIPE = (
    "data.size=28",
    "data.batch=128",
    "data.augment=[random_horizontal_flip]",
    "task.backbone={name: convnet, channels: [32, 64, 128]}",
    "task.lr=0.003",
)
"""What differs from the recipe `classification`: images this small want fine strides, and large batches."""


def main() -> None:
    """Measure, print, and write benchmarks/results/fashion.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--reserve", type=float, default=20.0, help="seconds of a run that are not training")
    parser.add_argument("--override", nargs="*", default=[], help="key=value")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/fashion"))
    options = parser.parse_args()
    found, taken = [], []
    for seed in options.seeds:
        home = options.work / f"ours-{seed}"
        overrides = [f"data={options.data}", *RECIPE, *options.override]
        taken.append(fit("classification", home, SECONDS - options.reserve, seed, *overrides))
        found.append(json.loads((home / "test.json").read_text())["test/label/accuracy"])
    row = {"what": "Fashion-MNIST, test accuracy", "ours": f"{spread(found)}, {max(taken):.0f} s"}
    row |= {"peer": "published: 0.949 ResNet-18, 0.916 two convolutions", "goal": f">= {GOAL} in {SECONDS} s"}
    row |= {"met": statistics.mean(found) >= GOAL and max(taken) <= SECONDS}
    write("fashion", [row], machine=machine(), overrides=[*RECIPE, *options.override])


if __name__ == "__main__":
    main()
