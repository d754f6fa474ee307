"""Which predicted boxes find a true one, by COCO's protocol, for all images and IoU thresholds at once.

Everything here is an array over all images. A *group* is one class in one image: only boxes of one group are compared.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Pairs = tuple[Ints, Ints, NDArray[np.float64]]

CHUNK = 1 << 21
"""Pairs of boxes that are compared at a time: some 200 MB."""


def best_first(group: Ints, scores: Floats, most: int) -> tuple[Ints, Ints]:
    """Return which predictions count, group after group and best first, and each one's rank within its group.

    Args:
        group: (N,) of each prediction.
        scores: (N,).
        most: How many of a group count.

    Returns:
        (n,) places in the arguments, and (n,) ranks from 0 on. Of equal scores the earlier one comes first.
    """
    order = np.lexsort((-scores, group))
    ranks = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    counts = ranks < most
    return order[counts], ranks[counts]


def close_pairs(found: Floats, found_group: Ints, true: Floats, true_group: Ints, least: float) -> Pairs:
    """Return the pairs of a predicted and a true box of one group whose IoU is at least `least`.

    Args:
        found: (n, 4) x, y, width, height.
        found_group: (n,).
        true: (m, 4) as `found`.
        true_group: (m,) in ascending order.
        least: Above 0.

    Returns:
        (p,) places in `found`, in ascending order, (p,) places in `true`, and (p,) IoU.
    """
    first = np.searchsorted(true_group, found_group, "left")
    counts = np.searchsorted(true_group, found_group, "right") - first
    parts = []
    for some in chunks(counts):
        which = np.repeat(np.arange(some.start, some.stop), counts[some])
        ends = counts[some].cumsum()
        other = (
            np.arange(len(which)) - np.repeat(ends - counts[some], counts[some]) + np.repeat(first[some], counts[some])
        )
        ious = iou(found[which].astype(np.float64), true[other].astype(np.float64))
        close = ious >= least
        parts.append((which[close], other[close], ious[close]))
    which, other, ious = (np.concatenate(part) for part in zip(*parts, strict=True))
    return which, other, ious


def chunks(counts: Ints) -> Iterator[slice]:
    """Yield slices of predictions, at least one, that together have about `CHUNK` pairs, given the pairs of each."""
    place = (counts.cumsum() - counts) // CHUNK
    edges = [0, *(np.flatnonzero(np.diff(place)) + 1).tolist(), len(counts)]
    yield from (slice(start, stop) for start, stop in pairwise(edges))


def iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the IoU (p,) of boxes (p, 4) of x, y, width, height, pair by pair; 0 of two without area."""
    begin = np.maximum(one[:, :2], other[:, :2])
    end = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    shared: NDArray[np.float64] = (end - begin).clip(min=0).prod(1)
    union = one[:, 2:].prod(1) + other[:, 2:].prod(1) - shared
    np.divide(shared, union, out=shared, where=union > 0)
    return shared


def match(pairs: Pairs, ranks: Ints, true: int, thresholds: Floats) -> Bools:
    """Return which predictions find a true box: each takes the closest one that no better prediction of its group took.

    Args:
        pairs: Of `close_pairs`.
        ranks: (n,) of each prediction within its group.
        true: How many true boxes there are.
        thresholds: (t,) the IoU from which a box counts as found.

    Returns:
        (t, n). Of true boxes that are equally close, the last one is taken.
    """
    order = np.lexsort((pairs[1], pairs[2], pairs[0], ranks[pairs[0]]))
    which, other, ious = (part[order] for part in pairs)
    hits = np.zeros((len(thresholds), len(ranks)), dtype=bool)
    taken = np.zeros((len(thresholds), true), dtype=bool)
    edges = np.searchsorted(ranks[which], np.arange(ranks.max(initial=-1) + 2))
    for start, stop in pairwise(edges):  # all groups side by side, their best predictions first
        if start == stop:
            continue
        mine, theirs = which[start:stop], other[start:stop]
        free = (ious[start:stop] >= thresholds[:, None]) & ~taken[:, theirs]
        begins = np.flatnonzero(np.diff(mine, prepend=-1))
        closest = np.maximum.reduceat(np.where(free, np.arange(stop - start), -1), begins, axis=1)
        level, place = np.nonzero(closest >= 0)
        hits[level, mine[begins[place]]] = True
        taken[level, theirs[closest[level, place]]] = True
    return hits


def precision_at(hits: Bools, true: int, recalls: Floats) -> NDArray[np.float64]:
    """Return the highest precision at each recall or above, 0 where it is not reached.

    Args:
        hits: (t, n) of one class, best prediction first.
        true: How many true boxes the class has, >= 1.
        recalls: (r,) in ascending order.

    Returns:
        (t, r).
    """
    caught = hits.cumsum(1)
    precision = np.maximum.accumulate((caught / np.arange(1, hits.shape[1] + 1))[:, ::-1], axis=1)[:, ::-1]
    precision = np.pad(precision, ((0, 0), (0, 1)))
    places = np.stack([np.searchsorted(reached, recalls) for reached in caught / true])
    return np.take_along_axis(precision, places, axis=1)
