"""How far a box is from another: complete IoU."""

import math

import torch
from torch import Tensor


def ciou_loss(said: Tensor, true: Tensor) -> Tensor:
    """Return 1 - IoU, plus the distance of the centres and the difference of the shapes (CIoU, arXiv 1911.08287).

    It equals torchvision's `complete_box_iou_loss`, whose masks make a GPU wait at every step.

    Args:
        said: (..., 4) xyxy with area, float32.
        true: (..., 4) xyxy with area.

    Returns:
        (...) from 0 on, where the two are equal.
    """
    x1, y1, x2, y2 = said.unbind(dim=-1)
    left, top, right, bottom = true.unbind(dim=-1)
    width, height, true_width, true_height = x2 - x1, y2 - y1, right - left, bottom - top
    both = (torch.minimum(x2, right) - torch.maximum(x1, left)).clamp(min=0)
    both = both * (torch.minimum(y2, bottom) - torch.maximum(y1, top)).clamp(min=0)
    iou = both / (width * height + true_width * true_height - both)
    diagonal = (torch.maximum(x2, right) - torch.minimum(x1, left)).square()
    diagonal = diagonal + (torch.maximum(y2, bottom) - torch.minimum(y1, top)).square()
    away = ((x1 + x2 - left - right).square() + (y1 + y2 - top - bottom).square()) / 4
    shape = 4 / math.pi**2 * (torch.atan(true_width / true_height) - torch.atan(width / height)).square()
    with torch.no_grad():
        trade = shape / (1 - iou + shape).clamp(min=1e-7)
    return 1 - iou + away / diagonal + trade * shape
