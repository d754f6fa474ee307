"""Where a run starts, or a measurement: a checkpoint, and class names that are others there than in the data."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, NamedTuple

from polyhead import checkpoints
from polyhead.checkpoints import Checkpoint
from polyhead.errors import UserError, unknown
from polyhead.model import target_of
from polyhead.recipes.resolving import resolve
from polyhead.recipes.signatures import loader_of, loader_options

Choice = Literal["keep", "map", "reinit"]
WAYS: dict[str, str] = {
    "keep": "the classes of the checkpoint, in its order",
    "map": "what it learned of names that both have; others start anew",
    "reinit": "the head starts anew",
}
"""What can become of a head whose class names are others, by the value of --labels."""
MEASURING = ("keep",)
"""The ways in which one can be measured."""


class Start(NamedTuple):
    """Where a run starts.

    Attributes:
        path: The run folder or the checkpoint file that was named.
        stored: What it holds.
        choice: What becomes of heads whose class names are others than the data's; None: the run stops.
    """

    path: Path
    stored: Checkpoint
    choice: Choice | None


def start_from(path: Path, choice: str | None, ways: Sequence[str] = tuple(WAYS)) -> Start:
    """Return where a run starts.

    Args:
        path: A run folder or a checkpoint file.
        choice: What --labels says.
        ways: What it may say.

    Raises:
        UserError: If there is no such checkpoint, or no such choice.
    """
    if choice is not None and choice not in ways:
        raise unknown("value of --labels", choice, ways)
    return Start(path, checkpoints.read(path), choice)  # type: ignore[arg-type]  # it is one of them


def taken(recipe: dict[str, Any], start: Start) -> dict[str, str]:
    """Return the target of each head that the recipe and the checkpoint have both, by the head's name."""
    theirs = start.stored.recipe["task"]["heads"]
    return {name: target_of(name, node) for name, node in recipe["task"]["heads"].items() if name in theirs}


def names_of(recipe: dict[str, Any], start: Start, name: str) -> tuple[list[str], list[str]]:
    """Return the class names of a head that recipe and checkpoint have both: the recipe's, and the checkpoint's."""
    mine, theirs = recipe["task"], start.stored.recipe["task"]
    found = [one["labels"][target_of(name, one["heads"][name])] for one in (mine, theirs)]
    return list(found[0]), list(found[1])


def agreed(
    recipe: dict[str, Any], labels: Mapping[str, Sequence[str]], start: Start, ways: Sequence[str] = tuple(WAYS)
) -> dict[str, Any]:
    """Return the recipe with class names that heads and data agree on, as `start.choice` says; it itself, if they do.

    Args:
        recipe: Complete.
        labels: The data's.
        start: Where the run starts, or what is measured.
        ways: What can be chosen.

    Raises:
        UserError: If names differ and nobody chose; it shows them. Or if names of the data are to be kept out.
    """
    stored = start.stored.recipe["task"]
    theirs = {
        target: list(stored["labels"][target_of(name, stored["heads"][name])])
        for name, target in taken(recipe, start).items()
        if target in labels
    }
    other = {target: names for target, names in theirs.items() if names != list(labels[target])}
    if not other or start.choice in ("map", "reinit"):
        return recipe
    for target, names in other.items():
        if start.choice is None:
            choose = ", ".join(f"--labels {way} ({WAYS[way]})" for way in ways)
            raise UserError(
                f"class names of {target!r} are others in {start.path} than in the data; choose: {choose}",
                side_by_side(names, labels[target]),
            )
        otherwise = "take --labels map, or " if "map" in ways else ""
        if loader_of(recipe["data"]["name"]) != "images":
            raise UserError(
                f"--labels keep is of images, and the data are molecules: {otherwise}name the classes of {target!r} as"
                f" {start.path} does, in its order"
            )
        if beyond := [name for name in labels[target] if name not in names]:
            raise UserError(
                f"--labels keep: the data have {', '.join(beyond)} of {target!r}, which {start.path} does not know;"
                f" {otherwise}rename them, or leave them out, with data.sources.NAME.names"
            )
    return resolve({**recipe, "data": with_classes(recipe["data"], other)}).recipe


def side_by_side(theirs: Sequence[str], mine: Sequence[str]) -> str:
    """Return class names of a checkpoint and of the data as a table, by number."""
    rows = [("number", "checkpoint", "data"), *zip_longest(map(str, range(max(len(theirs), len(mine)))), theirs, mine)]
    width = max(len(name or "") for _, name, _ in rows)
    return "\n".join(f"{number:>6}  {name or '-':{width}}  {other or '-'}" for number, name, other in rows)


def with_classes(data: Mapping[str, Any], classes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return a data node whose targets have these classes, in their order, unknown where its source lacks one."""
    fixed = {target: list(names) for target, names in classes.items()}
    if data["name"] == "several":
        return {**data, "classes": {**(data["classes"] or {}), **fixed}}
    loader = {key: value for key, value in data.items() if key in loader_options(data["name"])}
    source = {key: value for key, value in data.items() if key not in loader}
    return {"name": "several", "sources": {"data": source}, "classes": fixed, **loader}
