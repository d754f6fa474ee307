"""Measured values of which some are known only to lie below or above a bound."""

from typing import Final, NamedTuple

import torch
from torch import Tensor

SIGNS: Final = {-1: "<", 1: ">"}
"""What is written before a value that is a bound."""


class Censored(NamedTuple):
    """Targets of n items and T values, or without the n of a single one, some of which are bounds.

    Attributes:
        values: (n, T) floats, the value or the bound; NaN is unlabelled.
        bounds: (n, T) int8: 0 measured, -1 the truth is at most the value (`<`), 1 it is at least that (`>`).
    """

    values: Tensor
    bounds: Tensor


def columns(targets: Tensor | Censored, count: int) -> Censored:
    """Return targets of T values in one form, (n, T) values and bounds, from tensors (n, T) or, where T is 1, (n,)."""
    values = targets.values if isinstance(targets, Censored) else targets
    bounds = targets.bounds if isinstance(targets, Censored) else torch.zeros_like(values, dtype=torch.int8)
    shape = (len(values), count)
    return Censored(values.reshape(shape), bounds.reshape(shape))


def within(said: Tensor, wanted: Censored) -> Tensor:
    """Return where a value is only bounded, and what is said of it (n, T) keeps the bound."""
    return ((wanted.bounds < 0) & (said <= wanted.values)) | ((wanted.bounds > 0) & (said >= wanted.values))
