"""How a scene of handwritten digits is drawn: background, strokes, places, depth. Pure functions of a generator.

Lengths of a scene are fractions of its canvas's side; brightness is in [0, 255].
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from polyhead.loading.source import Split

Array = NDArray[np.float32]
SHARES: dict[Split, tuple[float, float]] = {"train": (0.0, 0.6), "val": (0.6, 0.8), "test": (0.8, 1.0)}
LARGEST, SMALLEST = (0.34, 0.5), 0.17
"""Heights: of the largest digit of a scene, and the least of any."""
CLEAR = 1.35
"""How many times the height of the next one the largest digit has at least."""
NEARNESS = 0.75
"""Metres from which a digit as high as the canvas would be seen: all digits are of one real size."""


class Digit(NamedTuple):
    """One drawn digit.

    Attributes:
        label: Its class, 0 to 9.
        ink: (h, w) float32 in [0, 1], how much of each pixel is ink, without empty borders.
        top: Row of the ink's first row in the scene.
        left: Column of its first column.
    """

    label: int
    ink: Array
    top: int
    left: int


@cache
def scans(split: Split) -> tuple[tuple[Image.Image, ...], ...]:
    """Return scikit-learn's scans of a split by class: 8x8 grey, with a border of two empty pixels.

    The shares of the splits do not depend on any seed, so that no test scan was ever trained on.
    """
    from sklearn.datasets import load_digits  # takes a second to import, and only pixels need it

    pixels, labels = load_digits(return_X_y=True)
    padded = np.pad(pixels.reshape(-1, 8, 8) * (255 / 16), ((0, 0), (2, 2), (2, 2))).astype(np.uint8)
    first, last = SHARES[split]
    return tuple(
        tuple(Image.fromarray(padded[i]) for i in part(np.flatnonzero(labels == c), first, last)) for c in range(10)
    )


def part(numbers: NDArray[np.int64], first: float, last: float) -> NDArray[np.int64]:
    """Return the share of `numbers` from `first` to `last` in [0, 1], in a fixed mixed order."""
    mixed = np.random.default_rng(0).permutation(numbers)
    return mixed[round(first * len(mixed)) : round(last * len(mixed))]


def draw_ink(scan: Image.Image, height: float, degrees: float) -> Array:
    """Return a scan as smooth strokes about `height` pixels high, turned by `degrees`, without empty borders.

    Returns:
        (h, w) float32 in [0, 1], h and w >= 1; every border row and column has a pixel of more than half ink.
    """
    scale = 8 / height  # scan pixels per scene pixel
    side = int(1.5 * height) + 2
    sin, cos = np.sin(np.deg2rad(degrees)) * scale, np.cos(np.deg2rad(degrees)) * scale
    middle, centre = side / 2, 6.0
    turn = (cos, sin, centre - (cos + sin) * middle, -sin, cos, centre - (cos - sin) * middle)
    soft = np.asarray(scan.transform((side, side), Image.Transform.AFFINE, turn, Image.Resampling.BICUBIC), np.float32)
    ink = ((soft - 80) * (1 / 80)).clip(0, 1)
    full = ink > 0.5
    rows, columns = np.flatnonzero(full.any(1)), np.flatnonzero(full.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def draw_digits(rng: np.random.Generator, split: Split, canvas: int) -> list[Digit]:
    """Return the digits of a scene, 1 to 5, the clearly largest first; they hardly overlap."""
    wanted = int(rng.integers(1, 6))
    digits: list[Digit] = []
    for _ in range(3 * wanted):
        if len(digits) == wanted:
            break
        high = digits[0].ink.shape[0] / CLEAR if digits else LARGEST[1] * canvas
        low = SMALLEST * canvas if digits else LARGEST[0] * canvas
        label, height, degrees = int(rng.integers(10)), rng.uniform(low, max(low, high)), rng.uniform(-20, 20)
        of_class = scans(split)[label]
        ink = draw_ink(of_class[rng.integers(len(of_class))], height, degrees)
        place = find_place(rng, ink.shape, digits, canvas)
        if place is not None and (not digits or smaller(ink, digits[0].ink)):
            digits.append(Digit(label, ink, *place))
    return digits


def smaller(ink: Array, largest: Array) -> bool:
    """Return whether a digit is clearly less high, and of less area, than the largest."""
    return ink.shape[0] * CLEAR <= largest.shape[0] and ink.size * CLEAR <= largest.size


def find_place(
    rng: np.random.Generator, shape: tuple[int, ...], digits: list[Digit], canvas: int
) -> tuple[int, int] | None:
    """Return top, left where a digit of `shape` fits beside the others; None if 8 tries found nothing."""
    for top, left in rng.integers(0, (canvas - shape[0] + 1, canvas - shape[1] + 1), (8, 2)).tolist():
        if all(covered(top, left, shape, other) <= 0.05 for other in digits):
            return top, left
    return None


def covered(top: int, left: int, shape: tuple[int, ...], other: Digit) -> float:
    """Return which share of the smaller of two boxes lies in both."""
    height = min(top + shape[0], other.top + other.ink.shape[0]) - max(top, other.top)
    width = min(left + shape[1], other.left + other.ink.shape[1]) - max(left, other.left)
    return float(max(0, height) * max(0, width) / min(shape[0] * shape[1], other.ink.size))


def draw_background(rng: np.random.Generator, canvas: int, low: int, high: int) -> Array:
    """Return a cluttered background (canvas, canvas, 3) float32 in about [low, high]: gradients, blobs, lines, noise.

    Nothing in it looks like a digit: lines cross the whole canvas, and blobs are large and filled.
    """
    coarse = Image.fromarray(rng.integers(low, high, (4, 4, 3), dtype=np.uint8))
    image = coarse.resize((canvas, canvas), Image.Resampling.BILINEAR)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 4)):
        x, y = rng.uniform(-0.2, 1, 2) * canvas
        width, height = rng.uniform(0.3, 0.8, 2) * canvas
        pen.ellipse((x, y, x + width, y + height), fill=shade(rng, low, high))
    for _ in range(rng.integers(0, 5)):
        (x, y), turn = rng.uniform(0, 1, 2) * canvas, rng.uniform(0, np.pi)
        away = (2 * canvas * np.cos(turn), 2 * canvas * np.sin(turn))
        pen.line((x - away[0], y - away[1], x + away[0], y + away[1]), shade(rng, low, high), int(rng.integers(1, 4)))
    grain = int(rng.integers(2, 20))
    noise = rng.integers(0, 256, (canvas, canvas, 1), dtype=np.uint8)
    return np.asarray(image, np.float32) + (noise * np.float32(grain / 128) - grain)


def shade(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    """Return a random colour with channels in [low, high)."""
    red, green, blue = rng.integers(low, high, 3).tolist()
    return red, green, blue


def draw_depth(rng: np.random.Generator, digits: list[Digit], canvas: int) -> Array:
    """Return metres (canvas, canvas) float32: a tilted plane 6 to 10 m away, digits nearer the larger, NaN holes."""
    line = np.linspace(-1, 1, canvas, dtype=np.float32)
    far, down, right = rng.uniform(7, 9), *rng.uniform(-0.5, 0.5, 2)
    depth: Array = (far + down * line[:, None] + right * line[None, :]).astype(np.float32)
    for digit in digits:
        paint(depth, digit)[digit.ink > 0.5] = NEARNESS * canvas / digit.ink.shape[0]
    for _ in range(rng.integers(0, 4)):
        top, left = rng.integers(0, canvas, 2)
        height, width = rng.integers(1, max(2, canvas // 8), 2)
        depth[top : top + height, left : left + width] = np.nan
    return depth


def paint(scene: NDArray[Any], digit: Digit) -> NDArray[Any]:
    """Return the part of a scene (H, W, ...) that a digit covers, as a view."""
    height, width = digit.ink.shape
    return scene[digit.top : digit.top + height, digit.left : digit.left + width]
