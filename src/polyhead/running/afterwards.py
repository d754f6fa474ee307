"""What may still change once a model is trained."""

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from polyhead import registry
from polyhead.contracts import Head
from polyhead.errors import UserError


def check_changes(recipe: dict[str, Any], changes: Iterable[str]) -> None:
    """Check changes to the recipe of a trained model.

    Args:
        recipe: The model's.
        changes: `key=value`: of `data`, `trainer` and `seed`, and of a head those options that it names `at_will`; or
            null for a head, which leaves it out.

    Raises:
        UserError: If one would change what is trained.
    """
    heads = [f"task.heads.{name}=null" for name in recipe["task"]["heads"]]
    free = [f"task.heads.{name}.{option}" for name, node in recipe["task"]["heads"].items() for option in at_will(node)]
    for change in changes:
        known = change in heads or change.partition("=")[0] in free
        if not known and not change.startswith(("data", "trainer.", "seed")):
            raise UserError(
                f"{change}: what is trained already stays as it is; only"
                f" {', '.join(['data', 'trainer', *free])} and seed may change, and a head be left out, with"
                " task.heads.NAME=null"
            )


def only_of(recipe: dict[str, Any], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a trained model's weights, by names such as heads.NAME.WEIGHT, without heads that a recipe leaves out."""
    left = [f"heads.{name}." for name in recipe["task"]["heads"]]
    return {name: value for name, value in weights.items() if name.startswith(("backbone.", *left))}


def at_will(node: dict[str, Any]) -> tuple[str, ...]:
    """Return the options of a head's recipe that its predictions alone depend on."""
    head: type[Head[Any, Any, Any]] = registry.load("heads", node["name"])
    return head.at_will
