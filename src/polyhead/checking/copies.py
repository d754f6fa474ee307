"""Images that are there twice: what is learned in one split must not be measured in another.

Copies have the same pixels. Near copies, saved again, scaled or recoloured, look alike when they are small: their grey
values at 16 x 16 pixels, less the mean, point in the same direction.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from polyhead.checking.looking import Look
from polyhead.findings.finding import Finding, finding
from polyhead.loading.source import SPLITS

ALIKE: Final = 0.995
"""The cosine from which on two images look alike."""
BLOCK: Final = 512
"""Images that are compared with all others at a time."""
CURE: Final = "leave one of them out"


def copies(looks: Sequence[Look]) -> list[Finding]:
    """Return what is there twice: of each image at most one finding, with the copy that stands before it.

    Args:
        looks: Of all images, in the order of the splits.
    """
    first: dict[bytes, Look] = {}
    found: list[Finding] = []
    single: list[Look] = []
    for look in (one for one in looks if one.size):
        other = first.setdefault(look.digest, look)
        if other is look:
            single.append(look)
        elif other.split != look.split:
            what = f"is in {look.split}, and a copy of it in {other.split}: {called(other, look)}"
            found.append(finding("copy-across-splits", look.name, what, CURE, image=look.name, source=look.source))
        else:
            what = f"is in {look.split} twice: {called(other, look)}"
            found.append(finding("copy-within-split", look.name, what, CURE, image=look.name, source=look.source))
    return [*found, *alike([one for one in single if one.small])]


def alike(looks: Sequence[Look]) -> list[Finding]:
    """Return which images look like one of a split before theirs."""
    shapes = directions(looks)
    splits = np.array([SPLITS.index(look.split) for look in looks])
    found = []
    for start in range(0, len(looks), BLOCK):
        part = shapes[start : start + BLOCK]
        near = part @ shapes.T
        near[splits[start : start + BLOCK, None] <= splits[None]] = -1
        for row, best in enumerate(near.argmax(1).tolist()):
            if near[row, best] >= ALIKE:
                look, other = looks[start + row], looks[best]
                what = f"is in {look.split}, and nearly the same is in {other.split}: {called(other, look)}"
                found.append(
                    finding("copy-alike-across-splits", look.name, what, CURE, image=look.name, source=look.source)
                )
    return found


def called(other: Look, look: Look) -> str:
    """Return the name of an image beside another, with its source where that is not the same."""
    return other.name if other.source == look.source else f"{other.name} of {other.source}"


def directions(looks: Sequence[Look]) -> NDArray[np.float32]:
    """Return the small pictures of n images as vectors of mean 0 and length 1, (n, 256)."""
    greys = np.array([np.frombuffer(look.small or b"", np.uint8) for look in looks], np.float32)
    if not len(looks):
        return greys.reshape(0, 1)
    greys -= greys.mean(1, keepdims=True)
    lengths = np.linalg.norm(greys, axis=1, keepdims=True)
    return np.asarray(greys / np.maximum(lengths, 1), np.float32)
