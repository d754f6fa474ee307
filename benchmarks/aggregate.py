"""Which of torch's operations adds up the rows of groups soonest: forward, and forward with backward.

    python benchmarks/aggregate.py [--width 300] [--threads 1] [--rounds 50]

The sizes are those of a batch of 64 molecules: 3,400 messages to 1,600 atoms in any order, and 1,600 atoms of 64
molecules in order. Seconds are of the processor, medians count, and the operations take turns in an order that is drawn
each time, so that neither what else runs on the machine nor what the one before left in the caches favours any. Every
answer is compared with the others first.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from _results import machine, write
from polyhead.ops.aggregate import Reduction, aggregate

MOLECULES, ATOMS, MESSAGES = 64, 1600, 3400
Operation = Callable[[Tensor, Tensor, int], Tensor]


def scattered(kind: str) -> Operation:
    """Return `scatter_reduce_`."""

    def run(values: Tensor, index: Tensor, groups: int) -> Tensor:
        place = index[:, None].expand_as(values)
        return values.new_zeros(groups, values.shape[1]).scatter_reduce_(0, place, values, kind, include_self=False)

    return run


def index_reduced(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return maxima by `index_reduce_`."""
    return values.new_zeros(groups, values.shape[1]).index_reduce_(0, index, values, "amax", include_self=False)


def index_put(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return sums by `index_put_`."""
    return values.new_zeros(groups, values.shape[1]).index_put_((index,), values, accumulate=True)


def scatter_added(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return sums by `scatter_add_`, as PyG has them."""
    return values.new_zeros(groups, values.shape[1]).scatter_add_(0, index[:, None].expand_as(values), values)


def sparse(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return sums by the product with a sparse matrix of ones."""
    place = torch.stack([index, torch.arange(len(index))])
    ones = torch.sparse_coo_tensor(place, values.new_ones(len(index)), (groups, len(index)), check_invariants=False)
    return torch.sparse.mm(ones, values)


def dense(values: Tensor, index: Tensor, groups: int) -> Tensor:
    """Return sums by the product with a dense matrix of zeros and ones."""
    return F.one_hot(index, groups).to(values.dtype).T @ values


def segments(kind: str) -> Operation:
    """Return `segment_reduce`, which takes groups in order alone."""

    def run(values: Tensor, index: Tensor, groups: int) -> Tensor:
        lengths = torch.bincount(index, minlength=groups)
        return torch.segment_reduce(values, kind, lengths=lengths, axis=0, unsafe=True, initial=0)

    return run


def ours(how: Reduction) -> Operation:
    """Return our own."""
    return lambda values, index, groups: aggregate(values, index, groups, how)


SUMS: dict[str, Operation] = {
    "aggregate (index_add_)": ours("sum"),
    "scatter_add_": scatter_added,
    "scatter_reduce_": scattered("sum"),
    "index_put_": index_put,
    "sparse matrix": sparse,
    "dense matrix": dense,
}
MAXIMA: dict[str, Operation] = {
    "aggregate": ours("max"),
    "scatter_reduce_": scattered("amax"),
    "index_reduce_": index_reduced,
}
CASES: list[tuple[str, int, int, dict[str, Operation]]] = [
    ("sum of messages to atoms", MESSAGES, ATOMS, SUMS),
    ("sum of atoms to molecules", ATOMS, MOLECULES, SUMS | {"segment_reduce": segments("sum")}),
    ("maximum of atoms to molecules", ATOMS, MOLECULES, MAXIMA | {"segment_reduce": segments("max")}),
]


def once(operation: Operation, values: Tensor, index: Tensor, groups: int) -> tuple[float, float]:
    """Return the milliseconds of a forward, and of a forward with its backward."""
    values = values.detach().requires_grad_()
    begin = time.process_time()
    made = operation(values, index, groups)
    between = time.process_time()
    made.backward(torch.ones_like(made))
    return 1000 * (between - begin), 1000 * (time.process_time() - begin)


def measured(case: tuple[str, int, int, dict[str, Operation]], width: int, rounds: int) -> list[dict[str, Any]]:
    """Return a row for each operation of a case."""
    what, count, groups, operations = case
    draw = torch.Generator().manual_seed(0)
    values, index = torch.rand(count, width, generator=draw), torch.randint(groups, (count,), generator=draw)
    index = index if groups == ATOMS else index.sort().values
    first = next(iter(operations.values()))(values, index, groups)
    for operation in operations.values():
        torch.testing.assert_close(operation(values, index, groups), first)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in operations}
    names = list(operations)
    for _ in range(rounds):
        for place in torch.randperm(len(names), generator=draw).tolist():
            taken[names[place]].append(once(operations[names[place]], values, index, groups))
    rows = []
    for name, times in taken.items():
        forward, both = (f"{statistics.median(column):.2f} ms" for column in zip(*times, strict=True))
        rows.append({"what": what, "operation": name, "forward": forward, "with backward": both})
    return rows


def main() -> None:
    """Measure, print, and write benchmarks/results/aggregate.json and aggregate.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")  # index_reduce_ and sparse tensors are said to be in beta
    rows = [row for case in CASES for row in measured(case, given.width, given.rounds)]
    write("aggregate", rows, **vars(given), machine=machine(("torch",)))


if __name__ == "__main__":
    main()
