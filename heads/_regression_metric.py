"""Regression metrics over the targets that are there."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from polyhead.heads._per_label import with_means
from polyhead.ops.censored import Censored, columns, within

SUMS = ("count", "total", "squares", "absolute_error", "squared_error", "bounded", "kept")
WITHOUT_FLOAT64 = frozenset({"mps"})
"""Types of devices that have no float64: Apple's GPUs."""


@final
class FiniteRegression(Metric):
    """R2, mean absolute and root mean squared error of (n, T) values, NaN targets left out, averaged over the T values.

    Where a truth is only bounded no error is known, so that bounds are left out too; how often a prediction keeps one
    is `within_bounds`, over all values together, where there are bounds.

    A value with fewer than two targets, or with targets that never vary, has no R2 and is left out of its mean; where
    none has one, R2 is 0. Errors are NaN where there is no target at all. All sums are float64, so that a large mean
    does not drown the variance; where a device has none they stay on the CPU.

    Args:
        labels: Names of the T values. Where there are several each has metrics of its own, `rmse/NAME` and so on, NaN
            where its targets give none.
    """

    full_state_update = False
    count: Tensor
    total: Tensor
    squares: Tensor
    absolute_error: Tensor
    squared_error: Tensor
    bounded: Tensor
    kept: Tensor

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        for name in SUMS:
            self.add_state(name, torch.zeros(len(labels), dtype=torch.float64), dist_reduce_fx="sum")
        self.set_dtype(torch.float64)

    def _apply(self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = ()) -> nn.Module:
        """Move to a device, but for the sums where it cannot hold them: float32 would lose what they are for."""
        device = fn(torch.zeros(())).device
        return super()._apply(fn, SUMS if device.type in WITHOUT_FLOAT64 else exclude_state)

    def update(self, predictions: Tensor, targets: Tensor | Censored) -> None:
        """Count predictions (n, T) against targets (n, T), or (n,) of a single value."""
        predictions = predictions.to(self.count.device)
        wanted = Censored(*(part.to(self.count.device) for part in columns(targets, len(self.labels))))
        finite = wanted.values.isfinite()
        exact = finite & (wanted.bounds == 0)
        values = wanted.values.double().masked_fill(~exact, 0)
        error = (predictions.double() - values).masked_fill(~exact, 0)
        self.count += exact.sum(0)
        self.total += values.sum(0)
        self.squares += values.square().sum(0)
        self.absolute_error += error.abs().sum(0)
        self.squared_error += error.square().sum(0)
        self.bounded += (finite & ~exact).sum(0)
        self.kept += within(predictions, wanted).sum(0)

    def compute(self) -> dict[str, Tensor]:
        """Return `r2`, `mae` and `rmse`, each 0-d float32; those of each value; and `within_bounds`."""
        count = self.count.clamp(min=1)
        variation = self.squares - self.total.square() / count
        rounding = 4 * count * torch.finfo(self.squares.dtype).eps * self.squares  # what sums of equal values differ by
        varies, there = (self.count > 1) & (variation > rounding), self.count > 0
        each = {
            "r2": (1 - self.squared_error / variation).where(varies, torch.nan),
            "mae": (self.absolute_error / count).where(there, torch.nan),
            "rmse": (self.squared_error / count).sqrt().where(there, torch.nan),
        }
        bounds = {"within_bounds": self.kept.sum() / self.bounded.sum()} if self.bounded.any() else {}
        found = with_means(each, self.labels) | bounds
        found["r2"] = found["r2"].nan_to_num()  # it is watched, and so always a number
        return {name: value.float().to(self.device) for name, value in found.items()}
