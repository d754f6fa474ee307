"""Checkpoints: plain data, which load with `weights_only=True` and need nothing else to predict."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from polyhead.errors import UserError
from polyhead.files import find_checkpoint

FORMAT = 1
"""Version of what stands under the key "polyhead"; readers refuse a later one."""
PREFIX = "model."
HEAD = "polyhead_head"
"""The key that marks a file of one head, which `polyhead.swapping` reads."""


class Origin(NamedTuple):
    """Where a run took weights from.

    Attributes:
        path: The run folder or checkpoint that was named.
        parts: What it filled: `backbone`, `heads.NAME`.
        still: By name, the digest of the weights of those that do not learn: the backbone, and heads on it.
    """

    path: str
    parts: tuple[str, ...]
    still: dict[str, str]


class Checkpoint(NamedTuple):
    """What a checkpoint holds of the model.

    Attributes:
        recipe: The resolved recipe, class names included.
        weights: The state dict of the Model (averaged, where training averages).
        step: Steps of the optimiser until then.
        origin: Where its run took weights from; None: it started anew.
    """

    recipe: dict[str, Any]
    weights: dict[str, Tensor]
    step: int
    origin: Origin | None = None


def stamp(recipe: dict[str, Any], origin: Origin | None = None) -> dict[str, Any]:
    """Return what is stored beside Lightning's own keys."""
    begun = {"from": {**origin._asdict(), "parts": list(origin.parts)}} if origin else {}
    return {"format": FORMAT, "recipe": recipe, **begun}


def read(path: Path) -> Checkpoint:
    """Return the checkpoint at `path`, a file or a run folder, on the CPU.

    Raises:
        UserError: If it is missing, no checkpoint, none of polyhead's, or of a later format.
    """
    file = find_checkpoint(path)
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the bytes of another file make torch stumble over
        reason = str(error).partition("\n")[0][:100]
        raise UserError(f"{file} is no checkpoint, or a broken one; take a file that `fit` wrote ({reason})") from error
    if isinstance(stored, dict) and HEAD in stored:
        raise UserError(f"{file} holds one head and no backbone; put it into a checkpoint: polyhead heads --put")
    if not _is_ours(stored):
        raise UserError(f"{file} is a checkpoint of another program; take one that `polyhead fit` wrote")
    if stored["polyhead"]["format"] > FORMAT:
        raise UserError(
            f"{file} has format {stored['polyhead']['format']}, and this version reads up to {FORMAT}: update polyhead"
        )
    weights = {
        name.removeprefix(PREFIX): value for name, value in stored["state_dict"].items() if name.startswith(PREFIX)
    }
    begun = stored["polyhead"].get("from")
    origin = Origin(begun["path"], tuple(begun["parts"]), begun["still"]) if begun else None
    return Checkpoint(stored["polyhead"]["recipe"], weights, int(stored.get("global_step", 0)), origin)


def write(held: Checkpoint, path: Path) -> None:
    """Write a checkpoint that answers as `held` does; it has no state of an optimiser, so that no run goes on from it.

    Raises:
        UserError: If it cannot be written.
    """
    weights = {f"{PREFIX}{name}": value for name, value in held.weights.items()}
    store({"polyhead": stamp(held.recipe), "state_dict": weights, "global_step": held.step}, path)


def store(held: dict[str, Any], path: Path) -> None:
    """Write plain data under another name, and give the file its own once every byte is on the disk; folders are made.

    Raises:
        UserError: If it cannot be written; what was there before stays.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            torch.save(held, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except (OSError, RuntimeError) as error:  # torch says RuntimeError where the disk is full
        beside.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise UserError(f"{path} cannot be written: {reason}") from error


def part_of(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the weights whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def _is_ours(stored: Any) -> bool:
    mark = stored.get("polyhead") if isinstance(stored, dict) else None
    return isinstance(mark, dict) and {"format", "recipe"} <= mark.keys() and isinstance(stored.get("state_dict"), dict)
