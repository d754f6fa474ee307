"""The parts of images that a mosaic shows, and where: cut, scaled, and laid on one canvas.

Letters in shapes: H and W pixels, m objects.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import resize_image

from polyhead.contracts import IGNORE, Frame
from polyhead.loading.letterbox import OUTSIDE
from polyhead.ops.frames import inside

CENTRE: Final = (0.25, 0.75)
"""Where the point lies at which four images meet, as shares of each side."""
Box = tuple[int, int, int, int]
"""Top, left, height and width in pixels."""


class Tile(NamedTuple):
    """The part of a letterboxed image that a mosaic shows, and where.

    Attributes:
        cut: Top, left, height and width of the part, in pixels of the letterboxed image.
        shown: Top, left, height and width of it on the canvas.
    """

    cut: Box
    shown: Box


def quarters(size: tuple[int, int], rng: np.random.Generator) -> list[Box]:
    """Return top, left, height and width of the four parts of a canvas (H, W) around a random point, row by row."""
    y, x = (round(side * rng.uniform(*CENTRE)) for side in size)
    rows, columns = ((0, y), (y, size[0] - y)), ((0, x), (x, size[1] - x))
    return [(top, left, height, width) for top, height in rows for left, width in columns]


def tile(frame: Frame, quarter: Box, scale: float, rng: np.random.Generator) -> Tile:
    """Return what a quarter of a canvas shows of an image that is scaled: a random part of it, or all.

    The letterbox's padding stays out. An image smaller than its quarter lies in the corner next to the others.
    """
    cut, shown = [], []
    for axis, (length, pad) in enumerate(zip(inside(frame), frame.pad, strict=True)):
        begin, space = quarter[axis], quarter[2 + axis]
        part = min(length, math.ceil(space / scale))
        seen = min(space, max(1, round(part * scale)))
        cut.append((pad + int(rng.integers(length - part + 1)), part))
        shown.append((begin + space - seen if begin == 0 else begin, seen))
    return Tile(box_of(cut), box_of(shown))


def box_of(spans: Sequence[tuple[int, int]]) -> Box:
    """Return top, left, height and width, from begin and length along y and x."""
    (top, height), (left, width) = spans
    return top, left, height, width


def part_of(image: Tensor, box: Box) -> Tensor:
    """Return a view of a part (..., height, width) of images (..., H, W)."""
    top, left, height, width = box
    return image[..., top : top + height, left : left + width]


def pasted(
    images: Sequence[Tensor], tiles: Sequence[Tile], size: tuple[int, int], fill: float, mode: InterpolationMode
) -> Tensor:
    """Return the parts of images (C, H, W) on one canvas (C, *size), `fill` where there is none; all plain tensors."""
    canvas = torch.full((images[0].shape[0], *size), fill, dtype=images[0].dtype)
    antialias = mode != InterpolationMode.NEAREST_EXACT
    for image, (cut, shown) in zip(images, tiles, strict=True) if len(canvas) else ():
        part = part_of(image.as_subclass(Tensor), cut)
        if part.shape[-2:] != shown[2:]:
            part = resize_image(part, list(shown[2:]), interpolation=mode, antialias=antialias)
        part_of(canvas, shown).copy_(part)
    return canvas


def map_of(maps: Sequence[Any], tiles: Sequence[Tile], size: tuple[int, int]) -> Any:
    """Return maps of pixels, (H, W) or (m, H, W), as one of the canvas, scaled by nearest pixels, of the same type."""
    planes = [one.as_subclass(Tensor).reshape(-1, *one.shape[-2:]) for one in maps]
    canvas = pasted(planes, tiles, size, OUTSIDE.get(type(maps[0]), IGNORE), InterpolationMode.NEAREST_EXACT)
    return canvas.reshape(*maps[0].shape[:-2], *size).as_subclass(type(maps[0]))


def moved(boxes: Tensor, place: Tile) -> tuple[Tensor, Tensor]:
    """Return boxes (m, 4) XYXY of a letterboxed image cut and brought to the canvas, and the share of each area left.

    The share is exactly 1 where nothing was cut.
    """
    (top, left, height, width), (y, x, rows, columns) = place
    origin, end = torch.tensor([left, top] * 2), torch.tensor([width, height] * 2)
    outer = boxes - origin
    inner = torch.minimum(outer.clamp(min=0), end)
    share = torch.where((inner == outer).all(1), 1.0, (area(inner) / area(boxes)).nan_to_num(0, 0, 0))
    factor = torch.tensor([columns / width, rows / height] * 2)
    return inner * factor + torch.tensor([x, y] * 2), share


def area(boxes: Tensor) -> Tensor:
    """Return the areas (m,) of boxes (m, 4) XYXY."""
    return (boxes[:, 2:] - boxes[:, :2]).prod(1)


def share_of(masks: Tensor, cut: Box) -> Tensor:
    """Return how much of each object's pixels (m, H, W) lies in a part of the image, (m,) in [0, 1]; of none, 0."""
    whole = masks.flatten(1).count_nonzero(1)
    return part_of(masks, cut).flatten(1).count_nonzero(1) / whole.clamp(min=1)
