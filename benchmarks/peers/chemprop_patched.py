"""chemprop's command line, whose sums over a repeated index are done by `index_add_`: the same numbers, sooner."""

from typing import Any

import torch
from chemprop.cli.main import main
from torch import Tensor

plain = torch.Tensor.scatter_reduce_


def summed(self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, **options: Any) -> Tensor:
    """Return what `scatter_reduce_` does to zeros, where whole rows go to the place that the first column names."""
    if dim or index.dim() != 2 or options.get("include_self", True) or reduce not in {"sum", "mean"}:
        return plain(self, dim, index, src, reduce, **options)
    place = index[:, 0]
    self.index_add_(0, place, src)
    if reduce == "mean":
        self.div_(torch.bincount(place, minlength=len(self)).clamp(min=1)[:, None])
    return self


torch.Tensor.scatter_reduce_ = summed
main()
