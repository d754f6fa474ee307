"""What each cell of a grid says of its own pixels, kept by cell: laid out as pixels only where pixels are asked for."""

from math import isqrt
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F


class Paint(NamedTuple):
    """Logits of every pixel, held by the cell that paints it.

    Attributes:
        cells: (n, K, s s, h, w): of each class, at each place of the s x s pixels of each cell, row by row.
        size: H, W of the inputs, (h - 1) s < H <= h s and likewise W; what cells paint beyond is cut off.
    """

    cells: Tensor
    size: tuple[int, int]

    @property
    def side(self) -> int:
        """Return s, the pixels along a cell's side."""
        return isqrt(self.cells.shape[2])


def to_pixels(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """Return what cells hold (..., s s, h, w) as a map of pixels (..., H, W) of `size`."""
    side, (height, width) = isqrt(cells.shape[-3]), cells.shape[-2:]
    apart = cells.reshape(*cells.shape[:-3], side, side, height, width)
    last = apart.ndim
    order = (*range(last - 4), last - 2, last - 4, last - 1, last - 3)
    pixels = apart.permute(order).reshape(*cells.shape[:-3], height * side, width * side)
    return pixels[..., : size[0], : size[1]]


def to_cells(pixels: Tensor, side: int, fill: float) -> Tensor:
    """Return a map of pixels (n, H, W) as cells hold it, (n, s s, h, w); what they paint beyond the map is `fill`."""
    n, height, width = pixels.shape
    down, right = -height % side, -width % side
    padded = F.pad(pixels, (0, right, 0, down), value=fill) if down or right else pixels
    apart = padded.reshape(n, (height + down) // side, side, (width + right) // side, side)
    return apart.permute(0, 2, 4, 1, 3).reshape(n, side * side, apart.shape[1], apart.shape[3])


def alike(one: Paint, other: Paint) -> tuple[Tensor, Tensor]:
    """Return the logits of two paintings of the same images, (n, K, ...) with the same pixels at the same places.

    They stay by cell where both have the same cells and these paint nothing beyond the images.
    """
    whole = not any(side % one.side for side in one.size)
    if one.side == other.side and whole:
        return one.cells, other.cells
    return to_pixels(one.cells, one.size), to_pixels(other.cells, other.size)
