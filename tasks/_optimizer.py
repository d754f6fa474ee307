"""Optimisers by name, and which weights they decay."""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import nn
from torch.optim import Optimizer

OptimizerName = Literal["adamw", "sgd", "nadam", "radam", "rmsprop"]


def build_optimizer(name: OptimizerName, groups: list[dict[str, Any]], lr: float, *, fused: bool = True) -> Optimizer:
    """Return the optimiser `name` over parameter groups; each group remembers its `initial_lr`.

    Args:
        name: Which one.
        groups: As torch takes them.
        lr: Of groups that name none.
        fused: One kernel for the whole step, where the optimiser has it; not for fp16, whose gradients have a scale.
    """
    for group in groups:
        group["initial_lr"] = group["lr"]
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=lr, fused=fused)
    if name == "sgd":
        return torch.optim.SGD(groups, lr=lr, momentum=0.9, nesterov=True)
    if name == "nadam":
        return torch.optim.NAdam(groups, lr=lr, decoupled_weight_decay=True)
    if name == "radam":
        return torch.optim.RAdam(groups, lr=lr, decoupled_weight_decay=True)
    return torch.optim.RMSprop(groups, lr=lr, momentum=0.9)


def parameter_groups(module: nn.Module, lr: float, weight_decay: float) -> list[dict[str, Any]]:
    """Return the trainable parameters in two groups: weights, which decay, and norms and biases, which do not.

    What has one dimension or none is a norm, a bias or a scale. Empty groups are left out.
    """
    trained = [p for p in module.parameters() if p.requires_grad]
    split: Iterable[tuple[list[nn.Parameter], float]] = (
        ([p for p in trained if p.ndim > 1], weight_decay),
        ([p for p in trained if p.ndim <= 1], 0.0),
    )
    return [{"params": some, "lr": lr, "weight_decay": decay} for some, decay in split if some]
