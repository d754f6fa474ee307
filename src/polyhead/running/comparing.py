"""compare: each head alone, all together, and all on a frozen backbone, at equal steps and seeds."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polyhead import checkpoints
from polyhead.cores import use_cores
from polyhead.errors import Stopped, UserError
from polyhead.files import json_text, write_text
from polyhead.memory import keep_memory
from polyhead.recipes.resolving import resolve
from polyhead.running import training
from polyhead.running.comparing_plan import (
    BACKBONE,
    Planned,
    check_seeds,
    check_several,
    of_one_seed,
    planned,
    with_batch,
    with_steps,
)
from polyhead.running.comparing_plot import draw
from polyhead.running.comparing_result import Comparison, gathered, split_of, told
from polyhead.running.continuation import LAST
from polyhead.running.folder import new_run
from polyhead.running.other_names import Start, start_from
from polyhead.running.resuming import MACHINE, PLACE, as_found, flat, shown
from polyhead.running.stopwatch import TRAINING
from polyhead.running.trainer import are_several

RESULT, PLOT = "compare.json", "compare.png"
MAY = ("data.workers", *(f"trainer.{name}" for name in MACHINE))
"""What runs that are there already may have had otherwise, beside where their data were."""


def compare(
    recipe: dict[str, Any], folder: Path | None = None, steps: int | None = None, seeds: Sequence[int] = ()
) -> Comparison:
    """Train each head of a recipe alone, all together, and all on the joint run's backbone, frozen; say what follows.

    Each run is an ordinary one in a folder of its own, and one that is there already is not made again: who was
    interrupted, or mended a mistake, goes on in the same folder.

    Args:
        recipe: Complete, with two heads or more.
        folder: Where everything goes; by default `runs/compare-TASK/TIME`.
        steps: Of every run. By default the first joint run is as long as the recipe says, and the others take as many.
        seeds: Of the runs, one of each kind for each seed; by default the recipe's own.

    Raises:
        UserError: If the recipe has one head or several processes, is wrong otherwise, or the folder holds other runs.
        Stopped: If Ctrl-C or SIGTERM ended a run.
    """
    keep_memory()
    use_cores()
    check_several(recipe)
    check_seeds(seeds)
    if are_several(recipe["trainer"]):
        raise UserError("compare makes its runs with one process each; leave trainer.devices, num_nodes and torchrun")
    folder = folder or new_run(f"compare-{recipe['task']['name']}")
    chosen = list(seeds or [recipe["seed"]])
    first = of_one_seed({**(with_steps(recipe, steps) if steps else recipe), "seed": chosen[0]})[0]
    make(first, folder)
    found = resolve(folder / first.folder).recipe  # where the recipe says `auto`, all take what the first one found
    taken = told(folder / first.folder, TRAINING)["steps"]
    plans = planned(with_batch(with_steps(recipe, taken), found["data"]["batch"]), chosen)
    for plan in plans[1:]:
        make(plan, folder)
    comparison = gathered(plans, folder, taken, chosen)
    write_text(json_text(comparison.plain()), folder / RESULT)
    if not draw(comparison.heads, comparison.costs, folder / PLOT):
        logging.getLogger("polyhead").warning("no plot: it takes matplotlib; pip install 'polyhead[plots]'")
    return comparison


def make(plan: Planned, folder: Path) -> None:
    """Make one run of a comparison, or go on with it; if it is whole already, leave it.

    Raises:
        UserError: If another run stands in its place, or there is nothing to measure.
        Stopped: As `fit`.
    """
    run, recipe = folder / plan.folder, plan.recipe
    begun = (run / "checkpoints" / LAST).is_file()
    if begun:
        recipe = same(run, recipe)
    if is_whole(run):
        return
    start = None if begun or plan.setting != "frozen" else backbone_of(folder / f"together-{recipe['seed']}")
    logging.getLogger("polyhead").warning("compare: %s", run)
    try:
        outcome = training.fit(recipe, run, resumed=begun, start=start)
    except Stopped as stop:
        line = f"stopped in {run}; to go on, give the same command with --run {folder}"
        raise Stopped(line, stop.signal) from stop
    if not outcome.metrics:
        raise UserError("the data have neither a test nor a val split, and there is nothing to compare by")


def is_whole(run: Path) -> bool:
    """Return whether a run was trained and measured."""
    return (run / TRAINING).is_file() and split_of(run) is not None


def same(run: Path, recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe of a run that began already, with what it found by itself.

    Raises:
        UserError: If it began with another recipe.
    """
    before = resolve(run).recipe
    after = as_found(recipe, before)
    old, new = dict(flat(before)), dict(flat(after))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key) and key not in MAY and not PLACE.fullmatch(key):
            raise UserError(
                f"{run} is there already, with {key} {shown(old, key)}, and is to have {shown(new, key)}; take another"
                " folder with --run, or delete this one"
            )
    return after


def backbone_of(run: Path) -> Start:
    """Return a start from the backbone of a run, and from none of its heads."""
    start = start_from(run, None)
    task = {**start.stored.recipe["task"], "heads": {}}
    weights = {name: value for name, value in start.stored.weights.items() if name.startswith(f"{BACKBONE}.")}
    return start._replace(stored=checkpoints.Checkpoint({**start.stored.recipe, "task": task}, weights, 0))
