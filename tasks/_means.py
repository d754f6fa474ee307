"""Means of losses over an epoch, summed where they are made: what Lightning's own log costs at every step adds up."""

from collections.abc import Mapping
from typing import final

from torch import Tensor


@final
class Means:
    """Sums values by name, step after step, without waiting for the device that has them."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def add(self, values: Mapping[str, Tensor]) -> None:
        """Take in 0-d values without gradient; a name may be missing in some steps."""
        for name, value in values.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value.float()
            self.counts[name] = self.counts.get(name, 0) + 1

    def take(self) -> dict[str, Tensor]:
        """Return the mean of each name over the steps that had it, and begin anew."""
        means = {name: value / self.counts[name] for name, value in self.sums.items()}
        self.sums, self.counts = {}, {}
        return means
