"""Intervals and sets that hold the truth as often as they promise: split conformal prediction.

Molecules that were not trained on tell how wrong a model is; what it says of others is widened until so many of those
would have been right. The promise holds for any model and any number of molecules, on average over them, as long as
the others are drawn as these were: it is no promise for molecules unlike all of them.

References:
    Papadopoulos et al., Inductive confidence machines for regression, doi 10.1007/3-540-36755-1_29.
    Angelopoulos and Bates, A gentle introduction to conformal prediction, arXiv 2107.07511.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
COVERAGE: Final = 0.9


class Coverage(NamedTuple):
    """How often intervals or sets held the truth.

    Attributes:
        share: (T,) the share of truths that were held, NaN where there is none.
        size: (T,) the mean width of the intervals, or the mean number of classes in the sets, of the same items.
        truths: (T,) how many there are.
    """

    share: Floats
    size: Floats
    truths: NDArray[np.int64]


def quantile(scores: Floats, coverage: float) -> float:
    """Return the smallest bound that a further score keeps with probability `coverage`, in (0, 1).

    That is the ceil((n + 1) * coverage)-th smallest of n scores: of n + 1 that are drawn alike, the last one has every
    place in their order as likely. Infinite where n is too small to promise so much.
    """
    place = int(np.ceil((len(scores) + 1) * coverage - 1e-9))  # 0.9 * 10 is a little above 9
    return float(np.sort(scores)[place - 1]) if place <= len(scores) else float("inf")


def half_widths(said: Floats, truth: Floats, coverage: float = COVERAGE, spread: Floats | None = None) -> Floats:
    """Return how far to either side intervals reach, (T,), learned from molecules that were not trained on.

    Args:
        said: (n, T) what the model says of them.
        truth: (n, T), NaN where it is unknown.
        coverage: The share of truths that intervals are to hold, in (0, 1).
        spread: (n, T) how unsure the model is, > 0, such as the spread of an ensemble; the half widths are then in
            units of it, so that intervals are wide where it is unsure. None: all are equally wide.

    Returns:
        Infinite for a value with too few truths.
    """
    errors = np.abs(said - truth) / (1.0 if spread is None else spread)
    return np.array([quantile(column[np.isfinite(column)], coverage) for column in errors.T])


def intervals(said: Floats, half: Floats, spread: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the lower and upper ends of intervals, (m, T) each, around what a model says (m, T).

    `spread` (m, T) is given where `half_widths` was given one.
    """
    reach = half * (np.ones_like(said) if spread is None else spread)
    return said - reach, said + reach


def interval_coverage(low: Floats, high: Floats, truth: Floats) -> Coverage:
    """Return how many truths (m, T) lie in their intervals, whose ends are (m, T)."""
    return _coverage((low <= truth) & (truth <= high), high - low, np.isfinite(truth))


def class_threshold(said: Floats, truth: NDArray[np.int64], coverage: float = COVERAGE) -> float:
    """Return the probability from which on a class belongs to a set; below 0 where there are too few truths.

    Args:
        said: (n, K) probabilities of molecules that were not trained on.
        truth: (n,) their class numbers.
        coverage: The share of truths that sets are to hold, in (0, 1).

    References:
        Sadinle et al., Least ambiguous set-valued classifiers, arXiv 1609.00451.
    """
    return 1 - quantile(1 - said[np.arange(len(truth)), truth], coverage)


def class_sets(said: Floats, threshold: float) -> Bools:
    """Return the classes that may be true of each item, (m, K), from probabilities (m, K); a set may be empty."""
    return said >= threshold


def class_coverage(sets: Bools, truth: NDArray[np.int64]) -> Coverage:
    """Return how many class numbers (m,) are in their sets (m, K), as arrays of one."""
    there = np.ones((len(truth), 1), np.bool_)
    return _coverage(sets[np.arange(len(truth)), truth][:, None], sets.sum(1, keepdims=True), there)


def label_thresholds(said: Floats, truth: Floats, coverage: float = COVERAGE) -> Floats:
    """Return the probabilities from which on "absent" and "present" belong to the set of a class, (K, 2).

    Each answer has a threshold of its own (Mondrian), so that the promise holds among the molecules of which it is
    true, however rare they are: with one for both, a rare "present" could be missed every time.

    Args:
        said: (n, K) probabilities of "present" of molecules that were not trained on.
        truth: (n, K) 1 present, 0 absent, NaN unknown.
        coverage: The share of either answer that sets are to hold, in (0, 1).

    Returns:
        Below 0 where there are too few truths: the answer then is in every set.

    References:
        Norinder et al., Introducing conformal prediction in predictive modeling, doi 10.1021/ci5001168.
    """
    pairs = zip(said.T, truth.T, strict=True)
    both = ((quantile(said[truth == 0], coverage), quantile(1 - said[truth == 1], coverage)) for said, truth in pairs)
    return 1 - np.array(list(both)).reshape(-1, 2)


def label_sets(said: Floats, thresholds: Floats) -> Bools:
    """Return which answers may be true, (m, K, 2) of "absent" and "present", from probabilities (m, K) of "present".

    Both says that the model cannot tell; none, that it has not seen the like.
    """
    return np.stack([1 - said, said], 2) >= thresholds


def label_coverage(sets: Bools, truth: Floats) -> tuple[Coverage, Coverage]:
    """Return how many of the absent and of the present (m, K) are in their sets (m, K, 2)."""
    sizes = sets.sum(2)
    absent, present = (_coverage(sets[..., answer], sizes, truth == answer) for answer in (0, 1))
    return absent, present


def _coverage(held: Bools, size: NDArray[np.generic], there: Bools) -> Coverage:
    """Return the means of each column over the rows that are there; all are (m, T)."""
    count = there.sum(0)
    share, mean = (
        np.divide(np.where(there, part, 0).sum(0), count, out=np.full(len(count), np.nan), where=count > 0)
        for part in (held, size)
    )
    return Coverage(share, mean, count)
