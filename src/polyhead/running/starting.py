"""A run that starts from the weights of another: what it takes of them."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from polyhead.checkpoints import Origin, part_of
from polyhead.errors import UserError
from polyhead.model import Model, head_of
from polyhead.recipes.start import without_start
from polyhead.running.building import build_task
from polyhead.running.other_names import Start, names_of, taken
from polyhead.running.proving import BACKBONE, Begun, check_options
from polyhead.swapping import digest

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule


def task_of(recipe: dict[str, Any], start: Start | None) -> Any:
    """Return the task of a recipe as its run begins: with fresh weights, or with what a checkpoint has for it.

    Raises:
        UserError: If a recipe of a part is wrong, or what the checkpoint has does not fit.
    """
    if start is None:
        return build_task(recipe)
    task = build_task(without_start(recipe))
    task.started = take_weights(task.model, recipe, start)
    return task


def begun_from(task: Any, recipe: dict[str, Any], start: Start, data: "DataModule") -> Begun:
    """Check and say what a task took from a checkpoint, and return where it started.

    Args:
        task: Of `task_of`.
        recipe: The run's, with class names.
        start: Where it starts.
        data: Its data, in their final scaling.

    Raises:
        UserError: If a part answers otherwise with the recipe's options, or a head that starts anew is frozen.
    """
    names = [f"heads.{name}" for name in task.model.named_heads()]
    fresh = [name for name in names if name not in task.started]
    if stuck := [name for name in fresh if name in recipe["task"]["freeze"]]:
        raise UserError(f"task.freeze: {stuck[0]} starts anew, and would never learn; take it out of the list")
    origin = Origin(str(start.path), tuple(sorted(task.started)), still_of(task, recipe, start))
    begun = Begun(origin, start.stored)
    check_options(task, recipe, begun, data)
    unused = [name for name in start.stored.recipe["task"]["heads"] if f"heads.{name}" not in names]
    anew = [name.removeprefix("heads.") for name in fresh]
    said = [f"from {start.path}: {', '.join(origin.parts)}"]
    said += [f"trained anew: {', '.join(anew)}"] * bool(anew) + [f"left there: {', '.join(unused)}"] * bool(unused)
    logging.getLogger("polyhead").warning("; ".join(said))
    return begun


def still_of(task: Any, recipe: dict[str, Any], start: Start) -> dict[str, str]:
    """Return the digests of the parts that will answer as in the checkpoint: a frozen backbone, and frozen heads on it.

    A head whose classes stand in another order now, or are others, answers otherwise.
    """
    frozen = recipe["task"]["freeze"]
    names = {name: names_of(recipe, start, name) for name in taken(recipe, start)}
    same = [f"heads.{name}" for name, (mine, theirs) in names.items() if mine == theirs]
    still = [part for part in (BACKBONE, *same) if part in frozen] if BACKBONE in frozen else []
    return {part: digest(task.model.get_submodule(part).state_dict()) for part in still}


def take_weights(model: Model, recipe: dict[str, Any], start: Start) -> frozenset[str]:
    """Put into a model what the checkpoint has for it; return the names of the parts that it filled.

    Args:
        model: With fresh weights.
        recipe: The model's, with class names.
        start: Where the run starts.

    Raises:
        UserError: If the backbone, or a head of the same name, is another.
    """
    weights, stored = start.stored.weights, start.stored.recipe["task"]
    fill(model.backbone, part_of(weights, "backbone."), f"{start.path}: its backbone")
    done = {"backbone"}
    for name in taken(recipe, start):
        head, node = model.named_heads()[name], recipe["task"]["heads"][name]
        mine, theirs = names_of(recipe, start, name)
        if mine != theirs and start.choice == "reinit":
            continue
        if node["name"] != stored["heads"][name]["name"]:
            raise UserError(
                f"task.heads.{name} is {node['name']!r}, and {stored['heads'][name]['name']!r} in {start.path}; call it"
                " otherwise to train it anew"
            )
        old = part_of(weights, f"heads.{name}.")
        if mine != theirs:
            more = head_of(name, node, model.backbone.spec, (*mine, "one more"))
            old = mapped(head.state_dict(), old, more.state_dict(), mine, theirs)
        fill(head, old, f"{start.path}: its head {name!r}")
        done.add(f"heads.{name}")
    return frozenset(done)


def fill(module: torch.nn.Module, weights: Mapping[str, Any], what: str) -> None:
    """Load a state into a module.

    Raises:
        UserError: If a name or a shape differs.
    """
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip()
        raise UserError(f"{what} is another than the recipe's ({reason}); take its options from there") from error


def mapped(
    fresh: Mapping[str, Any],
    old: Mapping[str, Any],
    more: Mapping[str, Any],
    mine: Sequence[str],
    theirs: Sequence[str],
) -> dict[str, Any]:
    """Return a head's state with what another one of its class learned of the class names that both have.

    Args:
        fresh: The head's own state.
        old: The other's.
        more: That of a head with one class more, which shows the dimensions that classes have. Where one dimension
            holds more than classes, these come first.
        mine: Class names of the head.
        theirs: Of the other.

    Returns:
        As the head's; of what has another form beside its classes the other's, and nothing where that has none.

    Raises:
        UserError: If classes have two dimensions of one tensor.
    """
    rows = [(place, theirs.index(name)) for place, name in enumerate(mine) if name in theirs]
    to, at = (torch.tensor([pair[side] for pair in rows], dtype=torch.long) for side in (0, 1))
    found: dict[str, Any] = {}
    for name in (name for name in fresh if name in old):
        value, found[name] = fresh[name], old[name]
        axes = grown(value, more[name])
        if len(axes) > 1:
            raise UserError(f"--labels map: {name} has classes in two of its dimensions; take --labels reinit")
        if axes and beside(axes[0], value.shape) == beside(axes[0], old[name].shape):
            new, from_ = (
                one.unflatten(axes[0], (len(names), -1)) for one, names in ((value.clone(), mine), (old[name], theirs))
            )
            moved = new.index_copy(axes[0], to, from_.index_select(axes[0], at))
            found[name] = moved.flatten(axes[0], axes[0] + 1)
    return found


def grown(value: Any, more: Any) -> list[int]:
    """Return the dimensions in which a tensor has more with one class more; none of what is no tensor."""
    sides = zip(value.shape, more.shape, strict=True) if isinstance(value, Tensor) else ()
    return [axis for axis, (side, longer) in enumerate(sides) if side != longer]


def beside(axis: int, shape: torch.Size) -> list[int]:
    """Return a shape without one of its dimensions."""
    return [side for place, side in enumerate(shape) if place != axis]
