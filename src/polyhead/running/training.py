"""fit, validate and test: a resolved recipe or a checkpoint -> a trained or a measured model."""

import json
import logging
import shlex
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException  # where Lightning has it from
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from polyhead import checkpoints, ranks
from polyhead.cores import use_cores
from polyhead.errors import Stopped, UserError
from polyhead.files import find_checkpoint, json_text, write_text
from polyhead.memory import keep_memory
from polyhead.model import load_weights
from polyhead.recipes.build import check_values
from polyhead.recipes.resolving import resolve
from polyhead.recipes.signatures import options
from polyhead.recipes.start import without_start
from polyhead.running.afterwards import check_changes, only_of
from polyhead.running.building import (
    build_task,
    check_length,
    check_targets,
    load_data,
    say_slots,
    targets_of,
    with_labels,
)
from polyhead.running.callbacks import Stamp, keepers
from polyhead.running.continuation import LAST, Continuation
from polyhead.running.folder import close_run, new_run, open_run, reopen_run
from polyhead.running.holding import letting_go
from polyhead.running.other_names import MEASURING, Start, agreed, start_from
from polyhead.running.outcome import Outcome
from polyhead.running.pictures import draw_split
from polyhead.running.proving import gone_on, prove_still
from polyhead.running.reading import write_findings
from polyhead.running.starting import begun_from, task_of
from polyhead.running.stopwatch import Stopwatch
from polyhead.running.threads import settled
from polyhead.running.trainer import make_trainer, quiet
from polyhead.running.tuning import tuned

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule
    from polyhead.loading.molecule_module import MoleculeModule

Measured = Literal["val", "test"]
GONE = ("closed by peer", "reset by peer", "Broken pipe")
"""What gloo says of another process that has ended, by how far the talk with it was."""


@letting_go()
def fit(recipe: dict[str, Any], run: Path | None = None, resumed: bool = False, start: Start | None = None) -> Outcome:
    """Train, then test the best checkpoint, and draw what it sees.

    Everything is built before the run folder is made, and a folder without a checkpoint is taken away again, so that a
    mistake leaves nothing behind. Where there is no test split, the validation split is measured. Of several processes,
    the first one writes and draws.

    Args:
        recipe: As `recipes.resolve` returns it; `auto` in `task.lr` and `data.batch` is measured first.
        run: The folder to make; by default `runs/TASK/TIME`.
        resumed: Whether `run` is there already, and goes on from its `last.ckpt`.
        start: The checkpoint whose weights a new run starts from.

    Raises:
        UserError: If the recipe, or the data behind it, is wrong.
        Stopped: If Ctrl-C or SIGTERM ended the run; it can go on.
    """
    quiet()
    keep_memory()
    use_cores()
    check_values(recipe)
    check_length(recipe["trainer"])
    last = (run or Path()) / "checkpoints" / LAST
    before = checkpoints.read(last) if resumed else None
    pl.seed_everything(recipe["seed"], verbose=False)
    data = load_data(recipe)
    if start and (named := agreed(recipe, data.labels(), start)) is not recipe:
        recipe, data = named, load_data(named)
    recipe = with_labels(recipe, data)
    recipe = tuned(recipe, data, partial(task_of, recipe, start))
    say_slots(data)
    pl.seed_everything(recipe["seed"], verbose=False)  # whatever was tried before, the run is the same
    task = task_of(without_start(recipe) if before else recipe, start)
    data.suit(task.model.interpolation)
    check_targets(task, data)
    begun = begun_from(task, recipe, start, data) if start else gone_on(task, before, last)
    unread = task.has_unread(data.blank())  # and whatever else a first forward stumbles over, before a folder is there
    run = run or new_run(recipe["task"]["name"])
    kept = keepers(run / "checkpoints", {name: head.main for name, head in task.model.named_heads().items()})
    continuation = Continuation(run / "checkpoints")
    callbacks = [*kept, continuation, Stamp(without_start(lasting(recipe)), begun and begun.origin), Stopwatch(run)]
    if resumed and ranks.first():  # before loggers open the files of the run
        reopen_run(run, lasting(recipe), data.source.fingerprint())
        (run / "trust.json").unlink(missing_ok=True)  # what is promised there is of the checkpoint so far
    trainer = make_trainer(recipe, run, callbacks, step=before and before.step, unread=unread)
    if not resumed and ranks.first():
        open_run(run, lasting(recipe), data.source.fingerprint(), start.path if start else None)
        write_findings(run, data)
        data.write(run)
    train(trainer, task, data, run, last if resumed else None)
    run = Path(trainer.strategy.broadcast(str(run)))
    if continuation.stopped:
        raise stopped(run, continuation.stopped, task.progress)
    outcome = measure_best(task, data, recipe, run)
    if begun and ranks.first():
        prove_still(task, begun, data)
    return outcome


def train(trainer: pl.Trainer, task: Any, data: "DataModule", run: Path, last: Path | None) -> None:
    """Train, from the checkpoint `last` if there is one.

    Where that ends before anything was kept, by a mistake or at once after Ctrl-C, a new run's folder is taken away.
    """
    try:
        with enough_to_normalise(data), settled(task.model, data, run if trainer.world_size == 1 else None):
            trainer.fit(task, data, ckpt_path=last, weights_only=True)
    except MisconfigurationException as error:
        raise UserError(f"trainer: {' '.join(str(error).split())}") from error
    except RuntimeError as error:
        if trainer.world_size == 1 or not any(sign in str(error) for sign in GONE):
            raise
        if ranks.first():
            close_run(run)
        raise UserError("another process of this run ended early; what it said stands above") from error
    except (UserError, KeyboardInterrupt, SystemExit):
        if ranks.first():
            end_others(trainer)
            close_run(run)
        raise


