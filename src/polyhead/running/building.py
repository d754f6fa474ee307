"""From a resolved recipe to its data and its task, and whether they fit each other."""

import logging
from collections.abc import Container
from inspect import signature
from typing import TYPE_CHECKING, Any

import torch

from polyhead.contracts import Head
from polyhead.errors import UserError
from polyhead.loading.source import SPLITS
from polyhead.loading.turns import slots
from polyhead.model import target_of
from polyhead.ops.censored import Censored
from polyhead.recipes.build import build
from polyhead.running.reading import read_data

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule

CLASS, NUMBERS = "one class", "numbers, or several classes"
WHOLE = (CLASS, NUMBERS)
"""The forms of targets that say something of a whole item, and not of places in it."""


def load_data(recipe: dict[str, Any]) -> "DataModule":
    """Return the data of a recipe, loading the targets that its heads learn, and say what was found and left out."""
    node = recipe["data"]
    if recipe["task"].get("teacher") and node.get("unlabelled", "auto") == "auto":
        node = {**node, "unlabelled": "read"}
    data = read_data(node, tuple(dict.fromkeys(targets_of(recipe).values())), recipe["seed"])
    for note in data.source.notes():
        logging.getLogger("polyhead").warning(note)
    return data


def say_slots(data: "DataModule") -> None:
    """Say how many items of each source a batch has, where there are several; shares are met as near as slots can.

    Raises:
        UserError: If a batch has fewer items than there are sources.
    """
    parts = data.parts
    if len(parts) > 1:
        given = [f"{count} of {part.name}" for part, count in zip(parts, slots(parts, data.batch), strict=True)]
        logging.getLogger("polyhead").warning("data.sources: each batch of %d has %s", data.batch, ", ".join(given))
    names = {part.name for part in parts}
    elsewhere = dict.fromkeys(part.name for split in SPLITS for part in data.source.parts(split))
    if idle := [name for name in elsewhere if name and name not in names]:
        logging.getLogger("polyhead").warning("data.sources: no training image is read of %s", ", ".join(idle))


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


def check_targets(task: Any, data: "DataModule") -> None:
    """Check that each head can learn its target as the data give it, on the first batch that carries it.

    Raises:
        UserError: If a list of dicts stands where a tensor should, a map of pixels where none should, or numbers where
            a class should, or vice versa; if boxes have no masks, and the head learns these; if no training image
            carries the target, and the head would learn nothing; if images are blended, and it cannot learn from such;
            or if an augmentation moves things, and its target not with them.
    """
    for name, head in task.model.named_heads().items():
        where, target = f"task.heads.{name}", task.targets[name]
        given = next(iter(data.examples(target)), None)
        if data.mix and not head.mixes:
            raise UserError(
                f"{where}: data.mix blends two images into one, and this head cannot learn from such; set"
                f" data.mix=none, or leave the head out with {where}=null"
            )
        if given is None and data.offered:
            raise UserError(
                f"{where}: no training {data.noun} carries the target {target!r}; label some, or leave the head out"
                f" with {where}=null"
            )
        if given is not None:
            check_limit(where, target, head, data)
            taken = head.example_targets(1, data.size, torch.Generator())
            check_form(where, target, given, taken, signature(type(head)).parameters)
            check_moves(where, target, given, data)


def check_limit(where: str, target: str, head: Head[Any, Any, Any], data: "DataModule") -> None:
    """Say where a head would be measured by classes that a source does not label."""
    parts = [part.name for part in data.parts if target in part.known]
    if parts and type(head).limit is Head.limit:
        logging.getLogger("polyhead").warning(
            "%s: has no `limit`, so what it finds of classes that %s does not label counts as wrong", where, parts[0]
        )


def check_form(where: str, target: str, given: Any, taken: Any, options: Container[str] = ()) -> None:
    """Raise where the targets `given` have another form than those that a head takes.

    Args:
        where: The head's dotted key.
        target: Its target.
        given: Collated targets of the data.
        taken: Such as the head learns.
        options: The head's.
    """
    if form(given) == form(taken) and not parts(taken) - parts(given):
        return
    cure = ""
    if {form(given), form(taken)} == set(WHOLE) and "multilabel" in options:
        meant = "true for several classes" if form(given) == NUMBERS else "false for one class"
        cure = f"set {where}.multilabel={meant}, or "
    raise UserError(
        f"{where}: the target {target!r} is {told(given)}, and this head learns {told(taken)}; {cure}choose another"
        f" with {where}.target"
    )


def check_moves(where: str, target: str, given: Any, data: "DataModule") -> None:
    """Raise where an augmentation moves what is in an image, and targets that have places stay where they were.

    A target of the whole image keeps images out of mosaics, which is said to who asked for them.
    """
    turning = next((augment.image_only for augment in data.augments if augment.image_only), "")
    if form(given) not in WHOLE and turning:
        raise UserError(
            f"{where}: the augmentation {turning!r} moves an image and not its target {target!r},"
            f" {form(given)}; take some that move both, such as random_affine and color_jitter, in data.augment"
        )
    if form(given) in WHOLE and any(augment.mosaic for augment in data.augments) and not data.by_default:
        logging.getLogger("polyhead").warning(
            "data.augment: images with %r, which is of the whole image, stay out of mosaics", target
        )


def form(targets: Any) -> str:
    """Return in words what form collated targets have."""
    targets = targets.values if isinstance(targets, Censored) else targets
    if not isinstance(targets, torch.Tensor):
        return "a list of boxes or the like"
    if targets.ndim > 2:
        return "a map of pixels"
    return NUMBERS if targets.is_floating_point() else CLASS


def parts(targets: Any) -> set[str]:
    """Return the keys of the first item of collated targets that are a list of dicts; of others none."""
    return set(targets[0]) if isinstance(targets, list) else set()


def told(targets: Any) -> str:
    """Return in words what form collated targets have, and of a list of what."""
    held = f" ({', '.join(sorted(parts(targets)))})" if parts(targets) else ""
    return form(targets) + held


def check_length(trainer: dict[str, Any]) -> None:
    """Check that a run has an end.

    Raises:
        UserError: If no limit is set.
    """
    if str(trainer.get("max_time")) == "00:00:00:00":
        raise UserError("trainer.max_time is zero; it takes days:hours:minutes:seconds, such as 00:00:10:00")
    if trainer.get("max_epochs") == -1 and trainer.get("max_steps", -1) == -1 and not trainer.get("max_time"):
        raise UserError("trainer.max_epochs=-1 has no end without trainer.max_time or max_steps; set one of the three")
