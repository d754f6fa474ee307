"""Optimisers by name, which weights they decay, and how fast each learns."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from polyhead.contracts import Backbone
from polyhead.errors import UserError

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


def clip(optimizer: Optimizer, most: float, algorithm: str) -> None:
    """Clip the gradients of all that an optimiser moves, by their "norm" together or by "value"."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if algorithm == "value":
        nn.utils.clip_grad_value_(parameters, most)
    else:
        nn.utils.clip_grad_norm_(parameters, most)


def parameter_groups(
    module: nn.Module, lr: float, weight_decay: float, factors: Mapping[nn.Parameter, float] | None = None
) -> list[dict[str, Any]]:
    """Return the trainable parameters in groups of one learning rate: weights, which decay, and norms and biases.

    What has one dimension or none is a norm, a bias or a scale. Empty groups are left out.

    Args:
        module: Whose parameters.
        lr: The learning rate.
        weight_decay: Of what decays.
        factors: On the learning rate, by parameter; 1 for those that are not named.
    """
    alike: dict[float, list[nn.Parameter]] = {}
    for parameter in module.parameters():
        if parameter.requires_grad:
            alike.setdefault((factors or {}).get(parameter, 1.0), []).append(parameter)
    groups = []
    for factor, some in alike.items():
        weights, others = [p for p in some if p.ndim > 1], [p for p in some if p.ndim <= 1]
        for params, decay in ((weights, weight_decay), (others, 0.0)):
            groups += [{"params": params, "lr": lr * factor, "weight_decay": decay}] if params else []
    return groups


def rate_factors(
    backbone: Backbone, pretrained: float, decay: float, *, whole: bool = False
) -> dict[nn.Parameter, float]:
    """Return the factor on the learning rate of each parameter of a backbone.

    Args:
        backbone: The backbone.
        pretrained: Factor of its part that did not start at random.
        decay: Factor for each level further from the heads.
        whole: Whether none of it started at random.

    Raises:
        UserError: If `decay` is not 1, and the levels are no grids of an image.
    """
    part = backbone if whole else backbone.pretrained_part()
    started = set() if part is None else set(part.parameters())
    away = {} if decay == 1 else distances(backbone)
    return {p: (pretrained if p in started else 1.0) * decay ** away.get(p, 0) for p in backbone.parameters()}


def distances(backbone: Backbone) -> dict[nn.Parameter, int]:
    """Return how many levels each parameter of a backbone is away from the heads.

    Those that only the coarsest level needs are 0 away, those that the next finer one needs too 1, and so on. In a neck
    every level needs all others; so it is the bodies within that are looked at, and what is left out is 0 away.

    Raises:
        UserError: If the levels are no grids of an image.
    """
    bodies = [module for module in backbone.modules() if isinstance(module, Backbone)]
    inner = [body for body in bodies if sum(isinstance(module, Backbone) for module in body.modules()) == 1]
    return {parameter: away for body in inner for parameter, away in body_distances(body).items()}


@torch.enable_grad()
def body_distances(body: Backbone) -> dict[nn.Parameter, int]:
    """Return the same of a backbone without another one in it, from which levels have a gradient for what."""
    if not body.spec.strides:
        raise UserError(
            f"task.layer_decay: the backbone {type(body).__name__} has no levels of an image; leave it at 1"
        )
    own, twin = list(body.parameters()), deepcopy(body).eval().requires_grad_(True)
    copies, side = list(twin.parameters()), 2 * max(body.spec.strides)
    levels = twin(torch.zeros(1, 3, side, side, device=own[0].device)).levels if own else ()
    found: dict[nn.Parameter, int] = {}
    for away, level in enumerate(reversed(levels)):
        reached: Sequence[Tensor | None] = torch.autograd.grad(
            level.sum(), copies, allow_unused=True, retain_graph=True
        )
        found |= {mine: away for mine, gradient in zip(own, reached, strict=True) if gradient is not None}
    return found