@contextmanager
def enough_to_normalise(data: "DataModule") -> Iterator[None]:
    """Turn torch's refusal to normalise a single value into a UserError."""
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        height, width = data.size
        sides = f" and data.size={height if height == width else [height, width]}" if height else ""
        raise UserError(
            f"data.batch={data.batch}{sides} leave BatchNorm a single value a channel at the coarsest level; raise one"
            " of them, or take norm=group in task.backbone, where it has that"
        ) from error


def end_others(trainer: pl.Trainer) -> None:
    """End the processes that this one started: they would wait for it for ever."""
    launcher = trainer.strategy.launcher
    if isinstance(launcher, _SubprocessScriptLauncher):
        launcher.kill(signal.SIGTERM)


def stopped(run: Path, number: int, progress: float) -> Stopped:
    """Return what ends a run that a signal ended."""
    word = "interrupted" if number == signal.SIGINT else "terminated"
    return Stopped(f"{word} after {progress:.0%}; to go on: polyhead fit --resume {shlex.quote(str(run))}", number)


def measure_best(task: Any, data: "DataModule", recipe: dict[str, Any], run: Path) -> Outcome:
    """Measure the best checkpoint of a run, the last one of a run without validation; say so if there is no item."""
    split: Measured = "test" if data.source.size("test") else "val"
    if not data.source.size(split):
        logging.getLogger("polyhead").warning("nothing was tested: the data have neither a test nor a val split")
        return Outcome({}, run, None)
    load_weights(task.model, checkpoints.read(run).weights)
    outcome = measure(task, data, recipe, split, run)
    if data.noun == "molecule" and ranks.first():
        from polyhead.running.trust import measure_trust  # rdkit is behind it

        beside = measure_trust(task.model, targets_of(recipe), cast("MoleculeModule", data), split, run)
        outcome = outcome._replace(metrics={**outcome.metrics, **beside})
        write_text(json_text(outcome.metrics), run / f"{split}.json")
    return outcome


@letting_go()
def evaluate(
    checkpoint: Path,
    split: Measured,
    overrides: Iterable[str] = (),
    run: Path | None = None,
    labels: str | None = None,
) -> Outcome:
    """Measure a checkpoint on a split of its own data, or of others that `overrides` name, and draw what it sees.

    Args:
        checkpoint: A file, or a run folder, whose best one is taken.
        split: Which items.
        overrides: `key=value` on top of the checkpoint's own recipe.
        run: Where results and pictures go. By default that is the checkpoint's own run folder, or, where it has none or
            there are overrides, a new one.
        labels: "keep" measures data of other class names by those of the checkpoint; None: that stops it.

    Raises:
        UserError: If the checkpoint or the recipe is wrong, the data has other class names, or nothing to measure.
    """
    quiet()
    keep_memory()
    use_cores()
    file = find_checkpoint(checkpoint)
    start = start_from(checkpoint, labels, MEASURING)
    stored, changes = start.stored, list(overrides)
    check_changes(stored.recipe, changes)
    recipe = resolve(stored.recipe, changes).recipe
    recipe["task"] |= {"freeze": []} if "freeze" in recipe["task"] else {}  # nothing learns; what was still may be gone
    check_values(recipe)
    data = load_data(recipe)
    if (named := agreed(recipe, data.labels(), start, MEASURING)) is not recipe:
        recipe, data = named, load_data(named)
    recipe = with_labels(recipe, data)
    task = build_task(recipe)
    data.suit(task.model.interpolation)
    load_weights(task.model, only_of(recipe, stored.weights))
    if not data.source.size(split):
        raise UserError(f"the data {recipe['data']['name']!r} have no {split} split; take another split, or other data")
    home = file.parent.parent if (file.parent.parent / "recipe.yaml").is_file() and not changes else None
    return measure(task, data, recipe, split, run or home or new_run(f"{recipe['task']['name']}-{split}"))


def measure(task: Any, data: "DataModule", recipe: dict[str, Any], split: Measured, run: Path) -> Outcome:
    """Measure a task on a split; the first rank writes `SPLIT.json` and the pictures into a run folder."""
    trainer = make_trainer({**recipe, "trainer": {**recipe["trainer"], "logger": False, "callbacks": None}}, run, [])
    found = trainer.test(task, data, verbose=False) if split == "test" else trainer.validate(task, data, verbose=False)
    metrics = {name: float(value) for part in found for name, value in part.items()}
    if not ranks.first():
        return Outcome(metrics, run, None)
    write_text(json_text({**of_baseline(run / f"{split}.json"), **metrics}), run / f"{split}.json")
    return Outcome(metrics, run, draw_split(task.model, targets_of(recipe), data, split, run / "pictures"))


def of_baseline(file: Path) -> dict[str, Any]:
    """Return what a file of metrics says of a baseline, which another look at the model does not change."""
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {name: value for name, value in known.items() if "/forest/" in name}


def lasting(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe without the trainer's options that are as Lightning has them: its next version may not."""
    usual = {name: option.default for name, option in options("trainer").items()}
    kept = {key: value for key, value in recipe["trainer"].items() if key not in usual or value != usual[key]}
    return {**recipe, "trainer": kept}
