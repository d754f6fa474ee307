"""What a student's answer costs where a teacher answers otherwise: divergences of soft answers, as sums and counts.

References:
    Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, arXiv 1503.02531.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import Loss


def in_order(taught: Tensor, given: Sequence[str], wanted: Sequence[str]) -> Tensor:
    """Return a teacher's (n, K, ...) with its classes, named `given`, in the order `wanted`: the same names."""
    if tuple(given) == tuple(wanted):
        return taught
    places = {name: place for place, name in enumerate(given)}
    return taught.index_select(1, torch.tensor([places[name] for name in wanted], device=taught.device))


def softmax_divergence(logits: Tensor, taught: Tensor, temperature: float) -> Loss:
    """Return T^2 KL(teacher | student) of the softmaxes of logits / T, summed over rows and pixels, and their number.

    The factor keeps gradients as large as they are at T = 1 (section 2 of the paper).

    Args:
        logits: (n, K, ...) the student's.
        taught: (n, K, ...) the teacher's, without gradient.
        temperature: T > 0: the larger, the more do classes count that the teacher holds for unlikely.
    """
    mine, theirs = ((one.float() / temperature).log_softmax(1) for one in (logits, taught))
    total = temperature**2 * F.kl_div(mine, theirs, reduction="sum", log_target=True)
    return Loss(total, torch.tensor(float(logits[:, 0].numel()), device=logits.device))


def sigmoid_divergence(logits: Tensor, taught: Tensor, temperature: float) -> Loss:
    """Return the same of yes or no for each entry (n, K), and the number of entries."""
    mine, theirs = (one.float() / temperature for one in (logits, taught))
    each = theirs.sigmoid() * (theirs - mine) + F.softplus(mine) - F.softplus(theirs)
    return Loss(temperature**2 * each.sum(), torch.tensor(float(logits.numel()), device=logits.device))
