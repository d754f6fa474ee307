"""Mosaic: four images around one point, so that an item shows more objects, at more scales, cut in more ways.

After Bochkovskiy, Wang and Liao, YOLOv4, arXiv 2004.10934. Letters in shapes: H and W pixels, m objects.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms.v2 import InterpolationMode

from polyhead.loading.letterbox import GREY, LEAST
from polyhead.loading.source import Item, Sample
from polyhead.loading.tiles import Tile, map_of, moved, pasted, quarters, share_of, tile
from polyhead.ops.outlines import boxes_around

TRIES: Final = 12
"""Images that are drawn at most, to find three that carry the targets of the first."""
OWN: Final = 1
"""What sets a mosaic's random numbers apart from those of the augmentations that follow it."""


class Mosaic:
    """Lay an item and three others on one canvas, each scaled at random and cut where its quarter of it ends.

    Boxes and masks go along; objects are cut to what can still be seen of them. What no image covers is grey, without
    objects and unlabelled. Only items whose targets all have places are laid, beside others that carry at least
    these: whoever has a class of the whole image, or no target, stays as it is.

    Args:
        share: Of items that become a mosaic, in [0, 1].
        scale: The least and the greatest factor on an image that was letterboxed, above 0.
        visible: Share of an object's area below which what is left of it no longer counts as one, in [0, 1].

    Raises:
        ValueError: If an option is out of its range.
    """

    def __init__(self, share: float = 0.5, scale: Sequence[float] = (0.5, 1.5), visible: float = 0.1) -> None:
        for name, value in (("share", share), ("visible", visible)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be from 0 to 1, not {value}")
        if len(scale) != 2 or not 0 < scale[0] <= scale[1]:
            raise ValueError(f"scale must be two factors above 0, the least first, not {scale}")
        self.share: Final = share
        self.scale: Final = (float(scale[0]), float(scale[1]))
        self.visible: Final = visible

    def __call__(self, first: Sample, items: range, still: Callable[[int], Sample], entropy: tuple[int, ...]) -> Item:
        """Return an item, or the mosaic of it and three others: a function of `entropy` and what `still` gives alone.

        Args:
            first: The item, letterboxed, and how.
            items: The numbers of those that it may be laid beside, itself among them.
            still: Returns one of them by its number, as `first`; images share one size.
            entropy: Seed, epoch, number of the item.
        """
        rng = np.random.default_rng((*entropy, OWN))
        targets = first[0].targets
        if rng.random() >= self.share or not targets or not all(map(has_places, targets.values())):
            return first[0]
        laid = [first]
        for other in map(still, (items.start + rng.integers(len(items), size=TRIES)).tolist()):
            if targets.keys() <= other[0].targets.keys() and all(
                has_places(other[0].targets[name]) for name in targets
            ):
                laid.append(other)
            if len(laid) == 4:
                return self.lay([laid[place] for place in rng.permutation(4)], tuple(targets), rng)
        return first[0]

    def lay(self, samples: Sequence[Sample], names: Sequence[str], rng: np.random.Generator) -> Item:
        """Return the mosaic of four items, row by row, with the targets of some names, which all of them carry."""
        size = samples[0][0].image.shape[-2:]
        tiles = [
            tile(frame, quarter, rng.uniform(*self.scale), rng)
            for (_, frame), quarter in zip(samples, quarters(size, rng), strict=True)
        ]
        images = [item.image for item, _ in samples]
        return Item(
            tv_tensors.Image(pasted(images, tiles, size, GREY, InterpolationMode.BILINEAR)),
            {name: self.joined([item.targets[name] for item, _ in samples], tiles, size) for name in names},
        )

    def joined(self, targets: Sequence[Any], tiles: Sequence[Tile], size: tuple[int, int]) -> Any:
        """Return the targets of one name, of each tile, as one of the canvas."""
        if not isinstance(targets[0], dict):
            return map_of(targets, tiles, size)
        parts = [self.objects(target, place, size) for target, place in zip(targets, tiles, strict=True)]
        return {key: like(torch.cat([part[key] for part in parts]), targets[0][key], size) for key in targets[0]}

    def objects(self, target: Mapping[str, Any], place: Tile, size: tuple[int, int]) -> dict[str, Tensor]:
        """Return the objects of one tile that can still be seen, on the canvas, as plain tensors.

        Of an object that has a mask, the box is the one around what is left of that.
        """
        found = {key: value.as_subclass(Tensor) for key, value in target.items()}
        found["boxes"], share = moved(found["boxes"], place)
        if "masks" in target:
            share = share_of(found["masks"], place.cut)
            found["masks"] = map_of([target["masks"]], [place], size).as_subclass(Tensor)
            found["boxes"] = boxes_around(found["masks"])
        sides = found["boxes"][:, 2:] - found["boxes"][:, :2]
        kept = (share >= self.visible) & (sides > 0).all(1) & ((sides >= LEAST).all(1) | (share == 1))
        return {key: value[kept] for key, value in found.items()}


def has_places(target: Any) -> bool:
    """Return whether a target says where: boxes and maps of pixels do, classes and values of the whole image do not."""
    return isinstance(target, dict | tv_tensors.Mask)


def like(joined: Tensor, one: Any, size: tuple[int, int]) -> Any:
    """Return a tensor as the type of `one`: boxes of a canvas (H, W), a map of pixels, or plain."""
    if isinstance(one, tv_tensors.BoundingBoxes):
        return tv_tensors.BoundingBoxes(joined, format="XYXY", canvas_size=size)
    return joined.as_subclass(type(one))
