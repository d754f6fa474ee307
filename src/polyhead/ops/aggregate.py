"""What several items make together: the sum, the mean or the maximum of the rows that belong to one group.

A convolution of a graph adds up what an atom hears from its neighbours, and a molecule is the mean of its atoms; both
are this. The operations that stand behind it were chosen by measuring (benchmarks/aggregate.py).
"""

from collections.abc import Callable
from typing import Any, Final, Literal, final

import torch
from torch import Tensor

Reduction = Literal["sum", "mean", "max"]


def aggregate(values: Tensor, index: Tensor, groups: int, how: Reduction = "sum") -> Tensor:
    """Return (groups, ...) what the rows of each group make together; a group without rows makes 0.

    Sums are added up in float32 or finer, and returned in the type of `values`.

    Args:
        values: (n, ...) floats; n may be 0.
        index: (n,) long, the group of each row, in any order.
        groups: How many there are.
        how: `sum`, `mean` or `max`. The gradient of a maximum that several rows share is shared by them.
    """
    return REDUCTIONS[how](values, index, groups)


def softmax(scores: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return (n, ...) positive float32 weights of which those of each group sum to 1.

    Args:
        scores: (n, ...) of each row; larger ones weigh more.
        index: (n,) long, the group of each row.
        groups: How many there are.
    """
    largest = maximum(scores.detach().float(), index, groups)
    weights = (scores.float() - largest.index_select(0, index)).exp()
    return weights / total(weights, index, groups).index_select(0, index)


def total(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return sums: `index_add_`, whose gradient is a look-up."""
    fine = values if values.dtype in FINE else values.float()
    return fine.new_zeros(groups, *values.shape[1:]).index_add_(0, index, fine).to(values.dtype)


def mean(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return means."""
    fine = values if values.dtype in FINE else values.float()
    counts = total(fine.new_ones(len(index)), index, groups).clamp(min=1)
    return (total(fine, index, groups) / counts.reshape(-1, *[1] * (values.ndim - 1))).to(values.dtype)


def maximum(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return maxima."""
    found: Tensor = Maximum.apply(values, index, groups)
    return found


@final
class Maximum(torch.autograd.Function):
    """`scatter_reduce_` with a gradient of our own, as its own takes several times as long."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, index: Tensor, groups: int) -> Tensor:
        """Return maxima of groups."""
        place = index.reshape(-1, *[1] * (values.ndim - 1)).expand_as(values)
        found = values.new_zeros(groups, *values.shape[1:]).scatter_reduce_(
            0, place, values, "amax", include_self=False
        )
        ctx.save_for_backward(values, index, found)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Return what goes to each row: its share where it reaches the maximum, or nothing."""
        values, index, found = ctx.saved_tensors
        reached = (values == found.index_select(0, index)).to(values.dtype)
        share = gradients[0] / total(reached, index, len(found)).clamp(min=1)
        return reached * share.index_select(0, index), None, None


FINE: Final = (torch.float32, torch.float64)
REDUCTIONS: Final[dict[Reduction, Callable[[Tensor, Tensor, int], Tensor]]] = {
    "sum": total,
    "mean": mean,
    "max": maximum,
}
