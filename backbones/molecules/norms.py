"""Normalisation that a single atom survives."""

from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.molecules.encoder import Norm

FLOOR: Final = 0.1
"""Added to the variance of descriptors, so that a bit that is seldom set does not drown the others."""
LARGEST: Final = 5.0


@final
class RowNorm(nn.Module):
    """Batch normalisation of (n, C), which takes the running statistics where n is 0 or 1 in training, too.

    Args:
        width: C.
        eps: Added to the variance.
        affine: Whether a scale and a shift are learned.
    """

    def __init__(self, width: int, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width, eps=eps, affine=affine)

    def forward(self, rows: Tensor) -> Tensor:
        """Return normalised rows."""
        if len(rows) > 1:
            normalised: Tensor = self.norm(rows)
            return normalised
        norm = self.norm
        return F.batch_norm(rows, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)


@final
class Standardised(nn.Module):
    """Descriptors on one scale: mean 0 and deviation 1 or less, by what training has seen, cut at 5.

    Args:
        count: Their number.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self.norm = RowNorm(count, eps=FLOOR, affine=False)

    def forward(self, extras: Tensor) -> Tensor:
        """Return (B, count) float32."""
        with torch.autocast(extras.device.type, enabled=False):
            scaled: Tensor = self.norm(extras)
        return scaled.clamp(-LARGEST, LARGEST)


def norm_of(name: Norm, width: int) -> nn.Module:
    """Return the normalisation of rows of some width."""
    if name == "batch":
        return RowNorm(width)
    return nn.LayerNorm(width) if name == "layer" else nn.Identity()
