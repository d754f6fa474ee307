"""Between the pixels of an input and those of its original image."""

from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import Frame


def inside(frame: Frame) -> tuple[int, int]:
    """Return H, W of the scaled image within its padding."""
    return round(frame.size[0] * frame.scale[0]), round(frame.size[1] * frame.scale[1])


def restore_map(values: Tensor, frame: Frame) -> Tensor:
    """Return a (H, W) map of an input as the map of its original image, (H0, W0): padding cut off, nearest pixels."""
    (height, width), (top, left) = inside(frame), frame.pad
    inner = values[top : top + height, left : left + width]
    whole = F.interpolate(inner[None, None].float(), size=frame.size, mode="nearest-exact")
    return whole[0, 0].to(values.dtype)
