"""One anchor point for each true box, so that predictions need no suppression (YOLOv10, arXiv 2405.14458, 3.1).

Letters in shapes: B items, G true boxes, A anchor points, K classes, k claims of each box.
"""

from torch import Tensor

from polyhead.heads.detection.assign import Assignment, Truth, align, conclude, numbers, pairwise_iou

FIRST, LAST = 0.8, 0.1
"""The share of the one-to-many losses at the begin and at the end of a run; the one-to-one losses have the rest."""
CLAIMS = 7
"""How many points an object claims in the one-to-one branches at the begin of a run."""


def shares(progress: float) -> tuple[float, float]:
    """Return the shares of the one-to-many and of the one-to-one losses; `progress` is that of the run, in [0, 1].

    First the backbone learns, from many points an object; at the end the weight lies on the branch that is read.
    """
    many = FIRST + (LAST - FIRST) * progress
    return many, 1 - many


def claims(progress: float) -> int:
    """Return how many points an object claims: fewer and fewer, and one alone from the middle of the run on.

    One point an object is little to learn from while boxes are still anywhere.
    """
    return max(1, round(CLAIMS * (1 - 2 * progress)))


def choose(logits: Tensor, boxes: Tensor, truth: Truth, many: Assignment, most: int = 1) -> Assignment:
    """Return the points of each true box that are best aligned by this branch, among those of the other branch.

    So both branches agree on which points can be a box's (consistent matching); no point has two boxes, and of one
    point a box every box that has a point there has exactly one here. The best one's score to learn is its IoU.

    Args:
        logits: (B, A, K) of the one-to-one branch, float32, without gradient.
        boxes: (B, A, 4) of the one-to-one branch, xyxy in input pixels, float32, without gradient.
        truth: The true boxes.
        many: What the points of the one-to-many branch are to say.
        most: How many points a box gets at most.
    """
    flat = many.place.flatten(1)
    owner = many.truth.where(many.positive, -1).gather(1, flat).view_as(many.place)
    mine = owner == numbers(many.place)
    said = boxes.gather(1, flat[..., None].expand(-1, -1, 4)).view(*mine.shape, 4)
    overlap = pairwise_iou(truth.boxes.flatten(0, 1)[:, None], said.flatten(0, 1)).view_as(many.goal)
    score = logits.flatten(1).gather(1, (many.place * logits.shape[2] + truth.labels[..., None]).flatten(1))
    alignment = align(score.view_as(overlap), overlap).masked_fill(~mine, -1)
    best = alignment.topk(min(most, alignment.shape[-1])).indices
    place, mine, alignment, overlap = (each.gather(2, best) for each in (many.place, mine, alignment, overlap))
    return conclude(place, alignment.where(mine, 0), overlap.where(mine, 0), mine, boxes.shape[1])
