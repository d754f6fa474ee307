"""The boxes of one image that went through the network in windows."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor
from torchvision.ops import batched_nms

from polyhead.heads.detection.outputs import Boxes
from polyhead.windows import Stitch, Window

Outputs = TypeVar("Outputs")
RIM = 4.0
"""Pixels from a window's inner side within which a box counts as cut by it."""
PARTS = ("boxes", "scores", "labels")
MOST = 10_000
"""Boxes of an image that are compared with each other, the best ones."""


class StitchedBoxes(Stitch[Outputs, Boxes]):
    """The boxes of all windows, each object once.

    A box that ends at a side which cuts through the image shows part of an object. It goes where another window has the
    whole of it, and stays where none has, as of an object that is larger than the overlap. What two windows saw alike
    falls to non-maximum suppression within each class.

    Args:
        predict: The head's.
    """

    def __init__(self, predict: Callable[[Outputs], Boxes]) -> None:
        self.predict = predict
        self.found: list[dict[str, Tensor]] = []

    def add(self, outputs: Outputs, window: Window) -> None:
        """Keep the boxes of one window, in the image's pixels."""
        found = self.predict(outputs)[0]
        (top, left), _, _ = window
        boxes = found["boxes"].cpu()
        number = torch.full((len(boxes),), len(self.found))
        moved = boxes + boxes.new_tensor([left, top, left, top])
        labels, scores = found["labels"].cpu(), found["scores"].cpu()
        parts = {"boxes": moved, "scores": scores, "labels": labels, "cut": is_cut(boxes, window), "window": number}
        self.found.append(parts)

    def predictions(self) -> Boxes:
        """Return the image's boxes, best first, as a list of one; there may be more than a single window gives."""
        if len(self.found) == 1:
            return [{name: self.found[0][name] for name in PARTS}]
        every = {name: torch.cat([item[name] for item in self.found]) for name in self.found[0]}
        every = rows(every, every["scores"].argsort(descending=True, stable=True)[:MOST])
        every = rows(every, ~is_seen_whole(every))
        kept = batched_nms(every["boxes"], every["scores"], every["labels"], 0.7)
        return [{name: every[name][kept] for name in PARTS}]


def rows(found: dict[str, Tensor], which: Tensor) -> dict[str, Tensor]:
    """Return some of the boxes with all that is known of them."""
    return {name: value[which] for name, value in found.items()}


def is_cut(boxes: Tensor, window: Window) -> Tensor:
    """Return which boxes (r, 4), in the window's pixels, end at one of its sides that cut through the image, (r,)."""
    height, width = window.size
    room = torch.cat([boxes[:, :2], boxes.new_tensor([width, height]) - boxes[:, 2:]], dim=1)
    return ((room < RIM) & torch.tensor(window.inner_sides())).any(dim=1)


def is_seen_whole(found: dict[str, Tensor], *, share: float = 0.8, surety: float = 0.5, chunk: int = 256) -> Tensor:
    """Return which boxes are cut and shown whole by another window, (r,).

    Args:
        found: `boxes` (r, 4) in the image's pixels, and `scores`, `labels`, `cut`, `window` (r,) of each.
        share: How much of a cut box lies in the whole one, at least.
        surety: The score of the whole one, as a share of the cut one's, at least.
        chunk: How many cut boxes are compared with all whole ones at once, which bounds the memory.
    """
    places, whole = found["cut"].nonzero().flatten(), rows(found, ~found["cut"])
    seen = torch.zeros_like(found["cut"])
    for part in torch.split(places, chunk):
        one = {name: value[part, None] for name, value in found.items()}
        inside = shared(one["boxes"], whole["boxes"]) >= share * shared(one["boxes"], one["boxes"])
        same = (one["labels"] == whole["labels"]) & (one["window"] != whole["window"])
        seen[part] = (inside & same & (whole["scores"] >= surety * one["scores"])).any(dim=1)
    return seen


def shared(boxes: Tensor, others: Tensor) -> Tensor:
    """Return the area that boxes (..., 4) xyxy have in common with others (..., 4), by the rules of broadcasting."""
    near, far = boxes[..., :2].maximum(others[..., :2]), boxes[..., 2:].minimum(others[..., 2:])
    return (far - near).clamp(min=0).prod(dim=-1)
