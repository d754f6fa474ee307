"""fit, validate and test: a resolved recipe or a checkpoint -> a trained or a measured model."""

import logging
import warnings
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytorch_lightning as pl
import torch

from polyhead import checkpoints
from polyhead.errors import UserError
from polyhead.files import json_text, write_text
from polyhead.memory import keep_memory
from polyhead.model import load_weights, target_of
from polyhead.precision import automatic
from polyhead.recipes.build import build, build_data, build_trainer, check_values
from polyhead.recipes.resolving import resolve
from polyhead.recipes.signatures import options
from polyhead.running.callbacks import Bar, Stamp, keepers
from polyhead.running.folder import close_run, new_run, open_run
from polyhead.running.outcome import Outcome
from polyhead.running.pace import Pace
from polyhead.running.parts import run_callbacks, run_loggers
from polyhead.running.pictures import draw_split

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule

Measured = Literal["val", "test"]


def fit(recipe: dict[str, Any], run: Path | None = None) -> Outcome:
    """Train, then test the best checkpoint, and draw what it sees.

    Everything is built before the run folder is made, and a folder without a checkpoint is taken away again, so that a
    mistake leaves nothing behind. Where there is no test split, the validation split is measured.

    Args:
        recipe: As `recipes.resolve` returns it.
        run: The folder to make; by default `runs/TASK/TIME`.

    Raises:
        UserError: If the recipe, or the data behind it, is wrong.
    """
    quiet()
    keep_memory()
    check_values(recipe)
    check_length(recipe["trainer"])
    run = run or new_run(recipe["task"]["name"])
    pl.seed_everything(recipe["seed"], verbose=False)
    data = load_data(recipe)
    recipe = with_labels(recipe, data)
    task = build_task(recipe)
    check_targets(task, data)
    kept = keepers(run / "checkpoints", {name: head.main for name, head in task.model.named_heads().items()})
    trainer = make_trainer(recipe, run, [*kept, Stamp(without_start(lasting(recipe)))])
    open_run(run, lasting(recipe), data.source.fingerprint())
    try:
        trainer.fit(task, data)
    except UserError:
        close_run(run)
        raise
    return measure_best(task, data, recipe, run)


def measure_best(task: Any, data: "DataModule", recipe: dict[str, Any], run: Path) -> Outcome:
    """Measure the best checkpoint of a run; where nothing was kept or is to be measured, say so."""
    split: Measured = "test" if data.source.size("test") else "val"
    best = run / "checkpoints" / "best.ckpt"
    if not best.is_file() or not data.source.size(split):
        logging.getLogger("polyhead").warning("nothing was tested: no checkpoint was kept, or the data have no test")
        return Outcome({}, run, None)
    load_weights(task.model, checkpoints.read(best).weights)
    return measure(task, data, recipe, split, run)


def evaluate(checkpoint: Path, split: Measured, overrides: Iterable[str] = (), run: Path | None = None) -> Outcome:
    """Measure a checkpoint on a split of its own data, or of others that `overrides` name, and draw what it sees.

    Args:
        checkpoint: A file, or a run folder, whose best one is taken.
        split: Which items.
        overrides: `key=value` on top of the checkpoint's own recipe.
        run: Where results and pictures go. By default that is the checkpoint's own run folder, or, where it has none or
            there are overrides, a new one.

    Raises:
        UserError: If the checkpoint or the recipe is wrong, the data has other class names, or nothing to measure.
    """
    quiet()
    keep_memory()
    file = checkpoints.locate(checkpoint)
    stored = checkpoints.read(file)
    changes = list(overrides)
    for change in changes:
        if not change.startswith(("data", "trainer.", "seed")):
            raise UserError(f"{change}: what is trained already stays as it is; only data, trainer and seed may change")
    recipe = resolve(stored.recipe, changes).recipe
    check_values(recipe)
    data = load_data(recipe)
    recipe = with_labels(recipe, data)
    task = build_task(recipe)
    load_weights(task.model, stored.weights)
    if not data.source.size(split):
        raise UserError(f"the data {recipe['data']['name']!r} have no {split} split; take another split, or other data")
    home = file.parent.parent if (file.parent.parent / "recipe.yaml").is_file() and not changes else None
    return measure(task, data, recipe, split, run or home or new_run(f"{recipe['task']['name']}-{split}"))


def measure(task: Any, data: "DataModule", recipe: dict[str, Any], split: Measured, run: Path) -> Outcome:
    """Measure a task on a split, and write `SPLIT.json` and the pictures into a run folder."""
    trainer = make_trainer({**recipe, "trainer": {**recipe["trainer"], "logger": False, "callbacks": None}}, run, [])
    found = trainer.test(task, data, verbose=False) if split == "test" else trainer.validate(task, data, verbose=False)
    metrics = {name: float(value) for part in found for name, value in part.items()}
    write_text(json_text(metrics), run / f"{split}.json")
    return Outcome(metrics, run, draw_split(task.model, targets_of(recipe), data, split, run / "pictures"))


