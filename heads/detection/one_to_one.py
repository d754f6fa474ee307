"""One anchor point for each true box, so that predictions need no suppression (YOLOv10, arXiv 2405.14458, 3.1).

Letters in shapes: B items, G true boxes, A anchor points, K classes, k claims of each box.
"""

from torch import Tensor

from polyhead.heads.detection.assign import Assignment, Truth, align, conclude, numbers, pairwise_iou

FIRST, LAST = 0.8, 0.1
"""The share of the one-to-many losses at the begin and at the end of a run; the one-to-one losses have the rest."""


def shares(progress: float) -> tuple[float, float]:
    """Return the shares of the one-to-many and of the one-to-one losses; `progress` is that of the run, in [0, 1].

    First the backbone learns, from many points an object; at the end the weight lies on the branch that is read.
    """
    many = FIRST + (LAST - FIRST) * progress
    return many, 1 - many


def choose(logits: Tensor, boxes: Tensor, truth: Truth, many: Assignment) -> Assignment:
    """Return the one point of each true box: the best aligned by this branch, among those of the other branch.

    So both branches agree on which points can be a box's (consistent matching); no point has two boxes, and every box
    that has a point there has exactly one here. The score to learn is the point's IoU.

    Args:
        logits: (B, A, K) of the one-to-one branch, float32, without gradient.
        boxes: (B, A, 4) of the one-to-one branch, xyxy in input pixels, float32, without gradient.
        truth: The true boxes.
        many: What the points of the one-to-many branch are to say.
    """
    flat = many.place.flatten(1)
    owner = many.truth.where(many.positive, -1).gather(1, flat).view_as(many.place)
    mine = owner == numbers(many.place)
    said = boxes.gather(1, flat[..., None].expand(-1, -1, 4)).view(*mine.shape, 4)
    overlap = pairwise_iou(truth.boxes.flatten(0, 1)[:, None], said.flatten(0, 1)).view_as(many.goal)
    score = logits.flatten(1).gather(1, (many.place * logits.shape[2] + truth.labels[..., None]).flatten(1))
    alignment = align(score.view_as(overlap), overlap).masked_fill(~mine, -1)
    best = alignment.argmax(dim=-1, keepdim=True)
    place, mine, alignment, overlap = (each.gather(2, best) for each in (many.place, mine, alignment, overlap))
    return conclude(place, alignment.where(mine, 0), overlap.where(mine, 0), mine, boxes.shape[1])
