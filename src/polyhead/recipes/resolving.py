"""From a name, a file or a dict, and the overrides of a command line, to one complete recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from polyhead.errors import UserError
from polyhead.recipes.complete import check, fill, held, origins, values
from polyhead.recipes.find import locate
from polyhead.recipes.layers import Notes, Tree, lay, spelled
from polyhead.recipes.signatures import plain, task_defaults
from polyhead.recipes.text import parse, read

COMMAND_LINE = "command line"


class Resolved(NamedTuple):
    """A complete recipe.

    Attributes:
        recipe: Plain data, with every default that is a literal; accepted back by `resolve`.
        origins: By dotted key, who set it: "default", "task NAME", "recipe FILE" or "command line".
        notes: What the reader should know of replaced nodes, a line each.
    """

    recipe: dict[str, Any]
    origins: dict[str, str]
    notes: Notes


def resolve(recipe: str | Path | dict[str, Any], overrides: Sequence[str] = ()) -> Resolved:
    """Return the complete recipe: class defaults, below the task's, below the file's, below the overrides.

    Args:
        recipe: A name, a path, or the recipe itself.
        overrides: `key=value`, dotted keys, YAML values; the later ones win.

    Raises:
        UserError: If there is no such recipe, or something in it does not fit.
    """
    layers = [_given(recipe), *((override(text), COMMAND_LINE) for text in overrides)]
    name = _task(layers)
    if name:
        layers.insert(0, (_below(plain(task_defaults(name)), layers[0][0]), f"task {name}"))
    tree, notes = _laid(layers)
    check(tree)
    full = fill("recipe", "", tree)
    return Resolved(interpolated(values(full)), origins(full), notes)


def resolve_data(data: str, overrides: Sequence[str] = ()) -> Resolved:
    """Return the complete node `data` alone, as a recipe that has nothing else, for what needs no task.

    Args:
        data: A path, or the name of a class of data.
        overrides: As of `resolve`, of data alone.

    Raises:
        UserError: As `resolve`.
    """
    tree, notes = _laid([({"data": data}, COMMAND_LINE), *((override(text), COMMAND_LINE) for text in overrides)])
    if other := next((key for key in tree if key != "data"), None):
        raise UserError(f"{other}: {data} is data and no recipe; data alone can be changed, such as data.split")
    check(tree)
    node = fill("data", "data", held("data", tree["data"]))
    return Resolved({"data": values(node)}, origins(node, "data"), notes)


def override(text: str) -> dict[str, Any]:
    """Return the layer that one `key=value` makes.

    Raises:
        UserError: If it has not this form.
    """
    dotted, equals, value = text.partition("=")
    keys = dotted.strip().split(".")
    if not equals or not all(keys):
        raise UserError(f"{text!r} is no key=value, such as trainer.max_epochs=5")
    layer = parse(value, dotted)
    for key in reversed(keys):
        layer = {key: layer}
    return dict(layer)


def interpolated(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe with every `${other.key}` replaced by that key's value; class names are taken as they are.

    Raises:
        UserError: If such a reference leads nowhere.
    """
    task = {key: value for key, value in recipe["task"].items() if key != "labels"}
    labels = {key: value for key, value in recipe["task"].items() if key == "labels"}
    shown = {**recipe, "task": task}
    if "${" not in str(shown):
        return recipe
    from omegaconf import OmegaConf  # here, since few recipes refer to other keys, and it takes a while
    from omegaconf.errors import OmegaConfBaseException

    try:
        found = OmegaConf.to_container(OmegaConf.create(shown), resolve=True)
    except OmegaConfBaseException as error:
        key = f"{error.full_key}: " if error.full_key else ""
        raise UserError(f"{key}{str(error).partition(chr(10))[0]}") from error
    assert isinstance(found, dict)
    return {str(key): value | labels if key == "task" else value for key, value in found.items()}


def _given(recipe: str | Path | dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the layer of a recipe, and its origin."""
    if isinstance(recipe, dict):
        return plain(recipe), "recipe"
    path, called = locate(recipe)
    return read(path), f"recipe {called}"


def _task(layers: Sequence[tuple[dict[str, Any], str]]) -> str:
    """Return the name of the task that the layers end with, "" if none names one."""
    found = [spelled("tasks", "task", layer["task"]).get("name") for layer, _ in layers if "task" in layer]
    return str(next((name for name in reversed(found) if name), ""))


def _below(defaults: dict[str, Any], recipe: dict[str, Any]) -> dict[str, Any]:
    """Return a task's defaults without the heads that a recipe leaves out: if it lists any, it has these alone."""
    task, above = defaults.get("task", {}), recipe.get("task")
    listed = above.get("heads") if isinstance(above, dict) else None
    if not isinstance(listed, dict) or not any(listed.values()) or "heads" not in task:
        return defaults
    heads = {key: head for key, head in task["heads"].items() if key in listed}
    return {**defaults, "task": {**task, "heads": heads}}


def _laid(layers: Sequence[tuple[dict[str, Any], str]]) -> tuple[Tree, Notes]:
    """Return all layers laid over each other, lowest first."""
    tree: Tree = {}
    notes: Notes = []
    for layer, origin in layers:
        tree, more = lay("recipe", "", tree, layer, origin)
        notes += more
    return tree, notes