def check_targets(task: Any, data: "DataModule") -> None:
    """Check that each head's target has the form that the head takes, on the first batch that carries it.

    Raises:
        UserError: If a list of dicts stands where a tensor should, or a map of pixels where none should, or vice versa.
    """
    for name, head in task.model.named_heads().items():
        given = next(iter(data.examples(task.targets[name])), None)
        taken = head.example_targets(1, data.size, torch.Generator())
        if given is not None and form(given) != form(taken):
            raise UserError(
                f"task.heads.{name}: the target {task.targets[name]!r} is {form(given)}, and this head learns"
                f" {form(taken)}; choose another with task.heads.{name}.target"
            )


def form(targets: Any) -> str:
    """Return in words what form collated targets have."""
    if not isinstance(targets, torch.Tensor):
        return "a list of boxes or the like"
    return "a map of pixels" if targets.ndim > 2 else "one class or number, or several"


def check_length(trainer: dict[str, Any]) -> None:
    """Check that a run has an end.

    Raises:
        UserError: If no limit is set.
    """
    if str(trainer.get("max_time")) == "00:00:00:00":
        raise UserError("trainer.max_time is zero; it takes days:hours:minutes:seconds, such as 00:00:10:00")
    if trainer.get("max_epochs") == -1 and trainer.get("max_steps", -1) == -1 and not trainer.get("max_time"):
        raise UserError("trainer.max_epochs=-1 has no end without trainer.max_time or max_steps; set one of the three")


def lasting(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe without the trainer's options that are as Lightning has them: its next version may not."""
    usual = {name: option.default for name, option in options("trainer").items()}
    kept = {key: value for key, value in recipe["trainer"].items() if key not in usual or value != usual[key]}
    return {**recipe, "trainer": kept}


def without_start(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe as a checkpoint keeps it: it brings the weights, so that no body fetches pretrained ones."""
    kept = deepcopy(recipe)
    node = kept["task"]["backbone"]
    while isinstance(node, dict):
        node.update({"pretrained": False} if "pretrained" in node else {})
        node = node.get("body")
    return kept


def load_data(recipe: dict[str, Any]) -> "DataModule":
    """Return the data of a recipe, loading the targets that its heads learn, and say what was found and left out."""
    data = build_data(recipe["data"], tuple(dict.fromkeys(targets_of(recipe).values())), recipe["seed"])
    for note in data.source.notes():
        logging.getLogger("polyhead").warning(note)
    return data


def targets_of(recipe: dict[str, Any]) -> dict[str, str]:
    """Return the target of each head of a recipe, by the head's name."""
    return {name: target_of(name, node) for name, node in recipe["task"]["heads"].items()}


def with_labels(recipe: dict[str, Any], data: "DataModule") -> dict[str, Any]:
    """Return the recipe with the data's class names in it.

    Raises:
        UserError: If it already has other ones.
    """
    found = {target: list(names) for target, names in data.labels().items()}
    for target, names in (recipe["task"].get("labels") or {}).items():
        if target in found and list(names) != found[target]:
            raise UserError(
                f"class names of {target!r} differ: the recipe or checkpoint has {', '.join(names)}; the data have"
                f" {', '.join(found[target])}; take the data it was trained on, or train anew"
            )
    return {**recipe, "task": {**recipe["task"], "labels": found}}


def build_task(recipe: dict[str, Any]) -> Any:
    """Return the LightningModule of a recipe that has its class names."""
    node = recipe["task"]
    labels = {target: tuple(names) for target, names in node["labels"].items()}
    return build("tasks", node, "task", backbone=node["backbone"], heads=node["heads"], labels=labels)


def make_trainer(recipe: dict[str, Any], run: Path, callbacks: list[pl.Callback]) -> pl.Trainer:
    """Return Lightning's Trainer, logging into the run folder.

    Raises:
        UserError: If an option does not fit, or several processes are asked for.
    """
    node = dict(recipe["trainer"])
    shown = node.get("enable_progress_bar") is not False
    given: dict[str, Any] = {
        "default_root_dir": run,
        "callbacks": [*callbacks, *run_callbacks(node.get("callbacks")), *([Bar()] if shown else [])],
        "logger": run_loggers(node.get("logger"), run),
        "enable_model_summary": bool(node.get("enable_model_summary")),
    }
    if node.get("val_check_interval") is None and node.get("check_val_every_n_epoch") == 1:
        given["callbacks"].insert(0, Pace())
    if node.get("precision") in {None, "auto"}:
        given["precision"] = automatic(str(node.get("accelerator", "auto")))
    if node.get("devices") in {None, "auto"}:
        given["devices"] = 1
    trainer = build_trainer(node, **given)
    if trainer.world_size > 1:
        raise UserError("trainer.devices and num_nodes: runs of several processes are not there yet; set both to 1")
    return trainer


KNOWN = (
    "Experiment logs directory",  # it is the run folder, which already holds the recipe
    "Checkpoint directory",  # as above
    "module.s. in eval mode at the start of training",  # parts that task.freeze names
    "the logging interval",  # of short epochs, whose numbers are logged at their end
    "does not have many workers",  # data.workers chooses
)


def quiet() -> None:
    """Leave out what Lightning says of hardware that is not there, and its warnings of what is so on purpose."""
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in KNOWN:
        warnings.filterwarnings("ignore", f".*{message}")
    warnings.filterwarnings("ignore", ".*LeafSpec", FutureWarning)  # Lightning's own call, with torch >= 2.13
