"""Where objects are that are given as pixels."""

import torch
from torch import Tensor


def boxes_around(masks: Tensor) -> Tensor:
    """Return the boxes that tightly enclose masks: xyxy in pixels, from the first pixel's corner to the last one's.

    It takes all masks at once, and empty ones; `torchvision.ops.masks_to_boxes` does neither.

    Args:
        masks: (m, H, W) bool or numbers, m >= 0; what is not 0 is of the object.

    Returns:
        (m, 4) float32; of an empty mask zeros.
    """
    if not len(masks):
        return torch.zeros(0, 4, device=masks.device)
    sides = [ends(masks.any(dim=axis)) for axis in (1, 2)]
    return torch.stack([sides[0][0], sides[1][0], sides[0][1], sides[1][1]], dim=1).float()


def ends(line: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first place (m,) of True on lines (m, L), and the one after the last; 0 and 0 where there is none."""
    line = line.byte()  # argmax knows no bool
    first, after = line.argmax(dim=1), line.shape[1] - line.flip(1).argmax(dim=1)
    return first, after * line.any(dim=1)
