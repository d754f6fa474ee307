"""What is said of a whole image beside its one class: which of several classes it belongs to, and what was measured."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch


class Tags(NamedTuple):
    """Which of several classes an image belongs to.

    Attributes:
        states: Of each class, in the order of their numbers: 1 if it does, 0 if not, NaN where nobody says.
    """

    states: tuple[float, ...]

    def target(self, names: Sequence[str], size: tuple[int, int]) -> Any:  # noqa: ARG002  # of no use here
        """Return the states, (K,) float."""
        return torch.tensor(self.states)


class Value(NamedTuple):
    """A number that was measured of an image."""

    number: float

    def target(self, names: Sequence[str], size: tuple[int, int]) -> Any:  # noqa: ARG002  # of no use here
        """Return the number, (1,) float."""
        return torch.tensor([self.number])
