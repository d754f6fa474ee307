"""Windows over a large image: how it is cut into them, and what gathers a head's answers about all of them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from math import ceil
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

from polyhead.errors import UserError

Outputs = TypeVar("Outputs")
Predictions = TypeVar("Predictions")
MOST_OVERLAP = 0.9


class Window(NamedTuple):
    """A part of an image that goes through the network by itself, in the image's own pixels.

    Attributes:
        corner: Its first row and column.
        size: H, W of the window.
        image: H, W of the image.
    """

    corner: tuple[int, int]
    size: tuple[int, int]
    image: tuple[int, int]

    def inner_sides(self) -> tuple[bool, bool, bool, bool]:
        """Return whether the left, top, right and bottom side cuts through the image, instead of being its edge."""
        (top, left), (height, width), (bottom, right) = self
        return left > 0, top > 0, left + width < right, top + height < bottom


class Stitch(ABC, Generic[Outputs, Predictions]):
    """Gathers what a head says of one image, window by window, without keeping the outputs of all of them."""

    @abstractmethod
    def add(self, outputs: Outputs, window: Window) -> None:
        """Take a head's outputs for one window (n = 1); windows come in the order of `cut`."""

    @abstractmethod
    def predictions(self) -> Predictions:
        """Return the predictions of the image (n = 1), in its own pixels; called once, after the last window."""


def cut(image: tuple[int, int], side: int, overlap: float, stride: int) -> Iterator[Window]:
    """Yield the windows that cover an image, row by row and from left to right.

    They start at multiples of `stride`, so that the network's cells lie alike in all of them and in the whole image.
    The last ones of a row or column end with the image, and may be up to `stride` - 1 pixels smaller.

    Args:
        image: H, W.
        side: Of the windows, in pixels; where the image is smaller, a window ends with it.
        overlap: The share of its side, 0 to 0.9, that a window has in common with the next one at least.
        stride: Of the network's coarsest cells, in pixels; `side` takes two or more.

    Raises:
        UserError: If `side` or `overlap` is out of its range.
    """
    if side < 2 * stride:
        raise UserError(
            f"a window of {side} pixels is too small: this model takes {2 * stride} or more, two of its coarsest cells"
        )
    if not 0 <= overlap <= MOST_OVERLAP:
        raise UserError(f"an overlap of {overlap:g} does not fit; it takes a share of the window, 0 to {MOST_OVERLAP}")
    for top, height in spans(image[0], side, overlap, stride):
        for left, width in spans(image[1], side, overlap, stride):
            yield Window((top, left), (height, width), image)


def spans(length: int, side: int, overlap: float, stride: int) -> list[tuple[int, int]]:
    """Return the start and length of each window along one side of an image, of `length` pixels; see `cut`."""
    if length <= side:
        return [(0, length)]
    step = max(stride, int(side * (1 - overlap)) // stride * stride)
    last = ceil((length - side) / stride) * stride
    return [(start, min(side, length - start)) for start in (*range(0, last, step), last)]


def taper(window: Window) -> Tensor:
    """Return what each pixel of a window weighs in an average, (H, W) in (0, 1]: much in the middle, little at the rim.

    At its rim a network knows half of the surroundings. A Hann window falls smoothly to nearly nothing there, so that
    one window hands over to the next without a seam.
    """
    down, along = (torch.hann_window(side + 2, periodic=False)[1:-1] for side in window.size)
    return down[:, None] * along
