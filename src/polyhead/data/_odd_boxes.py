"""Boxes that a reader takes, and a person would look at twice."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from polyhead.data._spot import spot
from polyhead.findings.collecting import remark
from polyhead.findings.finding import Corners

if TYPE_CHECKING:
    from array import array

TINY: Final = 2.0
"""Pixels below which a side is hardly one."""
THIN: Final = 50.0
"""How many times the other a side is of an object that is hardly one."""
ALIKE: Final = 0.5
"""The share of both that a box and the one around its outline have in common at least."""
WHOLE: Final = 0.999
"""The share of an image that a box covers which covers all of it."""


def look_at_boxes(
    rows: Sequence[tuple[str, str, Corners]], size: tuple[int, int], file: Path, image: Path | None
) -> None:
    """Remark what is odd about the boxes of an image.

    Args:
        rows: Place, class name and corners of each.
        size: H, W of the image.
        file: Where they are written.
        image: The file of the image.
    """
    first: dict[Corners, str] = {}
    for place, name, corners in rows:
        kind, what = odd(corners, size)
        other = first.setdefault(corners, name)
        if not kind and other != name:
            kind, what = "box-of-two-classes", f"has the corners of another box, which is called {other!r}"
        if kind:
            where: dict[str, Any] = {"image": str(image or ""), "box": corners, **spot(place)}
            remark(kind, file, f"{place}: the box of {name!r} {what}", "check it", **where)


def odd(corners: Corners, size: tuple[int, int]) -> tuple[str, str]:
    """Return the kind of what is odd about a box within an image of `size` (H, W), and what it is; "" for nothing."""
    width, height = corners[2] - corners[0], corners[3] - corners[1]
    short, long = min(width, height), max(width, height)
    if short < TINY:
        return "box-tiny", f"is {width:.3g} x {height:.3g} pixels"
    if long > THIN * short:
        return "box-thin", f"is {width:.3g} x {height:.3g} pixels"
    if width * height >= WHOLE * size[0] * size[1]:
        return "box-whole-image", "covers the whole image"
    return "", ""


def strays(corners: Corners, shape: "tuple[array[float], ...] | str") -> bool:
    """Return whether a box and the one around an object's polygons overlap by less than half; of run-length codes not.

    Args:
        corners: Of the box.
        shape: Polygons, x, y, x, y ... of each; or a code.
    """
    if isinstance(shape, str) or not shape:
        return False
    x1, y1 = (min(min(part[start::2]) for part in shape) for start in (0, 1))
    x2, y2 = (max(max(part[start::2]) for part in shape) for start in (0, 1))
    across = max(0.0, min(x2, corners[2]) - max(x1, corners[0]))
    both = across * max(0.0, min(y2, corners[3]) - max(y1, corners[1]))
    union = (x2 - x1) * (y2 - y1) + (corners[2] - corners[0]) * (corners[3] - corners[1]) - both
    return both < ALIKE * union
