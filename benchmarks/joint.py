"""Heads together beside each alone: what is lost, and what is saved, in training and in prediction.

    python benchmarks/joint.py [--nuclei FOLDER] [--seeds 0 1 2] [--seconds 200]

Three heads on digits (recipes `multitask` beside `classification`, `detection`, `segmentation`), and with --nuclei
boxes and masks of a part of BBBC038. A single run trains for so many seconds, the joint one for the share of
their sum that the goal allows; then test metrics are compared, and the time of one forward in evaluation.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

import polyhead
from _ours import METRICS, fit, measured, spread
from _results import machine, write
from polyhead.memory import keep_memory
from polyhead.model import Model
from polyhead.precision import automatic

HERE = Path(__file__).parent


class Bout(NamedTuple):
    """One comparison.

    Attributes:
        name: What it is called in the table.
        joint: The joint recipe.
        singles: The recipe of each head alone, by the head's main metric in test.json.
        share: What the joint run may cost of the single ones' sum.
        overrides: key=value for all of them.
    """

    name: str
    joint: str
    singles: dict[str, str]
    share: float
    overrides: tuple[str, ...] = ()


@torch.inference_mode()
def forward_share(joint: Model, singles: Sequence[Model], size: int, batch: int = 16, rounds: int = 30) -> float:
    """Return the median time of the joint network's forward as a share of the single ones' sum, taking turns."""
    bf16 = automatic("cpu").startswith("bf16")
    networks, times = [joint, *singles], [[] for _ in range(1 + len(singles))]
    images = torch.rand(batch, 3, size, size).to(memory_format=torch.channels_last)
    for round_ in range(rounds + 3):
        for network, taken in zip(networks, times, strict=True):
            start = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                network(images)
            if round_ >= 3:  # the first ones compile kernels and warm caches
                taken.append(time.perf_counter() - start)
    medians = [statistics.median(taken) for taken in times]
    return medians[0] / sum(medians[1:])


def compare(bout: Bout, seconds: float, seeds: Sequence[int], work: Path, go_on: bool) -> list[dict[str, Any]]:
    """Return the rows of a comparison: one a metric, and one of what a forward costs."""
    budget = bout.share * seconds * len(bout.singles)
    alone: dict[str, list[float]] = {metric: [] for metric in bout.singles}
    together: dict[str, list[float]] = {metric: [] for metric in bout.singles}
    homes = {}
    for seed in seeds:
        homes[bout.joint] = work / f"{bout.name}-joint-{seed}"
        fit(bout.joint, homes[bout.joint], budget, seed, *bout.overrides, go_on=go_on)
        for metric, recipe in bout.singles.items():
            together[metric].append(measured(homes[bout.joint])[metric])
            homes[recipe] = work / f"{bout.name}-{recipe}-{seed}"
            fit(recipe, homes[recipe], seconds, seed, *bout.overrides, go_on=go_on)
            alone[metric].append(measured(homes[recipe])[metric])
    rows: list[dict[str, Any]] = []
    for metric in bout.singles:
        share = statistics.mean(together[metric]) / statistics.mean(alone[metric])
        row = {"what": f"{bout.name}: {metric.removeprefix('test/')}, joint, {bout.share:.0%} of the training time"}
        row |= {"ours": spread(together[metric]), "peer": f"{spread(alone[metric])} alone", "goal": ">= 98 %"}
        rows.append({**row, "met": share >= 0.98, "ratio": round(share, 3)})
    models = {recipe: polyhead.load(home) for recipe, home in homes.items()}
    size = models[bout.joint].size
    single = [models[recipe].model for recipe in bout.singles.values()]
    share = forward_share(models[bout.joint].model, single, size if isinstance(size, int) else size[0])
    row = {"what": f"{bout.name}: one joint forward", "ours": f"{share:.0%}", "peer": "100 % of the single ones"}
    return [*rows, {**row, "goal": f"<= {bout.share:.0%}", "met": share <= bout.share, "ratio": round(share, 3)}]


def main() -> None:
    """Measure, print, and write benchmarks/results/joint.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nuclei", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=200.0, help="of a single run's training")
    parser.add_argument("--go-on", action="store_true", help="keep the finished runs of --work")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/joint"))
    options = parser.parse_args()
    keep_memory()
    bouts = [Bout("digits", "multitask", METRICS, 0.45)]
    if options.nuclei:
        singles = {metric: recipe for metric, recipe in METRICS.items() if recipe != "classification"}
        overrides = (f"data={options.nuclei}", "data.size=256")
        bouts.append(Bout("nuclei", str(HERE / "nuclei.yaml"), singles, 0.60, overrides))
    settings = (options.seconds, options.seeds, options.work, options.go_on)
    rows = [row for bout in bouts for row in compare(bout, *settings)]
    write("joint", rows, machine=machine(), seconds=options.seconds, seeds=options.seeds)


if __name__ == "__main__":
    main()
