"""What may still change once a model is trained."""

from collections.abc import Iterable
from typing import Any

from polyhead import registry
from polyhead.contracts import Head
from polyhead.errors import UserError


def check_changes(recipe: dict[str, Any], changes: Iterable[str]) -> None:
    """Check changes to the recipe of a trained model.

    Args:
        recipe: The model's.
        changes: `key=value`: of `data`, `trainer` and `seed`, and of a head those options that it names `at_will`.

    Raises:
        UserError: If one would change what is trained.
    """
    free = [f"task.heads.{name}.{option}" for name, node in recipe["task"]["heads"].items() for option in at_will(node)]
    for change in changes:
        if not change.startswith(("data", "trainer.", "seed")) and change.partition("=")[0] not in free:
            raise UserError(
                f"{change}: what is trained already stays as it is; only"
                f" {', '.join(['data', 'trainer', *free])} and seed may change"
            )


def at_will(node: dict[str, Any]) -> tuple[str, ...]:
    """Return the options of a head's recipe that its predictions alone depend on."""
    head: type[Head[Any, Any, Any]] = registry.load("heads", node["name"])
    return head.at_will
