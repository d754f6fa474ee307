"""What detection learns from: classes by BCE on soft targets, places by CIoU, both in float32."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from polyhead.contracts import Loss
from polyhead.heads.detection.assign import Assignment, Match, Truth, assign, pad
from polyhead.heads.detection.ciou import ciou_loss
from polyhead.heads.detection.distribution import distribution_loss
from polyhead.heads.detection.one_to_one import choose, claims, shares
from polyhead.heads.detection.outputs import Boxes, DetectionOutputs

CLASS_WEIGHT, BOX_WEIGHT, DISTANCE_WEIGHT = 0.5, 7.5, 1.5


def class_loss(logits: Tensor, truth: Truth, assignment: Assignment, known: Tensor | None = None) -> Tensor:
    """Return the sum of the binary cross-entropy between scores and soft targets.

    The target of a positive point is its assigned score, at its box's class, as in quality focal loss (GFL, arXiv
    2006.04388) and TOOD; everything else is 0.

    Args:
        logits: (B, A, K) float32.
        truth: The true boxes.
        assignment: The points' boxes and scores.
        known: (B, K) bool; classes that are not known get exactly no gradient. None: all are.
    """
    where = assignment.place * logits.shape[2] + truth.labels[..., None]
    none = torch.zeros_like(logits).flatten(1)
    goal = none.scatter_reduce_(1, where.flatten(1), assignment.goal.flatten(1), "amax").view_as(logits)
    weight = None if known is None else known[:, None].to(logits)
    return binary_cross_entropy_with_logits(logits, goal, weight, reduction="sum")


def box_loss(boxes: Tensor, truth: Truth, assignment: Assignment) -> Tensor:
    """Return the sum over positive points of CIoU loss (arXiv 1911.08287), each weighted by its assigned score.

    Args:
        boxes: (B, A, 4) predicted, xyxy in input pixels, float32, with area.
        truth: The true boxes; no box without area is assigned.
        assignment: The points' boxes and scores.
    """
    place, goal = assignment.place.flatten(1), assignment.goal
    said = boxes.gather(1, place[..., None].expand(-1, -1, 4)).view(*goal.shape, 4)
    unit = (torch.arange(4, device=boxes.device) // 2).to(boxes)  # a box with area, so that CIoU is never NaN
    true = truth.boxes.where(truth.real[..., None], unit)
    return (ciou_loss(said, true[:, :, None].expand_as(said)) * goal).sum()


def match(outputs: DetectionOutputs, targets: Boxes, progress: float = 0.0) -> Match:
    """Return which anchor points of n >= 0 items answer for which of their boxes, once for all losses that need it.

    Args:
        outputs: What the head made of the items.
        targets: n times `boxes` (g, 4) and `labels` (g,), g >= 0.
        progress: How much of the training is done, in [0, 1].
    """
    logits, boxes, one = outputs.logits.detach(), outputs.boxes.detach(), outputs.one_to_one
    with torch.autocast(logits.device.type, enabled=False):
        truth = pad(targets, logits.device)
        many = assign(logits, boxes, outputs.points, outputs.strides, truth)
        if one is None:
            return Match(truth, many)
        return Match(truth, many, choose(one.logits.detach(), one.boxes.detach(), truth, many, claims(progress)))


def detection_loss(
    outputs: DetectionOutputs, matched: Match, known: Tensor | None = None, progress: float = 0.0
) -> dict[str, Loss]:
    """Return the weighted sums `class` and `box`, both counted by the sum of the assigned scores.

    Where distances are distributions, there is `distance` too. With one-to-one branches all of theirs, named
    `one_to_one_class` and so on, stand beside them, and take over more and more of the weight.

    Args:
        outputs: What the head made of n >= 0 items.
        matched: What `match` said of these outputs and the targets.
        known: (n, K) bool, the classes labelled at all. None: all.
        progress: How much of the training is done, in [0, 1].
    """
    with torch.autocast(outputs.logits.device.type, enabled=False):
        if outputs.one_to_one is None or matched.one_to_one is None:
            return branch_loss(outputs, matched.truth, matched.assignment, known)
        many, one = shares(progress)
        losses = branch_loss(outputs, matched.truth, matched.assignment, known, many)
        others = branch_loss(outputs.one_to_one, matched.truth, matched.one_to_one, known, one)
        return losses | {f"one_to_one_{name}": loss for name, loss in others.items()}


def branch_loss(
    outputs: DetectionOutputs, truth: Truth, assignment: Assignment, known: Tensor | None, share: float = 1.0
) -> dict[str, Loss]:
    """Return `class` and `box`, and with distributions `distance`, of one pair of branches, times its share."""
    count = assignment.score.sum()
    sums = {
        "class": CLASS_WEIGHT * class_loss(outputs.logits, truth, assignment, known),
        "box": BOX_WEIGHT * box_loss(outputs.boxes, truth, assignment),
    }
    if outputs.bins is not None:
        sums["distance"] = DISTANCE_WEIGHT * distribution_loss(outputs, outputs.bins, truth, assignment)
    return {name: Loss(share * total, count) for name, total in sums.items()}
