"""From categories to vectors."""

import math
from typing import final

import torch
from torch import Tensor, nn

from polyhead.chemistry.features import sizes


@final
class CategoryEmbedding(nn.Module):
    """The sum of one learned vector for each category of an atom or a bond: what a matrix makes of one-hot codes.

    There is no bias, so that zeros stand for something of which nothing is known.

    Args:
        columns: `ATOM` or `BOND`.
        width: Numbers of a vector.
    """

    def __init__(self, columns: dict[str, tuple[str, ...]], width: int) -> None:
        super().__init__()
        counts = torch.tensor(sizes(columns))
        self.first = nn.Buffer(counts.cumsum(0) - counts, persistent=False)
        self.table = nn.EmbeddingBag(int(counts.sum()), width, mode="sum")
        nn.init.normal_(self.table.weight, std=1 / math.sqrt(len(columns)))  # so that sums have a variance of 1

    def forward(self, categories: Tensor) -> Tensor:
        """Return (n, width) of (n, columns) uint8; n may be 0."""
        vectors: Tensor = self.table(categories.long() + self.first)
        return vectors
