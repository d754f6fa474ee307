"""What wrong pixels cost: cross-entropy and Dice, each over what is labelled."""

import torch
from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import IGNORE, Loss


def pixel_cross_entropy(logs: Tensor, targets: Tensor, weights: Tensor | None = None) -> Loss:
    """Return -log p of the right class, summed over the labelled pixels.

    Args:
        logs: (n, K, H, W) log probabilities.
        targets: (n, H, W) class numbers, or `IGNORE`.
        weights: (K,) what each class weighs: its pixels cost, and count, that much. None: 1.
    """
    total = F.nll_loss(logs, targets, weights, ignore_index=IGNORE, reduction="sum")
    if weights is None:
        return Loss(total, (targets != IGNORE).sum())
    with_ignored = F.pad(weights, (0, 1))
    return Loss(total, with_ignored[targets.clamp(max=len(weights))].sum())


def dice_loss(probabilities: Tensor, targets: Tensor) -> Loss:
    """Return 1 - 2 |P T| / (|P| + |T|), summed over each item's classes that have a labelled pixel.

    Args:
        probabilities: (n, K, H, W).
        targets: (n, H, W) class numbers; `IGNORE` pixels count in neither P nor T.
    """
    classes = torch.arange(probabilities.shape[1], device=targets.device)
    truth = (targets[:, None] == classes[:, None, None]).to(probabilities.dtype)
    labelled = (targets != IGNORE).flatten(1).to(probabilities.dtype)
    size = truth.sum((2, 3))
    both = (probabilities * truth).sum((2, 3))
    either = (probabilities.flatten(2) @ labelled[:, :, None]).squeeze(2) + size
    dice = (1 - 2 * both / either.clamp(min=1e-6)).masked_fill(size == 0, 0)
    return Loss(dice.sum(), (size > 0).sum())


def without_unknown(targets: Tensor, known: Tensor) -> Tensor:
    """Return targets (n, H, W) where pixels of a class that is not known (n, K) to be labelled are `IGNORE`."""
    labelled = targets != IGNORE
    rows = torch.arange(len(targets), device=targets.device)[:, None, None]
    return targets.masked_fill(~known[rows, targets.masked_fill(~labelled, 0)], IGNORE)
