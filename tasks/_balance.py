"""How much each head's loss counts, beside the weight that its recipe gives it.

H heads. `losses` (H,) are in the graph, a rank's share of each; `told` (H,) are their values over all ranks, without
gradient and the same on every rank, NaN for a head without a labelled row anywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Final, Literal, final

import torch
from torch import Tensor, nn

Balancing = Literal["initial", "none", "uncertainty", "uw-so", "famo"]
FIRST: Final = 20
"""Steps whose mean loss is a head's initial one."""
LEAST: Final = 0.1
"""The loss from which on UW-SO's weights grow no further."""
TINY: Final = 1e-8


class Balance(nn.Module, ABC):
    """Losses of the heads -> the same, each scaled as its kind says; what it has learned is part of a checkpoint.

    Args:
        heads: H.
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads: Final = heads

    @abstractmethod
    def forward(self, losses: Tensor, told: Tensor) -> Tensor:
        """Return what is added up, (H,); of a head without a labelled row it is 0 times whatever it has."""


@final
class Unbalanced(Balance):
    """Losses as they are."""

    def forward(self, losses: Tensor, told: Tensor) -> Tensor:  # noqa: ARG002  # as the others are called
        """Return the losses."""
        return losses


@final
class Initial(Balance):
    """Each loss in units of what it was at first: the mean of its first 20 steps, of as many as there are until then.

    So the weights in a recipe say what the heads are worth, and not in what units their losses come.
    """

    total: Tensor
    steps: Tensor

    def __init__(self, heads: int) -> None:
        super().__init__(heads)
        self.register_buffer("total", torch.zeros(heads))
        self.register_buffer("steps", torch.zeros(heads))

    def forward(self, losses: Tensor, told: Tensor) -> Tensor:
        """Return the losses over their initial values."""
        fresh = told.isfinite() & (self.steps < FIRST)
        self.total += torch.where(fresh, told, 0)
        self.steps += fresh
        return losses * torch.where(self.total > TINY, self.steps / self.total.clamp(min=TINY), 1)


@final
class Uncertainty(Balance):
    """A learned variance for each head: losses over it, plus half its logarithm (Kendall et al., arXiv 1705.07115)."""

    def __init__(self, heads: int) -> None:
        super().__init__(heads)
        self.log_variances = nn.Parameter(torch.zeros(heads))

    def forward(self, losses: Tensor, told: Tensor) -> Tensor:
        """Return the losses over their variances, and what keeps these from growing."""
        there = told.isfinite()
        return losses * (-self.log_variances).exp() + torch.where(there, self.log_variances / 2, 0)


@final
class SoftOptimal(Balance):
    """Weights that fall with the loss: a softmax of 1 / loss, times H (UW-SO, Kirchdorfer et al., arXiv 2408.07985).

    A loss below 0.1 counts as 0.1 there: one that is nearly 0 would take all the weight.
    """

    def forward(self, losses: Tensor, told: Tensor) -> Tensor:
        """Return the weighted losses."""
        inverse = torch.where(told.isfinite(), 1 / told.clamp(min=LEAST), -torch.inf)
        weights = inverse.softmax(0) * told.isfinite().sum()
        return losses * weights.nan_to_num()


@final
class Famo(Balance):
    """Weights under which all losses fall at one rate (FAMO, Liu et al., arXiv 2306.03792).

    They move by how much each loss fell from one step to the next, as the next batch tells it: a second forward of the
    same batch, as in the paper, would cost a third of a step.
    """

    logits: Tensor
    before: Tensor
    first: Tensor
    second: Tensor
    steps: Tensor
    RATE: Final = 0.025
    DECAY: Final = 1e-3

    def __init__(self, heads: int) -> None:
        super().__init__(heads)
        for name in ("logits", "first", "second"):
            self.register_buffer(name, torch.zeros(heads))
        self.register_buffer("before", torch.full((heads,), torch.nan))
        self.register_buffer("steps", torch.tensor(0.0))

    def forward(self, losses: Tensor, told: Tensor) -> Tensor:
        """Return the losses, each over its value, weighted so that their weights' mean is that of equal ones."""
        with torch.no_grad():
            told = told.clamp(min=TINY)
            self.move((self.before.log() - told.log()).nan_to_num())
            self.before.copy_(torch.where(told.isfinite(), told, self.before))
            shares = self.logits.softmax(0) / torch.where(told.isfinite(), told, 1)
            weights = shares / shares.sum()
        return losses * weights * self.heads

    def move(self, fall: Tensor) -> None:
        """Move the logits by one step of Adam: down where a loss fell faster than the others."""
        shares = self.logits.softmax(0)
        slope = shares * (fall - (shares * fall).sum()) + self.DECAY * self.logits
        self.steps += 1
        self.first.lerp_(slope, 0.1)
        self.second.lerp_(slope.square(), 0.001)
        mean, square = self.first / (1 - 0.9**self.steps), self.second / (1 - 0.999**self.steps)
        self.logits -= self.RATE * mean / (square.sqrt() + TINY)


KINDS: Final[Mapping[str, Callable[[int], Balance]]] = {
    "none": Unbalanced,
    "initial": Initial,
    "uncertainty": Uncertainty,
    "uw-so": SoftOptimal,
    "famo": Famo,
}


def balance_of(kind: Balancing, heads: int) -> Balance:
    """Return what balances so many heads; one alone needs none."""
    return KINDS[kind](heads) if heads > 1 else Unbalanced(heads)
