"""Which run goes on, and what may be different about it than before."""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from polyhead import ranks
from polyhead.errors import UserError
from polyhead.recipes.resolving import Resolved, resolve
from polyhead.running.holding import check_ended

LENGTH: Final = ("max_epochs", "min_epochs", "max_steps", "min_steps", "max_time")
MACHINE: Final = (
    "accelerator",
    "devices",
    "num_nodes",
    "strategy",
    "enable_progress_bar",
    "logger",
    "log_every_n_steps",
)
PLACE: Final = re.compile(r"data\.(sources\.[^.]+\.)?root")
"""Keys of where data are: those of another machine may lie elsewhere, as long as they are the same."""
MAY: Final = ("data.workers", *(f"trainer.{name}" for name in (*LENGTH, *MACHINE)))
"""What a run that goes on may have otherwise than before: its length, and the machine that it is on."""
FOUND: Final = (("task", "lr"), ("data", "batch"))
"""Options for which `auto` stands for a number that the run found when it began."""


def taken_up(run: Path, recipe: str | None, overrides: Sequence[str]) -> Resolved:
    """Return the recipe with which a run goes on.

    Args:
        run: Its folder.
        recipe: The recipe that it began with, a name or a path; None: the one in its folder.
        overrides: On top of it, such as `trainer.max_epochs=20`.

    Raises:
        UserError: If there is no run, it has not ended, it has no checkpoint yet, or something differs that may not.
    """
    if not (run / "recipe.yaml").is_file():
        raise UserError(f"--resume {run}: no run folder (it holds no recipe.yaml); name the one that `fit` printed")
    if ranks.first():  # the others begin when the first one works there already
        check_ended(run)
    if not (run / "checkpoints" / "last.ckpt").is_file():
        raise UserError(
            f"--resume {run}: it ended before its first checkpoint was written; begin anew, without --resume"
        )
    own = run / "recipe.yaml"  # and not the folder: it may be called like one of our recipes
    before, now = resolve(own).recipe, resolve(recipe or own, overrides)
    after = as_found(now.recipe, before)
    old, new = dict(flat(before)), dict(flat(after))
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key) and key not in MAY and not PLACE.fullmatch(key):
            raise UserError(
                f"--resume {run}: {key} was {shown(old, key)} and is {shown(new, key)}; a run goes on as it began:"
                " leave it, or begin anew without --resume; what may change: data.root,"
                f" data.sources.NAME.root, {', '.join(MAY)}"
            )
    return now._replace(recipe=after)


def as_found(recipe: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe with what the run found by itself: class names, and numbers where it says `auto`."""
    full = deepcopy(recipe)
    full["task"].setdefault("labels", before["task"].get("labels"))
    for part, option in FOUND:
        if full[part].get(option) == "auto":
            full[part][option] = before[part][option]
    return full


def flat(node: dict[str, Any], where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of a recipe by its dotted key; class names count as one value."""
    for key, value in node.items():
        dotted = f"{where}.{key}" if where else key
        if isinstance(value, dict) and dotted != "task.labels":
            yield from flat(value, dotted)
        else:
            yield dotted, value


def shown(values: dict[str, Any], key: str) -> str:
    """Return a value in words."""
    return repr(values[key]) if key in values else "not set"
