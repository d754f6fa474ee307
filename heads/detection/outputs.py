"""What the detection head says, and the form of its targets and predictions."""

from typing import NamedTuple

from torch import Tensor

Boxes = list[dict[str, Tensor]]
"""One dict an item, as torchmetrics has it: `boxes` (r, 4) xyxy, `labels` (r,) and, of predictions, `scores` (r,)."""


class DetectionOutputs(NamedTuple):
    """What the branches say at the A anchor points of B items, in float32.

    Attributes:
        logits: (B, A, K), one an independent class.
        boxes: (B, A, 4) xyxy in input pixels, with area, not clamped to the input.
        points: (A, 2) x, y of the anchor points in input pixels.
        strides: (A,) input pixels per cell at each.
        size: H, W of the inputs.
        bins: (B, A, 4, 16) logits of the distances' distributions; None where there are none.
        one_to_one: What the branches that give each object one point say; None where there are none.
    """

    logits: Tensor
    boxes: Tensor
    points: Tensor
    strides: Tensor
    size: tuple[int, int]
    bins: Tensor | None = None
    one_to_one: "DetectionOutputs | None" = None
