"""What the instances head says."""

from typing import NamedTuple

from torch import Tensor

from polyhead.heads.detection.outputs import DetectionOutputs


class InstanceOutputs(NamedTuple):
    """Boxes at the A anchor points of B items, and what the masks of these are made of: k prototypes an item.

    Attributes:
        found: What the detection head says.
        coefficients: (B, A, k) float32 in [-1, 1], how much of each prototype is in the mask of a point's object.
        prototypes: (B, k, h, w) float32, >= 0, each an image of `stride` input pixels a cell.
        stride: Input pixels per cell of the prototypes.
    """

    found: DetectionOutputs
    coefficients: Tensor
    prototypes: Tensor
    stride: int
