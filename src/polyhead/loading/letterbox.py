"""Scale an image and its targets, keeping the ratio, and pad them to one size: the letterbox."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from torchvision import tv_tensors
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import resize_image

from polyhead.contracts import IGNORE, Frame, Interpolation
from polyhead.loading.source import DenseMap, InstanceMasks, Item
from polyhead.ops.frames import inside

GREY = 114
"""The value of padded image pixels."""
OUTSIDE: dict[type, float] = {tv_tensors.Mask: IGNORE, DenseMap: float("nan"), InstanceMasks: 0}
"""What stands where nothing was, in each kind of map."""
LEAST = 2.0
"""Pixels below which a side of a box that was cut no longer counts as a thing that can be seen."""
MODES: dict[Interpolation, InterpolationMode] = {
    "nearest": InterpolationMode.NEAREST_EXACT,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Return a side, or H and W, as (H, W)."""
    return (size, size) if isinstance(size, int) else size


def fit(original: tuple[int, int], size: tuple[int, int]) -> Frame:
    """Return how an image of `original` (H, W) is scaled and centred in `size` (H, W)."""
    ratio = min(size[0] / original[0], size[1] / original[1])
    height, width = (max(1, min(round(side * ratio), most)) for side, most in zip(original, size, strict=True))
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return Frame(original, (height / original[0], width / original[1]), (top, left))


def letterbox(
    image: Tensor, size: int | tuple[int, int], interpolation: Interpolation = "bilinear"
) -> tuple[Tensor, Frame]:
    """Return an image (3, H, W) scaled into `size` and padded with grey, and the frame that tells how.

    Scaling is antialiased, except by nearest pixels; an image that has the size already comes back unchanged.
    """
    frame = fit((image.shape[-2], image.shape[-1]), pair(size))
    return place(image, frame, pair(size), MODES[interpolation], GREY), frame


def letterbox_item(
    item: Item, size: int | tuple[int, int], interpolation: Interpolation = "bilinear"
) -> tuple[Item, Frame]:
    """Return an item with its image and every target that has places brought into `size`, and the frame."""
    image, frame = letterbox(item.image.as_subclass(Tensor), size, interpolation)
    return Item(tv_tensors.Image(image), letterbox_targets(item.targets, size)), frame


def letterbox_targets(targets: Mapping[str, Any], size: int | tuple[int, int]) -> dict[str, Any]:
    """Return targets brought into `size`; a target without places is unchanged.

    Each target knows the size of its image, (H, W) of a mask or the canvas of boxes, so that no pixels are needed.
    Masks are scaled by nearest pixels and padded with 255, dense maps with NaN, masks of instances with 0.
    """
    return {name: letterbox_target(target, pair(size)) for name, target in targets.items()}


def letterbox_target(target: Any, size: tuple[int, int]) -> Any:
    """Return one target brought into `size` (H, W)."""
    if isinstance(target, dict):
        return letterbox_targets(target, size)
    if isinstance(target, tv_tensors.BoundingBoxes):
        return letterbox_boxes(target, size)
    if not isinstance(target, tv_tensors.Mask):
        return target
    frame = fit((target.shape[-2], target.shape[-1]), size)
    fill = OUTSIDE.get(type(target), IGNORE)
    moved = place(target.as_subclass(Tensor)[None], frame, size, InterpolationMode.NEAREST_EXACT, fill)[0]
    return moved.as_subclass(type(target))


def letterbox_boxes(boxes: Any, size: tuple[int, int]) -> Any:
    """Return tv_tensors.BoundingBoxes XYXY (m, 4) brought into `size` (H, W)."""
    (y, x), (top, left) = (frame := fit(boxes.canvas_size, size)).scale, frame.pad
    moved = boxes.as_subclass(Tensor).float() * torch.tensor([x, y, x, y]) + torch.tensor([left, top, left, top])
    return tv_tensors.BoundingBoxes(moved, format="XYXY", canvas_size=size)


def place(image: Tensor, frame: Frame, size: tuple[int, int], mode: InterpolationMode, fill: float) -> Tensor:
    """Return an image (C, H, W) scaled and padded as its frame says, to `size` (H, W)."""
    height, width = inside(frame)
    (top, left), (full_height, full_width) = frame.pad, size
    if (height, width) != frame.size:
        antialias = mode != InterpolationMode.NEAREST_EXACT
        image = resize_image(image, [height, width], interpolation=mode, antialias=antialias)
    if (height, width) == size:
        return image
    return pad(image, (left, full_width - width - left, top, full_height - height - top), value=fill)
