"""How much each class counts in a loss: evenly, by how rare it is, or as told."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Literal

import torch
from torch import Tensor

from polyhead.errors import choices, nearest

ClassWeights = Literal["none", "balanced"] | dict[str, float]
"""An option of heads: all classes alike, the rare ones more, or weights by class name, where others weigh 1."""


def first_weights(head: str, weights: ClassWeights, labels: Sequence[str]) -> Tensor | None:
    """Return the weights (K,) that a head starts with: 1 each until `balanced` ones are known; None for "none".

    Raises:
        ValueError: If `weights` are no weights of `labels`; it names the head.
    """
    if weights == "none":
        return None
    if weights == "balanced":
        return torch.ones(len(labels))
    if not isinstance(weights, dict):
        raise ValueError(f"the head {head!r} takes class_weights of none, balanced or a dict, and not {weights!r}")
    for name, value in weights.items():
        if name not in labels:
            raise ValueError(
                f"the head {head!r} has no class {name!r} for class_weights{nearest(name, labels)}; choices:"
                f" {choices(labels)}"
            )
        if not (isfinite(value) and value >= 0):
            raise ValueError(f"the head {head!r} takes class_weights of 0 or more, and {name!r} has {value}")
    found = torch.tensor([float(weights.get(name, 1.0)) for name in labels])
    if not found.any():
        raise ValueError(f"the head {head!r} learns nothing if the class_weights of all its classes are 0")
    return found


def count_classes(targets: Iterable[Tensor], classes: int) -> Tensor:
    """Return how often each class occurs, (K,) long; of no targets zeros.

    Args:
        targets: Class numbers in any shape, batch by batch; those from `classes` on, such as `IGNORE`, are left out.
        classes: K.
    """
    counts = torch.zeros(classes, dtype=torch.long)
    for batch in targets:
        counts += torch.bincount(batch.cpu().flatten().to(torch.int), minlength=classes)[:classes]
    return counts


def balanced(counts: Tensor) -> Tensor:
    """Return the weights N / (K n_c) of classes that occur n_c times (K,), as scikit-learn's `compute_class_weight`.

    As there, K and the sum N are of the classes that occur: the weights of all N targets add up to N. A class that
    never occurs gets 1.
    """
    occurs = counts > 0
    weights = counts.sum().double() / (occurs.sum().clamp(min=1) * counts.clamp(min=1))
    return weights.masked_fill(~occurs, 1.0).float()


def balanced_entries(targets: Iterable[Tensor], classes: int) -> Tensor:
    """Return the weights (K,) of positive entries that make them count as much as the negative ones of their class.

    They are n_0 / n_1 over the labelled entries, and 1 for a class without a positive or without a negative one.

    Args:
        targets: Floats (n, K), batch by batch: 1 present, 0 absent, NaN unlabelled.
        classes: K.
    """
    sums = torch.zeros(2, classes, dtype=torch.double)
    for batch in targets:
        sums += torch.stack([(1 - batch).nansum(0), batch.nansum(0)]).cpu()
    absent, present = sums
    both = (absent > 0) & (present > 0)
    return torch.where(both, absent / present.where(both, 1.0), 1.0).float()
