"""What is said of a whole image beside its one class: which of several classes it belongs to, and what was measured."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch


class Tags(NamedTuple):
    """Which of several classes an image belongs to.

    Attributes:
        states: Of each class, in the order of their numbers: 1 if it does, 0 if not, NaN where nobody says.
        names: Of the classes that it belongs to.
    """

    states: tuple[float, ...]
    names: tuple[str, ...]

    def target(self, names: Sequence[str], size: tuple[int, int]) -> Any:  # noqa: ARG002  # of no use here
        """Return the states, (K,) float."""
        return torch.tensor(self.states)


def tags_of(states: Sequence[float], names: Sequence[str]) -> Tags:
    """Return what some states of classes, of these names, say."""
    return Tags(tuple(states), tuple(name for name, state in zip(names, states, strict=True) if state == 1))


class Value(NamedTuple):
    """A number that was measured of an image."""

    number: float

    def target(self, names: Sequence[str], size: tuple[int, int]) -> Any:  # noqa: ARG002  # of no use here
        """Return the number, (1,) float."""
        return torch.tensor([self.number])
