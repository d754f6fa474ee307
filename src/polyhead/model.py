"""Backbone and heads as one network, without anything that only training needs."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Self

import torch
from torch import Tensor, nn

from polyhead.contracts import Backbone, Features, FeatureSpec, Head, Interpolation
from polyhead.errors import UserError
from polyhead.ops.folding import folded
from polyhead.recipes.build import build

TAKEN = ("domain", "error")
"""What answers hold beside the heads' records."""
TASKS_OPTIONS = ("target", "weight", "lr")
"""What a recipe may say of a head that is the Task's to know, and not the head's."""


class Model(nn.Module):
    """One backbone, many heads.

    Args:
        backbone: Makes the features.
        heads: Each reads them; by the names that the recipe gives.
    """

    def __init__(self, backbone: Backbone, heads: dict[str, Head[Any, Any, Any]]) -> None:
        super().__init__()
        self.backbone: Backbone = backbone
        self.heads = nn.ModuleDict(heads)

    @property
    def interpolation(self) -> Interpolation:
        """How images are best scaled for the backbone."""
        return self.backbone.interpolation

    def named_heads(self) -> dict[str, Head[Any, Any, Any]]:
        """Return the heads by name."""
        return dict(self.heads.items())  # type: ignore[arg-type]  # a ModuleDict forgets what it holds

    def forward(self, inputs: Any) -> dict[str, Any]:
        """Return every head's outputs for all of `inputs`, by the head's name."""
        features: Features = self.backbone(inputs)
        return {name: head(features) for name, head in self.named_heads().items()}

    def deploy(self) -> Self:
        """Return a copy for inference only: no branches that only training needs, BatchNorm folded where it can be.

        It answers as the model does in evaluation, up to rounding. A backbone of molecules is copied as it is.
        """
        heads = {name: head.deploy() for name, head in self.named_heads().items()}
        bare = type(self)(deepcopy(self.backbone), heads).eval()
        strides, first = self.backbone.spec.strides, next(self.parameters(), torch.zeros(()))
        if not strides:
            return bare
        side, generator = max(64, 2 * max(strides)), torch.Generator().manual_seed(0)
        return folded(bare, torch.rand(1, 3, side, side, generator=generator).to(first))


def target_of(name: str, node: dict[str, Any]) -> str:
    """Return the target that the head `name` learns; its own name unless its recipe `node` names another."""
    return node.get("target") or name


def build_model(task: dict[str, Any]) -> Model:
    """Return the model that the `task` part of a resolved recipe describes, with fresh weights.

    Raises:
        UserError: If a backbone or head refuses its options, or a head's target is not among `labels`.
    """
    backbone: Backbone = build("backbones", task["backbone"], "task.backbone")
    labels: dict[str, list[str]] = task["labels"]
    heads = {}
    for name, node in task["heads"].items():
        where, target = f"task.heads.{name}", target_of(name, node)
        if "." in name or name in dir(nn.ModuleDict):
            raise UserError(f"{where}: torch cannot call a part {name!r}; choose another name, and say target={target}")
        if name in TAKEN:
            raise UserError(f"{where}: answers have {name!r} already; choose another name, and say target={target}")
        if target not in labels:
            raise UserError(f"{where} learns the target {target!r}, and the data have only: {', '.join(labels)}")
        heads[name] = head_of(name, node, backbone.spec, labels[target])
    return Model(backbone, heads)


def head_of(name: str, node: dict[str, Any], spec: FeatureSpec, labels: Sequence[str]) -> Head[Any, Any, Any]:
    """Return the head of a recipe's node, with fresh weights.

    Raises:
        UserError: If it refuses its options.
    """
    options = {key: value for key, value in node.items() if key not in TASKS_OPTIONS}
    made: Head[Any, Any, Any] = build("heads", options, f"task.heads.{name}", spec=spec, labels=tuple(labels))
    return made


def load_weights(model: Model, weights: dict[str, Tensor]) -> None:
    """Put a checkpoint's weights into a model of the same recipe.

    Raises:
        UserError: If a name or a shape differs; it names the first.
    """
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(f"the checkpoint does not fit its recipe: {str(error).splitlines()[1].strip()}") from error
