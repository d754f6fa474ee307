"""What the ranks of a distributed run agree upon."""

import atexit

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


def average_statistics(module: nn.Module, rows: int) -> None:
    """Replace every BatchNorm's running statistics by their mean over the ranks, weighted by the `rows` of each."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return
    norms = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]  # noqa: SLF001  # its only common base
    kept = [value for norm in norms for value in (norm.running_mean, norm.running_var) if value is not None]
    if not kept:
        return
    share = max(rows, 1) / sum_over_ranks(torch.tensor(float(max(rows, 1)), device=kept[0].device))
    flat = sum_over_ranks(torch.cat([value * share for value in kept]))
    for value, mean in zip(kept, torch.split(flat, [len(value) for value in kept]), strict=True):
        value.copy_(mean)
