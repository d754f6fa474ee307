"""What the ranks of a distributed run agree upon."""

import atexit
from collections.abc import Iterable

import torch
from torch import Tensor, distributed, nn


def leave_together() -> None:
    """Take this process out of its group before Python ends: gloo's threads, still running then, abort the process."""
    if distributed.is_available() and distributed.is_initialized():
        atexit.register(_leave)


def _leave() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


def sum_over_ranks(values: Tensor) -> Tensor:
    """Return the element-wise sum of `values` over all ranks; of a run with one process, the values."""
    if distributed.is_available() and distributed.is_initialized():
        values = values.clone()
        distributed.all_reduce(values)
    return values


def average_statistics(module: nn.Module, rows: int, still: Iterable[nn.Module] = ()) -> None:
    """Replace every BatchNorm's running statistics by their mean over the ranks, weighted by the `rows` of each.

    Those within the parts `still` stay as they are, to the bit: a mean of equal numbers may be another one.
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return
    kinds = nn.modules.batchnorm._BatchNorm  # noqa: SLF001  # its only common base
    apart = {id(one) for part in still for one in part.modules()}
    norms = [one for one in module.modules() if isinstance(one, kinds) and id(one) not in apart]
    kept = [value for norm in norms for value in (norm.running_mean, norm.running_var) if value is not None]
    if not kept:
        return
    share = max(rows, 1) / sum_over_ranks(torch.tensor(float(max(rows, 1)), device=kept[0].device))
    flat = sum_over_ranks(torch.cat([value * share for value in kept]))
    for value, mean in zip(kept, torch.split(flat, [len(value) for value in kept]), strict=True):
        value.copy_(mean)
