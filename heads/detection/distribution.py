"""Distances as distributions over whole strides: GFL, arXiv 2006.04388, section 3.2.

Letters in shapes: B items, A anchor points, G true boxes, k claims of each box.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from polyhead.heads.detection.assign import Assignment, Truth
from polyhead.heads.detection.outputs import DetectionOutputs

BINS = 16
"""Distances of 0 to 15 strides; a side that is farther away is learned as 15."""


def expected(bins: Tensor) -> Tensor:
    """Return the mean (..., 4) float32 of the distributions whose logits are `bins` (..., 4, BINS), in strides.

    It is no matrix product: autocast would round that to bfloat16, a side of ten strides by up to 1/32 of one.
    """
    return (bins.float().softmax(dim=-1) * torch.arange(BINS, device=bins.device)).sum(dim=-1)


def distribution_loss(outputs: DetectionOutputs, bins: Tensor, truth: Truth, assignment: Assignment) -> Tensor:
    """Return the sum over positive points of the mean cross-entropy of their four sides, weighted by their scores.

    A side between two whole strides is to be one or the other, the more often the nearer.

    Args:
        outputs: For its anchor points.
        bins: (B, A, 4, BINS) logits.
        truth: The true boxes.
        assignment: The points' boxes and scores.
    """
    place, goal = assignment.place.flatten(1), assignment.goal
    said = bins.flatten(2).gather(1, place[..., None].expand(-1, -1, 4 * BINS)).reshape(-1, BINS)
    point, stride = outputs.points[assignment.place], outputs.strides[assignment.place][..., None]
    near, far = truth.boxes[:, :, None].expand(*goal.shape, 4).chunk(2, dim=-1)
    sides = (torch.cat([point - near, far - point], dim=-1) / stride).clamp(0, BINS - 1.001).flatten()
    below = sides.long()
    share = sides - below
    each = cross_entropy(said, below, reduction="none") * (1 - share)
    each = each + cross_entropy(said, below + 1, reduction="none") * share
    return (each.view(*goal.shape, 4).mean(dim=-1) * goal).sum()
