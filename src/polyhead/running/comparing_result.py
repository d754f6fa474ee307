"""What the runs of a comparison say together."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from polyhead import checkpoints
from polyhead.cost import WHOLE, Cost, cost_of_recipe, example_inputs
from polyhead.model import build_model
from polyhead.running.comparing_advice import Expense, Scores, advice
from polyhead.running.comparing_costs import forwards
from polyhead.running.comparing_plan import Planned
from polyhead.running.stopwatch import TRAINING

GROUPS: Final = ("heads", "costs", "parts")


class Comparison(NamedTuple):
    """What was compared, and what came of it.

    Attributes:
        folder: Where the runs, `compare.json` and `compare.png` stand.
        steps: Of the optimiser, that each run took.
        seeds: Of the runs.
        split: The one that was measured, "test" or "val".
        batch: Images of a forward that was timed, and of a training step.
        heads: What each head reached.
        costs: What each network costs, by its name: `alone-HEAD`, `together`, `frozen`.
        parts: What each part of the joint network costs.
        metrics: Everything that was measured of each run, by its folder's name.
        advice: What follows, in sentences.
    """

    folder: Path
    steps: int
    seeds: list[int]
    split: str
    batch: int
    heads: dict[str, Scores]
    costs: dict[str, Expense]
    parts: dict[str, Cost]
    metrics: dict[str, dict[str, float]]
    advice: list[str]

    def plain(self) -> dict[str, Any]:
        """Return the same as plain data."""
        groups = {name: {key: one._asdict() for key, one in getattr(self, name).items()} for name in GROUPS}
        return {**self._asdict(), **groups, "folder": str(self.folder)}


def split_of(run: Path) -> str | None:
    """Return the split that a run was measured on; None if it was not."""
    return next((split for split in ("test", "val") if (run / f"{split}.json").is_file()), None)


def told(run: Path, file: str) -> dict[str, Any]:
    """Return what a file of a run holds."""
    found: dict[str, Any] = json.loads((run / file).read_text(encoding="utf-8"))
    return found


def gathered(plans: Sequence[Planned], folder: Path, steps: int, seeds: list[int]) -> Comparison:
    """Return what all runs of a comparison say together; the networks' costs are measured now."""
    recipe, split = plans[0].recipe, split_of(folder / plans[0].folder) or "test"
    metrics = {plan.folder: told(folder / plan.folder, f"{split}.json") for plan in plans}
    joint = build_model(checkpoints.read(folder / plans[0].folder).recipe["task"])
    heads = {name: scores_of(name, head.main, plans, metrics, split) for name, head in joint.named_heads().items()}
    networks = {plan.name: folder / plan.folder for plan in plans if plan.recipe["seed"] == seeds[0]}
    parts = {name: cost_of_recipe(checkpoints.read(run).recipe) for name, run in networks.items()}
    alike = {name: run for name, run in networks.items() if name != "frozen"}  # the joint network once more
    batch = recipe["data"]["batch"]
    times = forwards(alike, example_inputs(recipe, batch))
    names = [*(name for name in networks if name.startswith("alone-")), "together", "frozen"]
    costs = {
        name: expense(name, parts[name][WHOLE], times.get(name, times["together"]), plans, folder) for name in names
    }
    return Comparison(
        folder, steps, seeds, split, batch, heads, costs, parts["together"], metrics, advice(heads, costs)
    )


def scores_of(
    name: str, main: str, plans: Sequence[Planned], metrics: Mapping[str, dict[str, float]], split: str
) -> Scores:
    """Return what a head reached in all runs that have it."""
    key = f"{split}/{name}/{main}"
    having = [plan for plan in plans if name in plan.recipe["task"]["heads"]]
    reached = {
        setting: [number(metrics[plan.folder].get(key)) for plan in having if plan.setting == setting]
        for setting in ("alone", "together", "frozen")
    }
    return Scores(main, **reached)


def number(value: float | None) -> float:
    """Return a number that JSON held; null is not a number."""
    return float("nan") if value is None else float(value)


def expense(name: str, cost: Cost, milliseconds: float, plans: Sequence[Planned], folder: Path) -> Expense:
    """Return what a network costs, with the training of each seed."""
    trained = [told(folder / plan.folder, TRAINING) for plan in plans if plan.name == name]
    seconds = [float(one["seconds"]) for one in trained]
    speed = [one["images"] / max(one["seconds"], 1e-9) for one in trained]
    return Expense(cost.parameters, cost.flops, milliseconds, seconds, speed)
