"""The middle of an item."""

from collections.abc import Sequence
from typing import Any, Final

from torchvision.transforms import v2


class CenterCrop:
    """Cut the middle out of an item, which is padded before where it is smaller.

    It has torchvision's option. That one pads too, and with 0 alone, which would make up background in masks.

    Args:
        size: Side, or H and W, of the middle, in pixels.
        fill: What stands where nothing was.
    """

    def __init__(self, size: int | Sequence[int], fill: Any = 0) -> None:
        self.crop: Final = v2.CenterCrop(size)
        self.fill: Final = fill

    def __call__(self, image: Any, targets: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return image and targets."""
        down, across = (max(0, want - side) for want, side in zip(self.crop.size, image.shape[-2:], strict=True))
        if down or across:
            sides = [across // 2, down // 2, across - across // 2, down - down // 2]
            image, targets = v2.Pad(sides, fill=self.fill)(image, targets)
        image, targets = self.crop(image, targets)
        return image, targets
