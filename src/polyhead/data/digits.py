"""Scenes of real handwritten digits, drawn as they are needed: images with five kinds of labels, offline."""

from hashlib import sha256
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision import tv_tensors

from polyhead.data._digits import Digit, draw_background, draw_depth, draw_digits, paint, shade
from polyhead.errors import UserError
from polyhead.loading.source import SPLITS, Augmentations, DenseMap, InstanceMasks, Item, Source, Split
from polyhead.ops.outlines import boxes_around

NAMES: Final = tuple("0123456789")
DARK, LIGHT = (10, 95), (160, 245)
"""Brightness of the channels of a background and of its digits, or the other way round: always told apart."""


class Digits(Source):
    """Made-up scenes of one to five handwritten digits (scikit-learn's scans) on clutter, with five targets each.

    `label` is the class of the digit drawn clearly largest, `boxes` are tight around the ink of each, `mask` numbers
    the pixels (0 background, 1 to 10 the digits), `depth` is in metres: a tilted plane, before it the digits, all of
    one real size, hence nearer the larger; NaN in its holes; `instances` are the pixels of each that no other hides,
    with a tight box. Training, validation and test use different scans.

    Args:
        images: Training scenes, >= 1; validation and test have a quarter as many each, at least one.
        canvas: Side of the scenes in pixels, >= 32.
        seed: Item i of a split is a function of it, the split and i; >= 0.

    Raises:
        UserError: If an option is too small.
    """

    augment: Augmentations = (  # no rotation: boxes around turned boxes are not tight; no flips: 2 and 5, 6 and 9
        {"name": "scale_jitter", "scale_range": [0.8, 1.2]},
        {"name": "random_crop", "pad_if_needed": True},
        {"name": "color_jitter", "brightness": 0.2, "contrast": 0.2},
    )

    def __init__(self, images: int = 2048, canvas: int = 128, seed: int = 0) -> None:
        for option, value, least in (("images", images, 1), ("canvas", canvas, 32), ("seed", seed, 0)):
            if value < least:
                raise UserError(f"{option} of the digits must be {least} or more, not {value}")
        self.images: Final = images
        self.canvas: Final = canvas
        self.seed: Final = seed

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the digits, after the background for `mask`."""
        mask = ("background", *NAMES)
        return {"label": NAMES, "boxes": NAMES, "mask": mask, "depth": (), "instances": NAMES}

    def size(self, split: Split) -> int:
        """Return how many scenes a split has."""
        return self.images if split == "train" else max(1, self.images // 4)

    def item(self, split: Split, index: int) -> Item:
        """Return one scene, drawn now."""
        rng = np.random.default_rng((self.seed, SPLITS.index(split), index))
        digits = draw_digits(rng, split, self.canvas)
        image = draw_image(rng, digits, self.canvas)
        targets = {
            "label": digits[0].label,
            "boxes": boxes_of(digits, self.canvas),
            "mask": tv_tensors.Mask(torch.from_numpy(mask_of(digits, self.canvas))),
            "depth": DenseMap(torch.from_numpy(draw_depth(rng, digits, self.canvas))),
            "instances": instances_of(digits, self.canvas),
        }
        return Item(tv_tensors.Image(torch.from_numpy(image)), targets)

    def fingerprint(self) -> str:
        """Return a hash of the options, and of the version of the drawing."""
        return sha256(f"digits 1 {self.images} {self.canvas} {self.seed}".encode()).hexdigest()[:16]


def draw_image(rng: np.random.Generator, digits: list[Digit], canvas: int) -> NDArray[np.uint8]:
    """Return the scene (3, canvas, canvas) uint8, each digit in a colour of its own."""
    below, above = (DARK, LIGHT) if rng.random() < 0.5 else (LIGHT, DARK)
    scene = draw_background(rng, canvas, *below)
    for digit in digits:
        under, ink = paint(scene, digit), digit.ink[..., None]
        under += (np.array(shade(rng, *above), np.float32) - under) * ink
    return np.ascontiguousarray(scene.clip(0, 255).astype(np.uint8).transpose(2, 0, 1))


def boxes_of(digits: list[Digit], canvas: int) -> dict[str, torch.Tensor]:
    """Return the boxes around the ink of m >= 1 digits, (m, 4) xyxy in pixels, and their labels (m,)."""
    corners = [(d.left, d.top, d.left + d.ink.shape[1], d.top + d.ink.shape[0]) for d in digits]
    boxes = tv_tensors.BoundingBoxes(
        torch.tensor(corners, dtype=torch.float32), format="XYXY", canvas_size=(canvas, canvas)
    )
    return {"boxes": boxes, "labels": torch.tensor([digit.label for digit in digits])}


def mask_of(digits: list[Digit], canvas: int) -> NDArray[np.uint8]:
    """Return the class number of each pixel, (canvas, canvas) uint8: 0 the background, 1 + label where ink is."""
    mask = np.zeros((canvas, canvas), np.uint8)
    for digit in digits:
        paint(mask, digit)[digit.ink > 0.5] = 1 + digit.label
    return mask


def instances_of(digits: list[Digit], canvas: int) -> dict[str, torch.Tensor]:
    """Return the ink of each of m >= 1 digits that no later one hides, (m, canvas, canvas), its box and its label."""
    owner = np.zeros((canvas, canvas), np.uint8)
    for number, digit in enumerate(digits, 1):
        paint(owner, digit)[digit.ink > 0.5] = number
    layers = torch.from_numpy(owner) == torch.arange(1, len(digits) + 1)[:, None, None]
    boxes = tv_tensors.BoundingBoxes(boxes_around(layers), format="XYXY", canvas_size=(canvas, canvas))
    labels = torch.tensor([digit.label for digit in digits])
    return {"boxes": boxes, "labels": labels, "masks": InstanceMasks(layers.byte())}
