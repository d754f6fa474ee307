"""What masks learn from: the pixels within the true box of each assigned anchor point.

Letters in shapes: B items, A anchor points, P of them that are looked at, G true objects of the item that has most,
h, w cells of the prototypes.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from polyhead.contracts import Loss
from polyhead.heads.detection.assign import Match
from polyhead.heads.instances.outputs import InstanceOutputs
from polyhead.heads.instances.prototypes import mix, within


def shrink(masks: Sequence[Tensor], like: Tensor, stride: int) -> Tensor:
    """Return the share of each cell that an object covers, (B, G, h, w), zeros where padded; G >= 1.

    Args:
        masks: (g, H, W) of each of B items, 0 and 1; g >= 0.
        like: (B, k, h, w), for device and type.
        stride: Pixels per cell.
    """
    one = like.new_zeros(1, *like.shape[2:])  # so that G >= 1, and no item at all is no special case
    shares = [F.avg_pool2d(mask[:, None].to(one), stride, ceil_mode=True)[:, 0] for mask in masks]
    return pad_sequence([*shares, one], batch_first=True)[:-1]


def mask_loss(outputs: InstanceOutputs, masks: Sequence[Tensor], matched: Match, *, most: int, dice: float) -> Loss:
    """Return the sum over anchor points of their masks' loss, and how many points it is a sum over.

    A point's loss is the binary cross-entropy between its mask and that of its object, meaned over the cells that touch
    the object's box, so that small objects weigh as much as large ones (YOLACT, arXiv 1904.02689, section 3.2), and
    `dice` times the Dice loss over the same cells (V-Net, arXiv 1606.04797). Points whose object has no pixel are left
    out. Nothing here waits for the device: as many points are looked at whatever is assigned.

    Args:
        outputs: What the head made of n >= 0 items.
        masks: n times (g, H, W), the pixels of their objects, 0 and 1.
        matched: Which points answer for which objects.
        most: P at most; those of the highest assigned scores.
        dice: Weight of the Dice loss.
    """
    truth, assignment = matched.truth, matched.assignment
    with torch.autocast(outputs.prototypes.device.type, enabled=False):
        rank = assignment.score.masked_fill(~assignment.positive, -1)
        rank, point = rank.topk(min(most, rank.shape[1]))
        item, owner = torch.arange(len(rank), device=rank.device)[:, None], assignment.truth.gather(1, point)
        logits = mix(outputs.coefficients[item, point], outputs.prototypes)
        inside = within(truth.boxes[item, owner], (logits.shape[2], logits.shape[3]), outputs.stride, 0.5).float()
        goal = shrink(masks, outputs.prototypes, outputs.stride)[item, owner] * inside
        counted = (rank >= 0) & goal.flatten(2).any(dim=2)
        each = cross_entropy(logits, goal, inside)
        if dice:
            each = each + dice * dice_loss(logits.sigmoid() * inside, goal)
        return Loss((each * counted).sum(), counted.sum())


def cross_entropy(logits: Tensor, goal: Tensor, inside: Tensor) -> Tensor:
    """Return the mean over the cells `inside` of the binary cross-entropy, (B, P) of (B, P, h, w) each."""
    each = F.binary_cross_entropy_with_logits(logits, goal, weight=inside, reduction="none")
    return each.sum(dim=(2, 3)) / inside.sum(dim=(2, 3)).clamp(min=1)


def dice_loss(share: Tensor, goal: Tensor) -> Tensor:
    """Return 1 - Dice of predicted and true shares of cells in [0, 1], (B, P) of (B, P, h, w) each; 0 of nothing."""
    both, either = 2 * (share * goal).sum(dim=(2, 3)), (share**2 + goal**2).sum(dim=(2, 3))
    return 1 - (both + 1e-6) / (either + 1e-6)
