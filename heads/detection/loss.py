"""What detection learns from: classes by BCE on soft targets, places by CIoU, both in float32."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.ops import complete_box_iou_loss

from polyhead.contracts import Loss
from polyhead.heads.detection.assign import Assignment, Match, Truth, assign, pad
from polyhead.heads.detection.outputs import Boxes, DetectionOutputs

CLASS_WEIGHT, BOX_WEIGHT = 0.5, 7.5


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
    item, point = assignment.positive.nonzero(as_tuple=True)
    goal = torch.zeros_like(logits)
    goal[item, point, truth.labels[item, assignment.truth[item, point]]] = assignment.score[item, point]
    weight = None if known is None else known[:, None].to(logits)
    return binary_cross_entropy_with_logits(logits, goal, weight, reduction="sum")


def box_loss(boxes: Tensor, truth: Truth, assignment: Assignment) -> Tensor:
    """Return the sum over positive points of CIoU loss (arXiv 1911.08287), each weighted by its assigned score.

    Args:
        boxes: (B, A, 4) predicted, xyxy in input pixels, float32, with area.
        truth: The true boxes; no box without area is assigned.
        assignment: The points' boxes and scores.
    """
    item, point = assignment.positive.nonzero(as_tuple=True)
    goal = truth.boxes[item, assignment.truth[item, point]]
    each: Tensor = complete_box_iou_loss(boxes[item, point], goal)
    return (each * assignment.score[item, point]).sum()


def match(outputs: DetectionOutputs, targets: Boxes) -> Match:
    """Return which anchor points of n >= 0 items answer for which of their boxes, once for all losses that need it.

    Args:
        outputs: What the head made of the items.
        targets: n times `boxes` (g, 4) and `labels` (g,), g >= 0.
    """
    logits, boxes, points, strides, _ = outputs
    with torch.autocast(logits.device.type, enabled=False):
        truth = pad(targets, logits.device)
        return Match(truth, assign(logits.detach(), boxes.detach(), points, strides, truth))


def detection_loss(outputs: DetectionOutputs, matched: Match, known: Tensor | None = None) -> dict[str, Loss]:
    """Return the weighted sums `class` and `box`, both counted by the sum of the assigned scores.

    Args:
        outputs: What the head made of n >= 0 items.
        matched: What `match` said of these outputs and the targets.
        known: (n, K) bool, the classes labelled at all. None: all.
    """
    truth, assignment = matched
    with torch.autocast(outputs.logits.device.type, enabled=False):
        count = assignment.score.sum()
        return {
            "class": Loss(CLASS_WEIGHT * class_loss(outputs.logits, truth, assignment, known), count),
            "box": Loss(BOX_WEIGHT * box_loss(outputs.boxes, truth, assignment), count),
        }
