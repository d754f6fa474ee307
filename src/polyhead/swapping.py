"""Heads one by one: out of a checkpoint into a file of its own, and from there into another checkpoint."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from polyhead import checkpoints
from polyhead.checkpoints import HEAD, Checkpoint, part_of
from polyhead.contracts import FeatureSpec
from polyhead.errors import UserError, unknown
from polyhead.model import build_model, load_weights, target_of

FORMAT: Final = 1
"""Version of what stands under the key "polyhead_head"; readers refuse a later one."""
SHORT: Final = 12
"""Characters of a digest that are shown."""


class SavedHead(NamedTuple):
    """One head without its backbone.

    Attributes:
        name: What the recipe calls it.
        recipe: Its node of the recipe, target included.
        labels: Its class names.
        spec: The features that it reads.
        backbone: `digest` of the backbone that it learned on.
        weights: Its state dict.
        origin: The file that it is from.
    """

    name: str
    recipe: dict[str, Any]
    labels: tuple[str, ...]
    spec: FeatureSpec
    backbone: str
    weights: dict[str, Tensor]
    origin: str


class HeadRow(NamedTuple):
    """What a checkpoint says of one of its heads.

    Attributes:
        name: What the recipe calls it.
        kind: The name of its class in the registry.
        target: What it learned.
        labels: Its class names.
        parameters: Numbers that it learned.
        metric: Its main metric.
        threshold: The score from which on it shows a finding.
    """

    name: str
    kind: str
    target: str
    labels: tuple[str, ...]
    parameters: int
    metric: str
    threshold: float


def heads_of(held: Checkpoint) -> list[HeadRow]:
    """Return what a checkpoint says of its heads, in its order."""
    model = build_model(held.recipe["task"])
    load_weights(model, held.weights)
    rows = []
    for name, head in model.named_heads().items():
        node = held.recipe["task"]["heads"][name]
        size = sum(parameter.numel() for parameter in head.parameters())
        rows.append(HeadRow(name, node["name"], target_of(name, node), head.labels, size, head.main, head.threshold))
    return rows


def digest(weights: Mapping[str, Any]) -> str:
    """Return what tells one state of a network from any other: SHA-256 over names, types, shapes and values."""
    found = sha256()
    for name in sorted(weights):
        value = weights[name]
        if not isinstance(value, Tensor):
            found.update(f"{name} {value!r};".encode())
            continue
        found.update(f"{name} {value.dtype} {tuple(value.shape)};".encode())
        found.update(value.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def backbone_digest(held: Checkpoint) -> str:
    """Return the digest of a checkpoint's backbone."""
    return digest(part_of(held.weights, "backbone."))


def take(held: Checkpoint, name: str, origin: str = "a checkpoint") -> SavedHead:
    """Return one head of a checkpoint.

    Args:
        held: The checkpoint.
        name: Of the head.
        origin: The checkpoint's file, for later messages.

    Raises:
        UserError: If it has no such head.
    """
    task = held.recipe["task"]
    if name not in task["heads"]:
        raise unknown("head", name, task["heads"])
    node = {**task["heads"][name], "target": target_of(name, task["heads"][name])}
    labels, spec = tuple(task["labels"][node["target"]]), build_model(task).backbone.spec
    return SavedHead(name, node, labels, spec, backbone_digest(held), part_of(held.weights, f"heads.{name}."), origin)


def save(head: SavedHead, path: Path) -> None:
    """Write one head to a file of plain data.

    Raises:
        UserError: If it cannot be written.
    """
    mark = {key: value for key, value in head._asdict().items() if key not in ("weights", "spec", "labels")}
    spec = {key: list(value) if isinstance(value, tuple) else value for key, value in head.spec._asdict().items()}
    told = {"format": FORMAT, **mark, "labels": list(head.labels), "spec": spec}
    checkpoints.store({HEAD: told, "state_dict": head.weights}, path)


