"""Half of each head's labels are taken away, of other images for each: heads together beside each alone on its half.

    python benchmarks/half_labels.py [--nuclei FOLDER] [--seeds 0] [--go-on]

Three heads on digits (the recipe `multitask`), and with --nuclei boxes and masks of a part of BBBC038. The halves are
drawn by `data.labelled`, the same ones for a head alone and together. All runs have the same number of epochs, so that
each label is seen as often: together a step's batch holds images of all heads, and an epoch has more steps. That costs
time, which the last row tells. A folder and one thread a command (OMP_NUM_THREADS=1) let several commands run at once.
"""

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from _ours import METRICS, fit, measured, spread
from _results import machine, write

HERE = Path(__file__).parent


class Bout(NamedTuple):
    """One comparison.

    Attributes:
        name: What it is called in the table.
        recipe: The joint recipe, which trains a head alone where the others are null.
        heads: Their names, which are those of their targets.
        epochs: Of every run.
        overrides: key=value for all of them.
    """

    name: str
    recipe: str
    heads: tuple[str, ...]
    epochs: int
    overrides: tuple[str, ...] = ()


def compare(bout: Bout, seeds: Sequence[int], work: Path, go_on: bool) -> list[dict[str, Any]]:
    """Return the rows of a comparison: one a head, and one of the seconds of training."""
    halves = ", ".join(f"{head}: 0.5" for head in bout.heads)
    length = ("trainer.max_time=null", "trainer.max_steps=-1", f"trainer.max_epochs={bout.epochs}")
    overrides = (*bout.overrides, f"data.labelled={{{halves}}}", *length)
    ways = {"together": ()} | {one: tuple(other for other in bout.heads if other != one) for one in bout.heads}
    homes = {(way, seed): work / f"{bout.name}-{way}-{seed}" for seed in seeds for way in ways}
    for (way, seed), home in homes.items():
        left_out = [f"task.heads.{head}=null" for head in ways[way]]
        fit(bout.recipe, home, None, seed, *overrides, *left_out, go_on=go_on)
    rows: list[dict[str, Any]] = []
    for metric in (metric for metric in METRICS if metric.split("/")[1] in bout.heads):
        head = metric.split("/")[1]
        together, alone = ([measured(homes[way, seed])[metric] for seed in seeds] for way in ("together", head))
        gain = statistics.mean(together) - statistics.mean(alone)
        row = {"what": f"{bout.name}: {metric.removeprefix('test/')}, half of the labels"}
        row |= {"ours": spread(together), "peer": f"{spread(alone)} alone", "goal": "> alone"}
        rows.append({**row, "met": gain > 0, "gain": f"{gain:+.3f}"})
    together, alone = (
        sum(seconds(homes[way, seed]) for way in some for seed in seeds) for some in (["together"], bout.heads)
    )
    row = {"what": f"{bout.name}: seconds of training, {bout.epochs} epochs"}
    return [*rows, {**row, "ours": f"{together / len(seeds):.0f}", "peer": f"{alone / len(seeds):.0f} all alone"}]


def seconds(home: Path) -> float:
    """Return what a run's training took."""
    return float(json.loads((home / "training.json").read_text())["seconds"])


def main() -> None:
    """Measure, print, and write benchmarks/results/half_labels.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nuclei", type=Path)
    parser.add_argument("--only", choices=["digits", "nuclei"], help="train these alone, and write nothing")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--epochs", type=int, nargs=2, default=[24, 160], help="of digits and of nuclei")
    parser.add_argument("--go-on", action="store_true", help="keep the finished runs of --work")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/half_labels"))
    options = parser.parse_args()
    bouts = [Bout("digits", "multitask", ("label", "boxes", "mask"), options.epochs[0])]
    if options.nuclei:
        overrides = (f"data={options.nuclei}", "data.size=256", "data.batch=8")
        bouts.append(Bout("nuclei", str(HERE / "nuclei.yaml"), ("boxes", "mask"), options.epochs[1], overrides))
    chosen = [bout for bout in bouts if options.only in {None, bout.name}]
    rows = [row for bout in chosen for row in compare(bout, options.seeds, options.work, options.go_on)]
    if not options.only:
        write("half_labels", rows, machine=machine(), seeds=options.seeds, epochs=options.epochs)


if __name__ == "__main__":
    main()
