"""Regression metrics over the targets that are there."""

import torch
from torch import Tensor
from torchmetrics import Metric


class FiniteRegression(Metric):
    """R2, mean absolute and root mean squared error of (n, T) values, NaN targets left out, averaged over the T values.

    A value with fewer than two targets, or with targets that never vary, has no R2 and is left out of its mean; where
    none has one, R2 is 0. All sums are float64, so that a large mean does not drown the variance.
    """

    full_state_update = False
    count: Tensor
    total: Tensor
    squares: Tensor
    absolute_error: Tensor
    squared_error: Tensor

    def __init__(self, values: int) -> None:
        super().__init__()
        for name in ("count", "total", "squares", "absolute_error", "squared_error"):
            self.add_state(name, torch.zeros(values, dtype=torch.float64), dist_reduce_fx="sum")
        self.set_dtype(torch.float64)

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        """Count predictions (n, T) against targets (n, T), or (n,) of a single value."""
        values = targets.reshape(predictions.shape).double()
        finite = values.isfinite()
        values = values.nan_to_num()
        error = (predictions.double() - values).masked_fill(~finite, 0)
        self.count += finite.sum(0)
        self.total += values.sum(0)
        self.squares += values.square().sum(0)
        self.absolute_error += error.abs().sum(0)
        self.squared_error += error.square().sum(0)

    def compute(self) -> dict[str, Tensor]:
        """Return `r2`, `mae` and `rmse`, each 0-d."""
        count = self.count.clamp(min=1)
        variation = self.squares - self.total.square() / count
        varies = (self.count > 1) & (variation > 0)
        r2 = 1 - self.squared_error[varies] / variation[varies]
        there = self.count > 0
        mean = [error[there] / count[there] for error in (self.absolute_error, self.squared_error)]
        return {
            "r2": r2.mean() if len(r2) else torch.zeros_like(self.count[0]),
            "mae": mean[0].sum() / there.sum().clamp(min=1),
            "rmse": mean[1].sqrt().sum() / there.sum().clamp(min=1),
        }
