"""Sums and counts of losses -> losses, divided by what all ranks counted together."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from polyhead.contracts import Loss
from polyhead.tasks._ranks import sum_over_ranks


class Divided(NamedTuple):
    """What a step costs.

    Attributes:
        means: By HEAD/PART, this rank's share of each loss, in the graph: its mean over ranks is the loss.
        heads: (H,) the sums of each head's means, in the order of the heads.
        told: (H,) the same over all ranks, without gradient; NaN for a head that counted nothing anywhere.
    """

    means: dict[str, Tensor]
    heads: Tensor
    told: Tensor


def divided(losses: Mapping[str, Mapping[str, Loss]], ranks: int) -> Divided:
    """Return what a step costs, from the losses of every head by its name, each with one or more parts."""
    parts = {f"{head}/{name}": loss for head, some in losses.items() for name, loss in some.items()}
    own = torch.stack([value.detach().float() for loss in parts.values() for value in (loss.total, loss.count)])
    totals, counts = sum_over_ranks(own).view(-1, 2).unbind(1)
    scale = ranks / counts.clamp(min=1)
    means = {name: loss.total * scale[place] for place, (name, loss) in enumerate(parts.items())}
    lengths = [len(some) for some in losses.values()]
    heads = [torch.stack(some).sum() for some in _grouped(list(means.values()), lengths)]
    whole, seen = torch.split(totals / counts.clamp(min=1), lengths), torch.split(counts, lengths)
    told = [part.sum().where(some.any(), torch.nan) for part, some in zip(whole, seen, strict=True)]
    return Divided(means, torch.stack(heads), torch.stack(told))


def _grouped(values: list[Tensor], lengths: list[int]) -> list[list[Tensor]]:
    """Return values in groups of so many each."""
    ends = [sum(lengths[: place + 1]) for place in range(len(lengths))]
    return [values[end - length : end] for end, length in zip(ends, lengths, strict=True)]
