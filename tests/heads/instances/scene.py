"""A scene of two overlapping objects, made by hand: which prototype is whose is known."""

import torch
from torch import Tensor

from polyhead.heads.detection.outputs import DetectionOutputs
from polyhead.heads.instances.outputs import InstanceOutputs

STRIDE = 4
SIZE = (32, 40)
BOXES = torch.tensor([[4.0, 4, 20, 20], [12.0, 8, 36, 28]])
"""Whole cells of the prototypes, so that edges fall between pixels."""


def cells() -> Tensor:
    """Return prototypes (2, 8, 10) of the objects: the columns of each from top to bottom, which the boxes cut."""
    shapes = torch.zeros(2, SIZE[0] // STRIDE, SIZE[1] // STRIDE)
    for shape, box in zip(shapes, (BOXES / STRIDE).int().tolist(), strict=True):
        shape[:, box[0] : box[2]] = 1
    return shapes


def masks() -> Tensor:
    """Return the pixels (2, 32, 40) of the objects, which fill their boxes."""
    masks = torch.zeros(2, *SIZE, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, BOXES.int().tolist(), strict=True):
        mask[y1:y2, x1:x2] = 1
    return masks


def truth() -> list[dict[str, Tensor]]:
    """Return the targets of the one item."""
    return [{"boxes": BOXES, "labels": torch.tensor([0, 1]), "masks": masks()}]


def scene(*, swapped: bool = False, strength: float = 20.0) -> InstanceOutputs:
    """Return outputs of two anchor points, one an object.

    The first two prototypes are the objects, the third is 1/2 everywhere: an object's coefficients are 1 for its own
    and -1 for the third, and so logits are half of `strength` within it, and less than nothing outside.
    """
    prototypes = strength * torch.cat([cells(), torch.full((1, *cells().shape[1:]), 0.5)])
    chosen = torch.tensor([[1.0, 0, -1], [0, 1.0, -1]])
    middles = (BOXES[:, :2] + BOXES[:, 2:]) / 2
    sure = torch.tensor([[8.0, -8], [-8, 7]])
    found = DetectionOutputs(sure[None], BOXES[None].clone(), middles, torch.full((2,), 8.0), SIZE)
    coefficients = (chosen.flip(0) if swapped else chosen)[None]
    return InstanceOutputs(found, coefficients.requires_grad_(), prototypes[None].requires_grad_(), STRIDE)
