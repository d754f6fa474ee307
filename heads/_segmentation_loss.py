"""What wrong pixels cost: cross-entropy and Dice, each over what is labelled.

Letters in shapes: n items, K classes, P pixels of an item in any order that logits, targets and weights share.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from polyhead.contracts import IGNORE, Loss


class Truth(NamedTuple):
    """What is true of the pixels.

    Attributes:
        numbers: (n, P) long, the class of each pixel; of an unlabelled one, 0.
        labelled: (n, P) float32, 1 where a pixel is labelled, else 0.
    """

    numbers: Tensor
    labelled: Tensor


def truth_of(targets: Tensor) -> Truth:
    """Return what is true of the pixels of `targets` (n, P) uint8, class numbers or `IGNORE`."""
    labelled = targets != IGNORE
    return Truth((targets * labelled).long(), labelled.float())


class Shares(NamedTuple):
    """All that the losses need to know of the probabilities: far fewer numbers than these.

    Attributes:
        logs: (n, P) log probability of the right class of each pixel; of an unlabelled one, of the first class.
        mass: (n, K) sum of each class's probability over the labelled pixels.
    """

    logs: Tensor
    mass: Tensor


def shares(logits: Tensor, truth: Truth) -> Shares:
    """Return what the losses need to know of the softmax of `logits` (n, K, P) float32."""
    return Shares(*_Softmax.apply(logits, truth.numbers[:, None], truth.labelled[:, None]))


class _Softmax(torch.autograd.Function):
    """The softmax over classes, of which only `Shares` is handed on, with the gradient written out.

    By autograd, each of the steps would keep and add up tensors of the logits' size; here one is kept, and one made.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, numbers: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
        """Return `Shares`: of numbers and labelled, (n, 1, P) long and 0 or 1."""
        logs = logits.log_softmax(dim=1)
        right = logs.gather(1, numbers)
        probabilities = logs.exp_()
        ctx.save_for_backward(probabilities, numbers, labelled)
        return right.squeeze(1), (probabilities @ labelled.transpose(1, 2)).squeeze(2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_logs: Tensor, of_mass: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient of the logits.

        With p the probabilities, y the right class, l whether a pixel is labelled, and g and m the gradients that come
        in, it is p_k (l m_k - l sum_j p_j m_j - g) + [k = y] g, as d log p_y = [k = y] - p_k and
        d p_j = p_j ([k = j] - p_k).
        """
        probabilities, numbers, labelled = ctx.saved_tensors
        of_logs = of_logs[:, None]
        common = labelled * (of_mass[:, None] @ probabilities) + of_logs
        gradient = (of_mass[:, :, None] * labelled).sub_(common).mul_(probabilities)
        return gradient.scatter_add_(1, numbers, of_logs), None, None


def pixel_cross_entropy(logs: Tensor, weights: Tensor) -> Loss:
    """Return -log p of the right class, weighed and summed over the pixels; its count is the weights' sum.

    Args:
        logs: (n, P) log probability of the right class.
        weights: (n, P) what each pixel weighs, 0 where it is unlabelled.
    """
    return Loss(-(logs * weights).sum(), weights.sum())


def dice_loss(found: Shares, truth: Truth) -> Loss:
    """Return 1 - 2 |P T| / (|P| + |T|), summed over each item's classes that have a labelled pixel.

    Args:
        found: Of the probabilities P.
        truth: The classes T; unlabelled pixels count in neither.
    """
    nothing = torch.zeros_like(found.mass)
    size = nothing.scatter_add(1, truth.numbers, truth.labelled)
    both = nothing.scatter_add(1, truth.numbers, found.logs.exp() * truth.labelled)
    dice = (1 - 2 * both / (found.mass + size).clamp(min=1e-6)).masked_fill(size == 0, 0)
    return Loss(dice.sum(), (size > 0).sum())


def without_unknown(targets: Tensor, known: Tensor) -> Tensor:
    """Return targets (n, H, W) where pixels of a class that is not known (n, K) to be labelled are `IGNORE`."""
    labelled = targets != IGNORE
    rows = torch.arange(len(targets), device=targets.device)[:, None, None]
    return targets.masked_fill(~known[rows, (targets * labelled).long()], IGNORE)
