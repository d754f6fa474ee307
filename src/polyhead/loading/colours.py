"""Colour jitter in one go: brightness, contrast, saturation and hue as one affine map of RGB.

Letters in shapes: H and W pixels.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

Amount = float | Sequence[float] | None
LUMA: Final = torch.tensor([0.299, 0.587, 0.114])
"""What red, green and blue add to the brightness that is seen (ITU-R BT.601)."""
IQ: Final = torch.tensor([[0.74, -0.27], [0.48, 0.41]])
"""I and Q, the plane of hue and saturation, from R - Y and B - Y (NTSC, 47 CFR 73.682)."""
YIQ: Final = torch.cat([LUMA[None], IQ @ (torch.eye(3)[[0, 2]] - LUMA)])
"""RGB -> YIQ, (3, 3)."""


class ColorJitter:
    """Change colours at random: torchvision's color_jitter, its options and its draws, in one pass over the pixels.

    It multiplies one 3x3 matrix, adds one offset, and rounds and clamps once. Brightness, contrast and saturation are
    those of torchvision but for its rounding and clamping after each. Hue is turned in YIQ, where that is linear, and
    not in HSV: greys and the brightness that is seen stay as they are.

    Args:
        brightness: Its factor is from 1 - this (at least 0) to 1 + this, or from the first to the second of a pair.
        contrast: As brightness; what it leaves alone is the mean grey of the image.
        saturation: As brightness; what it leaves alone is the grey of each pixel.
        hue: Turns from -this to this, or from the first to the second of a pair, in [-0.5, 0.5].

    Raises:
        ValueError: If an amount is out of its range.
    """

    def __init__(
        self, brightness: Amount = None, contrast: Amount = None, saturation: Amount = None, hue: Amount = None
    ) -> None:
        self.draws: Final = v2.ColorJitter(brightness, contrast, saturation, hue)

    def __call__(self, image: Any, targets: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return an image (3, H, W) uint8 in other colours, and the targets as they are."""
        drawn = self.draws.make_params([])
        names = ("brightness", "contrast", "saturation", "hue")
        amounts = [(names[place], drawn[f"{names[place]}_factor"]) for place in drawn["fn_idx"].tolist()]
        changes = [(name, amount) for name, amount in amounts if amount is not None]
        return tv_tensors.wrap(recoloured(image.as_subclass(Tensor), changes), like=image), targets


def recoloured(image: Tensor, changes: Sequence[tuple[str, float]]) -> Tensor:
    """Return an image (3, H, W) uint8 after some changes of colour, in order, rounded and clamped at the end.

    Args:
        image: (3, H, W) uint8 RGB.
        changes: Names and amounts: factors >= 0 of "brightness", "contrast" and "saturation", turns of "hue".
    """
    pixels = image.reshape(3, -1).float()
    matrix, offset = torch.eye(3), torch.zeros(3)
    mean = pixels.mean(1)
    for step, shift in (affine(name, amount, matrix @ mean + offset) for name, amount in changes):
        matrix, offset = step @ matrix, step @ offset + shift
    mixed = torch.addmm(offset[:, None] + 0.5, matrix, pixels)  # the half: what follows cuts off
    return mixed.clamp_(0, 255).to(torch.uint8).reshape(image.shape)


def affine(name: str, amount: float, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Return one change of colour as a matrix (3, 3) and an offset (3,), of an image whose mean colour is `mean`."""
    still = torch.zeros(3)
    if name == "brightness":
        return amount * torch.eye(3), still
    if name == "contrast":
        return amount * torch.eye(3), ((1 - amount) * (LUMA @ mean)).expand(3)
    if name == "saturation":
        return amount * torch.eye(3) + (1 - amount) * LUMA.expand(3, 3), still
    return turn(amount), still


def turn(amount: float) -> Tensor:
    """Return the matrix (3, 3) that turns the hue of RGB in YIQ; a third of a turn leads from red towards green."""
    cos, sin = math.cos(math.tau * amount), math.sin(math.tau * amount)
    turned = torch.tensor([[1.0, 0, 0], [0, cos, sin], [0, -sin, cos]])
    matrix: Tensor = torch.linalg.inv(YIQ) @ turned @ YIQ
    return matrix
