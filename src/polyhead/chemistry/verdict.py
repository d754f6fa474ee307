"""Whether a network beats what needs none: a paired bootstrap over the molecules of a test.

A metric of two models differs by chance alone, and which molecules happen to be in the test moves both alike. So
molecules are drawn with replacement, each time the same ones for both, and what counts is how the difference varies.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats, Floats], Floats]
"""From predictions (n, ...), truths (n, ...) with NaN for unknown, and how often each molecule counts (R, n), to the
metric of each of R draws (R,); NaN where a draw has none."""
DRAWS: Final = 1000
SURE: Final = 0.95


class Verdict(NamedTuple):
    """How a network compares with a baseline on the same molecules.

    Attributes:
        metric: Its name.
        network: What the network reaches.
        baseline: What the baseline reaches.
        better: By how much the network is better, in the metric's unit; negative where it is worse.
        low: From where ...
        high: ... to where this lies in 95 of 100 draws.
        molecules: How many were measured.
        beats: Whether it is better, and not by chance.
        sentence: All this in words.
    """

    metric: str
    network: float
    baseline: float
    better: float
    low: float
    high: float
    molecules: int
    beats: bool
    sentence: str


def verdict(network: Floats, baseline: Floats, truth: Floats, metric: str, *, name: str, seed: int = 0) -> Verdict:
    """Return how the predictions of a network compare with those of a baseline.

    Args:
        network: (n, T) values or probabilities, n >= 1.
        baseline: The same of the baseline; NaN for a target on which it could not learn: left out for both.
        truth: (n, T), NaN where it is unknown; with `accuracy` (n,) class numbers, -1 where it is unknown.
        metric: One of `MEASURES`.
        name: Of the baseline.
        seed: Of the draws.
    """
    measure, sign = MEASURES[metric]
    if truth.ndim == 2:
        truth = np.where(np.isfinite(baseline), truth, np.nan)
    once, draws = np.ones((1, len(truth))), drawn(len(truth), seed)
    ours, theirs = (float(measure(said, truth, once)[0]) for said in (network, baseline))
    differences = sign * (measure(network, truth, draws) - measure(baseline, truth, draws))
    differences = differences[np.isfinite(differences)]
    tail = 50 * (1 - SURE)
    low, high = np.percentile(differences, [tail, 100 - tail]).tolist() if len(differences) else (np.nan, np.nan)
    found = Verdict(metric, ours, theirs, sign * (ours - theirs), low, high, len(truth), bool(low > 0), "")
    return found._replace(sentence=sentence(found, name))


def sentence(found: Verdict, name: str) -> str:
    """Return a verdict in words."""
    both = f"{found.metric} {found.network:.3g} against {found.baseline:.3g} of a {name}"
    between = f"95 % interval {found.low:.2g} to {found.high:.2g}, {found.molecules} molecules"
    if not np.isfinite([found.better, found.low, found.high]).all():
        return (
            f"nothing can be said of the network against a {name}: {found.molecules} molecules have no {found.metric}"
        )
    if found.beats:
        return f"the network beats the baseline: {both}, better by {found.better:.2g} ({between})"
    if found.high < 0:
        return f"the network does not beat the baseline: {both}, worse by {-found.better:.2g} ({between})"
    return (
        f"the network does not beat the baseline: {both}, which may be chance (better by {found.better:.2g}, {between})"
    )


def drawn(molecules: int, seed: int, draws: int = DRAWS) -> Floats:
    """Return how often each of n molecules is in each of R draws with replacement, (R, n)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(molecules, np.full(molecules, 1 / molecules), size=draws).astype(np.float64)


def rmse(said: Floats, truth: Floats, counts: Floats) -> Floats:
    """Return the root mean squared error, the mean over T values; as a `Measure`."""
    there = np.isfinite(truth)
    squares = np.where(there, said - truth, 0) ** 2
    return mean_of(np.sqrt(shares(counts @ squares, counts @ there)))


def auroc(said: Floats, truth: Floats, counts: Floats) -> Floats:
    """Return the area under the ROC curve, the mean over the K classes that have one; as a `Measure`."""
    return mean_of(np.stack([area(*column, counts) for column in zip(said.T, truth.T, strict=True)], 1))


def area(said: Floats, truth: Floats, counts: Floats) -> Floats:
    """Return the area under the ROC curve of one class, (R,), from (n,) scores and truths; NaN where a draw has none.

    It is the share of pairs of a present and an absent molecule that the scores put in order, equal ones counting half.
    """
    there = np.flatnonzero(np.isfinite(truth))
    there = there[np.argsort(said[there], kind="stable")]
    weights, present = counts[:, there], truth[there] > 0.5
    if not len(there):
        return np.full(len(counts), np.nan)
    starts = np.flatnonzero(np.diff(said[there], prepend=-np.inf))
    yes, no = (np.add.reduceat(weights * mask, starts, axis=1) for mask in (present, ~present))
    before = np.cumsum(no, axis=1) - no / 2
    return shares((yes * before).sum(1), yes.sum(1) * no.sum(1))


def accuracy(said: Floats, truth: Floats, counts: Floats) -> Floats:
    """Return the share of items (n,) whose class has the highest of the probabilities (n, K); as a `Measure`."""
    there = truth >= 0
    return shares(counts @ ((said.argmax(1) == truth) & there), counts @ there)


def shares(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where the whole is 0."""
    found: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return found


def mean_of(values: Floats) -> Floats:
    """Return the mean of each row (R, T) over what is a number, NaN where nothing is."""
    there = np.isfinite(values)
    return shares(np.where(there, values, 0).sum(1), there.sum(1))


MEASURES: Final[dict[str, tuple[Measure, int]]] = {"rmse": (rmse, -1), "auroc": (auroc, 1), "accuracy": (accuracy, 1)}
"""By name: the metric, and 1 where more of it is better, else -1."""
