"""From categories to vectors."""

import math
from collections.abc import Collection
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
        ignore: Names of columns that take no part; not all.
    """

    def __init__(self, columns: dict[str, tuple[str, ...]], width: int, ignore: Collection[str] = ()) -> None:
        super().__init__()
        kept = [place for place, name in enumerate(columns) if name not in ignore]
        counts = torch.tensor([sizes(columns)[place] for place in kept], dtype=torch.long)
        self.kept = nn.Buffer(torch.tensor(kept, dtype=torch.long), persistent=False)
        self.first = nn.Buffer(counts.cumsum(0) - counts, persistent=False)
        self.table = nn.EmbeddingBag(int(counts.sum()), width, mode="sum")
        nn.init.normal_(self.table.weight, std=1 / math.sqrt(len(kept)))  # so that sums have a variance of 1

    def forward(self, categories: Tensor) -> Tensor:
        """Return (n, width) of (n, columns) uint8; n may be 0."""
        vectors: Tensor = self.table(categories.index_select(1, self.kept).long() + self.first)
        return vectors
