"""Whether what a run took from a checkpoint answers as it did there: with other options, and after the training."""

import logging
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from polyhead.checkpoints import Checkpoint, Origin, part_of
from polyhead.errors import UserError
from polyhead.model import TASKS_OPTIONS, Model, build_model, head_of, load_weights
from polyhead.recipes.build import build
from polyhead.recipes.start import without_start
from polyhead.running.resuming import flat, shown
from polyhead.swapping import digest

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule

PROBE = 16
"""Items at most on which parts are asked."""
BACKBONE, HEADS = "backbone", "heads."


class Begun(NamedTuple):
    """Where a run started.

    Attributes:
        origin: As checkpoints keep it.
        stored: A checkpoint with the weights of then of all parts that do not learn: that of the start, or, of a run
            that goes on, its own.
    """

    origin: Origin
    stored: Checkpoint


def gone_on(task: Any, stored: Checkpoint | None, path: Path) -> Begun | None:
    """Return where a run started that goes on, and tell its task what it took then.

    Args:
        task: With fresh weights.
        stored: The run's last checkpoint; None: it does not go on.
        path: Its file.

    Returns:
        None for a run that began with fresh weights.

    Raises:
        RuntimeError: If a part that does not learn is no longer what it was at the start.
    """
    if stored is None or stored.origin is None:
        return None
    task.started = frozenset(stored.origin.parts)
    for part, known in stored.origin.still.items():
        if digest(part_of(stored.weights, f"{part}.")) != known:
            raise RuntimeError(f"{path}: task.{part} is frozen, and has other weights than in {stored.origin.path}")
    return Begun(stored.origin, stored)


@torch.inference_mode()
def check_options(task: Any, recipe: dict[str, Any], begun: Begun, data: "DataModule") -> None:
    """Check that parts which took weights answer with the recipe's options as with those that the weights are from.

    Options of losses alone may be others; what changes the form of an answer is refused when weights are taken.

    Args:
        task: With the weights.
        recipe: The run's, complete.
        begun: Where it starts.
        data: From whose training items some are taken as they are.

    Raises:
        UserError: If one answers otherwise; it names the options.
    """
    mine, theirs = (without_start(one)["task"] for one in (recipe, begun.stored.recipe))
    other = {part: differences(node_of(mine, part), node_of(theirs, part), part) for part in begun.origin.parts}
    if not any(other.values()):
        return
    model = deepcopy(task.model).eval().to(memory_format=torch.channels_last)
    inputs = task.floats(data.probe(PROBE))
    features = model.backbone(inputs)
    for part in (part for part in other if other[part]):
        own, given = (model.backbone, inputs) if part == BACKBONE else (model.get_submodule(part), features)
        twin = twin_of(own, part, node_of(theirs, part))
        if not equal(own(given), twin(given)):
            raise UserError(
                f"{begun.origin.path}: task.{part} answers otherwise with other options than there:"
                f" {'; '.join(other[part])}; take them from there"
            )


def node_of(task: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Return the node of `backbone` or `heads.NAME`, without what is the Task's to know of a head."""
    node = task[BACKBONE] if part == BACKBONE else task["heads"][part.removeprefix(HEADS)]
    return {key: value for key, value in node.items() if part == BACKBONE or key not in TASKS_OPTIONS}


def differences(mine: dict[str, Any], theirs: dict[str, Any], part: str) -> list[str]:
    """Return in words which options two nodes of a part have otherwise."""
    new, old = dict(flat(mine)), dict(flat(theirs))
    return [
        f"task.{part}.{key} is {shown(new, key)} and was {shown(old, key)}"
        for key in sorted(new.keys() | old.keys())
        if new.get(key) != old.get(key)
    ]


def twin_of(own: nn.Module, part: str, node: dict[str, Any]) -> nn.Module:
    """Return a part with the same weights and the options of a node."""
    if part == BACKBONE:
        twin: nn.Module = build("backbones", node, f"task.{part}")
    else:
        twin = head_of(part.removeprefix(HEADS), node, own.spec, own.labels)  # type: ignore[arg-type]  # a head has them
    twin.load_state_dict(own.state_dict())
    return twin.eval().to(memory_format=torch.channels_last)


def prove_still(task: Any, begun: Begun, data: "DataModule") -> None:
    """Say which heads answer, bit for bit, as they did in the checkpoint: those that are frozen with their backbone.

    Args:
        task: After the training.
        begun: Where it started.
        data: From whose training items some are taken as they are.

    Raises:
        RuntimeError: If one of them answers otherwise.
    """
    heads = [part.removeprefix(HEADS) for part in begun.origin.still if part != BACKBONE]
    if not heads:
        return
    before = build_model(without_start(begun.stored.recipe)["task"])
    load_weights(before, begun.stored.weights)
    inputs = data.probe(PROBE)
    one, other = (answers(model, task.floats(inputs), heads) for model in (before, task.model))
    for name in heads:
        if not equal(one[name], other[name]):
            raise RuntimeError(f"task.heads.{name} is frozen, and answers otherwise than in {begun.origin.path}")
    logging.getLogger("polyhead").warning(
        "%s: frozen, and bit for bit as in %s on %d %ss", ", ".join(heads), begun.origin.path, len(inputs), data.noun
    )


@torch.inference_mode()
def answers(model: Model, inputs: Any, heads: Sequence[str]) -> dict[str, Any]:
    """Return the outputs of some heads of a model in evaluation, on the CPU in float32, laid out in one way."""
    model = model.cpu().eval().to(memory_format=torch.channels_last)
    features = model.backbone(inputs.to("cpu"))
    return {name: model.named_heads()[name](features) for name in heads}


def equal(one: Any, other: Any) -> bool:
    """Return whether the tensors within two answers of one form are the same, bit for bit.

    Raises:
        RuntimeError: If no tensors are found there, so that nothing was compared.
    """
    pairs = list(zip(pytree.tree_leaves(one), pytree.tree_leaves(other), strict=True))
    tensors = [pair for pair in pairs if isinstance(pair[0], Tensor)]
    if not tensors:
        raise RuntimeError(
            f"no tensor is found in a {type(one).__name__}; outputs are tensors, or lists, dicts, named tuples of such"
        )
    return all(torch.equal(*pair) for pair in tensors)
