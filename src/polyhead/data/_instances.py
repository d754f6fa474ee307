"""The objects of an image one by one: each with its box, its class and its pixels."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from polyhead.data._flaws import fitted
from polyhead.data._photos import Boxes
from polyhead.data._regions import Region, Regions
from polyhead.findings.finding import Corners
from polyhead.loading.source import InstanceMasks


class Instances(NamedTuple):
    """The objects of an image that have outlines; none of them is a statement too.

    Attributes:
        boxes: Their boxes and classes.
        regions: Their outlines, in the same order.
    """

    boxes: Boxes
    regions: Regions

    def target(self, names: Sequence[str], size: tuple[int, int]) -> dict[str, Any]:
        """Return boxes XYXY float (m, 4), labels long (m,) and InstanceMasks (m, H, W), whole where objects overlap."""
        return {**self.boxes.target(names, size), "masks": InstanceMasks(self.regions.layers(size))}


def instances_within(objects: Sequence[tuple[Corners, Region]], size: tuple[int, int], origin: str) -> Instances:
    """Return the objects that an image of `size` (H, W) shows: no crowds, and nothing without area or outside.

    Args:
        objects: Corners of the box, and outline, of each.
        size: Of the upright image.
        origin: The file and the list in it that number them, for errors.
    """
    cut = [(fitted(corners, size)[0], region) for corners, region in objects if region.name is not None]
    kept = [(corners, region) for corners, region in cut if corners is not None]
    names = [region.name for _, region in kept if region.name is not None]
    return Instances(Boxes([corners for corners, _ in kept], names), Regions([region for _, region in kept], origin))
