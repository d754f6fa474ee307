"""Which anchor points answer for which box in training: task-aligned assignment (TOOD, arXiv 2108.07755, section 3.2).

Letters in shapes: B items, G true boxes of the item that has most of them, A anchor points, K classes.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from polyhead.heads.detection.outputs import Boxes


class Truth(NamedTuple):
    """The true boxes of a batch, padded to one length.

    Attributes:
        boxes: (B, G, 4) xyxy in input pixels, zeros where padded; G >= 1.
        labels: (B, G) class numbers, 0 where padded.
        real: (B, G) bool, False where padded, and for boxes without area, which nothing can match.
    """

    boxes: Tensor
    labels: Tensor
    real: Tensor


class Assignment(NamedTuple):
    """What each anchor point is to say, twice: of every point, and of the k points that each true box claimed.

    The second form is short and of fixed shape: losses gather from it without asking the device how much there is.

    Attributes:
        truth: (B, A) which of the item's true boxes the point answers for; 0 where none.
        positive: (B, A) bool, whether it answers for one.
        score: (B, A) the score that it should give to that box's class, in [0, 1]; 0 where none.
        place: (B, G, k) which points each box claimed, the best aligned first.
        goal: (B, G, k) the score of those that answer for it; 0 of the rest.
    """

    truth: Tensor
    positive: Tensor
    score: Tensor
    place: Tensor
    goal: Tensor


class Match(NamedTuple):
    """The true boxes of a batch and the anchor points that answer for them.

    Attributes:
        truth: The true boxes.
        assignment: What each anchor point is to say of them.
        one_to_one: What those of the one-to-one branch are to say; None where there is no such branch.
    """

    truth: Truth
    assignment: Assignment
    one_to_one: Assignment | None = None


def pad(targets: Boxes, device: torch.device) -> Truth:
    """Return `boxes` (g, 4) and `labels` (g,) of the items, g >= 0 of each, as one padded Truth on `device`."""
    one = torch.zeros(1, 4, device=device)  # so that G >= 1, and no item at all is no special case
    boxes = pad_sequence([*(target["boxes"].to(one) for target in targets), one], batch_first=True)[:-1]
    none = torch.zeros(1, dtype=torch.int64, device=device)
    labels = pad_sequence([*(target["labels"].to(none) for target in targets), none], batch_first=True)[:-1]
    return Truth(boxes, labels, (boxes[..., 2:] > boxes[..., :2]).all(dim=-1))


def pairwise_iou(truth: Tensor, boxes: Tensor) -> Tensor:
    """Return the IoU of each pair of an item, 0 for pairs without area.

    It works on planes of coordinates, several times faster than `torchvision.ops.box_iou`, which takes one item a call.

    Args:
        truth: (B, G, 4) xyxy.
        boxes: (B, A, 4) xyxy.

    Returns:
        (B, G, A) in [0, 1].
    """
    x1, y1, x2, y2 = truth[..., None].unbind(dim=2)
    left, top, right, bottom = boxes.mT.contiguous()[:, None].unbind(dim=2)
    width = (torch.minimum(x2, right) - torch.maximum(x1, left)).clamp_(min=0)
    both = (torch.minimum(y2, bottom) - torch.maximum(y1, top)).clamp_(min=0).mul_(width)
    either = ((x2 - x1) * (y2 - y1) + (right - left) * (bottom - top)).sub_(both)
    return both.div_(either.clamp_(min=1e-9))


def candidates(truth: Truth, points: Tensor, strides: Tensor) -> Tensor:
    """Return which anchor points may answer for which boxes: those inside, or the nearest one where none is inside.

    Args:
        truth: The true boxes.
        points: (A, 2) x, y in input pixels.
        strides: (A,) input pixels; a box too small for a point takes the nearest of the finest level.

    Returns:
        (B, G, A) bool.
    """
    x1, y1, x2, y2 = truth.boxes[..., None].unbind(dim=2)
    x, y = points.T.contiguous()
    inside: Tensor = (x > x1) & (x < x2) & (y > y1) & (y < y2)
    middle, finest = (truth.boxes[..., :2] + truth.boxes[..., 2:]) / 2, (strides <= strides.min())[:, None]
    away: Tensor = torch.cdist(middle, points.where(finest, 1e9), compute_mode="donot_use_mm_for_euclid_dist")
    nearest = away.argmin(dim=-1, keepdim=True)
    small = truth.real[..., None] & ~inside.any(dim=-1, keepdim=True)
    return inside.scatter_(2, nearest, inside.gather(2, nearest) | small)


def settle(place: Tensor, overlap: Tensor, claimed: Tensor, points: int) -> Tensor:
    """Return which claims hold: each anchor point goes to the box of the highest IoU of those that claim it.

    Args:
        place: (B, G, k) the points among which each box may claim.
        overlap: (B, G, k) their IoU with it.
        claimed: (B, G, k) bool, whether it does.
        points: A.

    Returns:
        (B, G, k) bool. Of equal claims the first box's holds.
    """
    batch, flat = len(place), place.flatten(1)
    best = overlap.new_zeros(batch, points).scatter_reduce(1, flat, overlap.where(claimed, -1).flatten(1), "amax")
    winner = claimed & (overlap >= best.gather(1, flat).view_as(place))
    return claimed & (owners(place, winner, points).gather(1, flat).view_as(place) == numbers(place))


def numbers(place: Tensor) -> Tensor:
    """Return the numbers (G, 1) of the boxes whose claims are `place` (B, G, k)."""
    return torch.arange(place.shape[1], device=place.device)[:, None]


def owners(place: Tensor, mine: Tensor, points: int) -> Tensor:
    """Return the first box (B, A) that each point is `mine` (B, G, k) of; G for a point of none."""
    none = place.shape[1]
    names = numbers(place).where(mine, none).flatten(1)
    return place.new_full((len(place), points), none).scatter_reduce(1, place.flatten(1), names, "amin")


def assign(
    logits: Tensor, boxes: Tensor, points: Tensor, strides: Tensor, truth: Truth, *, most: int = 10
) -> Assignment:
    """Give each true box the anchor points that already do best for it, in class and place at once.

    A point's alignment with a box is score^0.5 x IoU^6, with the score of the box's class. Each box claims the `most`
    aligned points inside it. The score to learn is the alignment, scaled so that a box's best equals its highest IoU.

    Args:
        logits: (B, A, K) float32, without gradient.
        boxes: (B, A, 4) predicted, xyxy in input pixels, float32, without gradient.
        points: (A, 2) x, y in input pixels.
        strides: (A,) input pixels.
        truth: The true boxes; an item without any gets no positive point.
        most: How many points a box claims at most.
    """
    overlaps = pairwise_iou(truth.boxes, boxes)
    item = torch.arange(len(boxes), device=boxes.device)[:, None]
    alignment = align(logits.mT[item, truth.labels], overlaps)
    alignment.masked_fill_(~candidates(truth, points, strides), -1)
    alignment, place = alignment.topk(min(most, len(points)))
    overlap = overlaps.gather(2, place)
    mine = settle(place, overlap, alignment >= 0, len(points))
    return conclude(place, alignment.where(mine, 0), overlap.where(mine, 0), mine, len(points))


def align(logits: Tensor, overlap: Tensor) -> Tensor:
    """Return score^0.5 x IoU^6 of logits and IoU of one shape."""
    return logits.sigmoid().sqrt_() * (overlap**3) ** 2


def conclude(place: Tensor, alignment: Tensor, overlap: Tensor, mine: Tensor, points: int) -> Assignment:
    """Return what A `points` are to say, from claims (B, G, k) that are settled; those not `mine` are 0."""
    best = alignment.amax(dim=-1, keepdim=True).clamp(min=1e-30)  # a poor first guess is far below any usual epsilon
    goal = alignment / best * overlap.amax(dim=-1, keepdim=True)
    score = goal.new_zeros(len(place), points).scatter_reduce(1, place.flatten(1), goal.flatten(1), "amax")
    owner = owners(place, mine, points)
    positive = owner < place.shape[1]
    return Assignment(owner.where(positive, 0), positive, score, place, goal)