def read(path: Path) -> SavedHead:
    """Return the head in a file, on the CPU.

    Raises:
        UserError: If it is missing, holds no head, or one of a later format.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file of a head")
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the bytes of another file make torch stumble over
        reason = str(error).partition("\n")[0][:100]
        raise UserError(f"{path} holds no head, or is broken; take a file that --save wrote ({reason})") from error
    mark = stored.get(HEAD) if isinstance(stored, dict) else None
    if not isinstance(mark, dict):
        raise UserError(f"{path} holds no head; take one out of a checkpoint: polyhead heads CKPT --save NAME=FILE")
    if mark["format"] > FORMAT:
        raise UserError(f"{path} has format {mark['format']}, and this version reads up to {FORMAT}: update polyhead")
    spec = FeatureSpec(tuple(mark["spec"]["channels"]), tuple(mark["spec"]["strides"]), mark["spec"]["width"])
    return SavedHead(
        mark["name"], mark["recipe"], tuple(mark["labels"]), spec, mark["backbone"], stored["state_dict"], str(path)
    )


def put(held: Checkpoint, head: SavedHead, another_backbone: bool = False) -> Checkpoint:
    """Return a checkpoint with one head more, or with another one under its name.

    Args:
        held: The checkpoint, which stays as it is.
        head: The head.
        another_backbone: Whether it may have learned on another backbone, whose features mean something else.

    Raises:
        UserError: If it learned on another backbone, reads other features, or a further head has other class names of
            its target.
    """
    mine = backbone_digest(held)
    if head.backbone != mine and not another_backbone:
        raise UserError(
            f"{head.origin}: the head {head.name!r} learned on the backbone {head.backbone[:SHORT]}, and the checkpoint"
            f" has {mine[:SHORT]}, whose features mean something else; train it with fit --from, or say"
            " --another-backbone to train it on later"
        )
    spec = build_model(held.recipe["task"]).backbone.spec
    if head.spec != spec:
        raise UserError(
            f"{head.origin}: the head {head.name!r} reads {told(head.spec)}; the checkpoint has {told(spec)}"
        )
    kept = without(held, head.name)
    task, target = kept.recipe["task"], head.recipe["target"]
    known = task["labels"].get(target)
    if known is not None and list(known) != list(head.labels):
        others = [name for name, node in task["heads"].items() if target_of(name, node) == target]
        raise UserError(
            f"{head.origin}: the head {head.name!r} has other class names of {target!r} than {', '.join(others)}; leave"
            f" that out with --drop {others[0]}, or train again with one list"
        )
    heads = {**held.recipe["task"]["heads"], head.name: head.recipe}  # one that is replaced keeps its place
    labels = {**task["labels"], target: list(head.labels)}
    recipe = {**held.recipe, "task": {**task, "heads": heads, "labels": labels}}
    weights = {**kept.weights, **{f"heads.{head.name}.{name}": value for name, value in head.weights.items()}}
    load_weights(build_model(recipe["task"]), weights)
    return Checkpoint(recipe, weights, held.step)


def drop(held: Checkpoint, name: str) -> Checkpoint:
    """Return a checkpoint without one of its heads.

    Raises:
        UserError: If it has no such head, or no other one.
    """
    heads = held.recipe["task"]["heads"]
    if name not in heads:
        raise unknown("head", name, heads)
    if len(heads) == 1:
        raise UserError(f"{name!r} is the only head, and a checkpoint needs one; put another one there first")
    return without(held, name)


def without(held: Checkpoint, name: str) -> Checkpoint:
    """Return a checkpoint without a head, what its recipe freezes of it, and class names that no other head has."""
    task, gone = held.recipe["task"], f"heads.{name}"
    heads = {other: node for other, node in task["heads"].items() if other != name}
    targets = {target_of(other, node) for other, node in heads.items()}
    labels = {target: names for target, names in task["labels"].items() if target in targets}
    freeze = [part for part in task["freeze"] if part != gone and not part.startswith(f"{gone}.")]
    recipe = {**held.recipe, "task": {**task, "heads": heads, "labels": labels, "freeze": freeze}}
    weights = {key: value for key, value in held.weights.items() if not key.startswith(f"{gone}.")}
    return Checkpoint(recipe, weights, held.step)


def told(spec: FeatureSpec) -> str:
    """Return in words what features are."""
    strides = f"strides {', '.join(map(str, spec.strides))}" if spec.strides else "no grids"
    return f"{', '.join(map(str, spec.channels))} channels with {strides}, and a vector of {spec.width}"
