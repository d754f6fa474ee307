"""From input pixels back to the original image's."""

from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import Frame


def restore_map(values: Tensor, frame: Frame) -> Tensor:
    """Return a (H, W) map of an input as the map of its original image, (H0, W0): padding cut off, nearest pixels."""
    (height, width), (y, x), (top, left) = frame
    inner = values[top : top + max(1, round(height * y)), left : left + max(1, round(width * x))]
    whole = F.interpolate(inner[None, None].float(), size=(height, width), mode="nearest-exact")
    return whole[0, 0].to(values.dtype)
