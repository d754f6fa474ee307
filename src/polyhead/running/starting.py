"""A run that starts from the weights of another: what it takes of them, and whether old heads still answer alike."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from polyhead.checkpoints import part_of
from polyhead.errors import UserError
from polyhead.model import Model, build_model, head_of, load_weights, target_of
from polyhead.recipes.start import without_start
from polyhead.running.other_names import Start, taken

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule

PROBE = 16
"""Images at most on which heads that were frozen are asked again."""


def take_weights(model: Model, recipe: dict[str, Any], start: Start) -> frozenset[str]:
    """Put into a model what the checkpoint has for it; return the names of the parts that it filled, and say them.

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
    for name, target in taken(recipe, start).items():
        head, node = model.named_heads()[name], recipe["task"]["heads"][name]
        mine, theirs = recipe["task"]["labels"][target], stored["labels"][target_of(name, stored["heads"][name])]
        if list(mine) != list(theirs) and start.choice == "reinit":
            continue
        if node["name"] != stored["heads"][name]["name"]:
            raise UserError(
                f"task.heads.{name} is {node['name']!r}, and {stored['heads'][name]['name']!r} in {start.path}; call it"
                " otherwise to train it anew"
            )
        old = part_of(weights, f"heads.{name}.")
        if list(mine) != list(theirs):
            more = head_of(name, node, model.backbone.spec, (*mine, "one more"))
            old = mapped(head.state_dict(), old, more.state_dict(), mine, theirs)
        fill(head, old, f"{start.path}: its head {name!r}")
        done.add(f"heads.{name}")
    fresh = [name for name in model.named_heads() if f"heads.{name}" not in done]
    unused = [name for name in stored["heads"] if name not in recipe["task"]["heads"]]
    said = [f"from {start.path}: {', '.join(sorted(done))}"]
    said += [f"trained anew: {', '.join(fresh)}"] * bool(fresh) + [f"left there: {', '.join(unused)}"] * bool(unused)
    logging.getLogger("polyhead").warning("; ".join(said))
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
    """
    rows = [(place, theirs.index(name)) for place, name in enumerate(mine) if name in theirs]
    to, at = (torch.tensor([pair[side] for pair in rows], dtype=torch.long) for side in (0, 1))
    found: dict[str, Any] = {}
    for name, value in fresh.items():
        grown = [axis for axis, side in enumerate(more[name].shape) if side != value.shape[axis]]
        found[name] = old.get(name)
        if grown:
            (axis,) = grown
            new, from_ = (
                one.unflatten(axis, (len(names), -1)) for one, names in ((value.clone(), mine), (old[name], theirs))
            )
            found[name] = new.index_copy(axis, to, from_.index_select(axis, at)).flatten(axis, axis + 1)
    return found


def prove_still(task: Any, recipe: dict[str, Any], start: Start, data: "DataModule") -> None:
    """Say which heads answer, bit for bit, as they did in the checkpoint: those that are frozen with their backbone.

    Args:
        task: After the training.
        recipe: The run's.
        start: Where it started.
        data: From whose training images some are taken as they are.

    Raises:
        RuntimeError: If one of them answers otherwise.
    """
    frozen = recipe["task"]["freeze"]
    heads = [name for name in taken(recipe, start) if f"heads.{name}" in frozen and "backbone" in frozen]
    if not heads:
        return
    before = build_model(without_start(start.stored.recipe)["task"])
    load_weights(before, start.stored.weights)
    inputs = data.probe(PROBE)
    answers = [answer(model, task.floats(inputs), heads) for model in (before, task.model)]
    for name in heads:
        one, other = (pytree.tree_leaves(each[name]) for each in answers)
        pairs = [pair for pair in zip(one, other, strict=True) if isinstance(pair[0], Tensor)]
        if not all(torch.equal(*pair) for pair in pairs):
            raise RuntimeError(f"task.heads.{name} is frozen, and answers otherwise than in {start.path}")
    logging.getLogger("polyhead").warning(
        "%s: frozen, and bit for bit as in %s on %d %ss", ", ".join(heads), start.path, len(inputs), data.noun
    )


@torch.inference_mode()
def answer(model: Model, inputs: Any, heads: Sequence[str]) -> dict[str, Any]:
    """Return the outputs of some heads of a model in evaluation, on the CPU in float32, laid out in one way."""
    model = model.cpu().eval().to(memory_format=torch.channels_last)
    features = model.backbone(inputs.to("cpu"))
    return {name: model.named_heads()[name](features) for name in heads}
