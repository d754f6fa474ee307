"""What is promised beside the answers of one head: intervals of its values, or sets of its classes.

A calibration is learned once, from molecules that were not trained on, and kept as plain data beside the model.
"""

from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyhead.chemistry import conformal
from polyhead.chemistry.conformal import COVERAGE, Coverage

Floats = NDArray[np.float64]
Kind = Literal["values", "labels", "classes"]
"""Of a head: numbers; yes or no for each of several classes; or one class of several."""
ANSWERS: Final = ("absent", "present")
FEWER: Final = "fewer than promised, by more than chance usually explains"


class Calibration(NamedTuple):
    """What the promises of one head are made from.

    Attributes:
        kind: What the head says.
        names: Its values or classes.
        coverage: The share of truths that intervals and sets are to hold, in (0, 1).
        bounds: (T,) the half widths of intervals; (K, 2) probabilities from which on "absent" and "present" belong to
            a set; (1,) that of a class.
        learned: How many truths each of them is learned from, in the same form.
    """

    kind: Kind
    names: tuple[str, ...]
    coverage: float
    bounds: Floats
    learned: NDArray[np.int64]

    def plain(self) -> dict[str, Any]:
        """Return the same as plain data; JSON has null for bounds that are infinite."""
        arrays = {"bounds": self.bounds.tolist(), "learned": self.learned.tolist()}
        return {**self._asdict(), "names": list(self.names), **arrays}


def calibrate(kind: Kind, names: tuple[str, ...], said: Floats, truth: Any, coverage: float = COVERAGE) -> Calibration:
    """Return what promises are made from.

    Args:
        kind: What the head says.
        names: Its T values or K classes.
        said: (n, T) values or (n, K) probabilities of molecules that were not trained on.
        truth: (n, T) or (n, K), NaN where it is unknown; of `classes` (n,) class numbers, -1 where it is.
        coverage: The share of truths that is to be held, in (0, 1).
    """
    if kind == "values":
        bounds, learned = conformal.half_widths(said, truth, coverage), np.isfinite(truth).sum(0)
    elif kind == "labels":
        bounds = conformal.label_thresholds(said, truth, coverage)
        learned = np.stack([(truth == answer).sum(0) for answer in (0, 1)], 1)
    else:
        known = truth >= 0
        bounds = np.array([conformal.class_threshold(said[known], truth[known], coverage)])
        learned = known.sum(keepdims=True)
    return Calibration(kind, names, coverage, bounds, learned)


def from_plain(held: dict[str, Any]) -> Calibration:
    """Return what `Calibration.plain` made plain; None is infinite, upwards for widths and downwards for thresholds."""
    kind: Kind = held["kind"]
    bounds = np.array(held["bounds"], np.float64)
    endless = np.inf if kind == "values" else -np.inf
    bounds = np.where(np.isnan(bounds), endless, bounds)
    return Calibration(kind, tuple(held["names"]), held["coverage"], bounds, np.array(held["learned"], np.int64))


def promises(found: Calibration, said: Floats) -> list[dict[str, Any]]:
    """Return, for each of m molecules, what is promised beside an answer (m, T) or (m, K), as plain data.

    `{"interval": {name: [low, high]}}` of values, None where there were too few truths; `{"set": {name: [answers]}}` of
    labels, "absent" and "present"; `{"set": [names]}` of classes.
    """
    if found.kind == "values":
        ends = np.stack(conformal.intervals(said, found.bounds), 2).tolist()
        finite = np.isfinite(found.bounds)
        return [
            {
                "interval": {
                    name: pair if known else None for name, pair, known in zip(found.names, row, finite, strict=True)
                }
            }
            for row in ends
        ]
    if found.kind == "labels":
        sets = conformal.label_sets(said, found.bounds)
        return [
            {"set": {name: named(ANSWERS, one) for name, one in zip(found.names, row, strict=True)}} for row in sets
        ]
    return [{"set": named(found.names, row)} for row in conformal.class_sets(said, float(found.bounds[0]))]


def named(names: tuple[str, ...], chosen: NDArray[np.bool_]) -> list[str]:
    """Return the names that are chosen (n,)."""
    return [name for name, one in zip(names, chosen, strict=True) if one]


def kept(found: Calibration, said: Floats, truth: Any) -> dict[str, Coverage]:
    """Return how well promises were kept on m other molecules, by what they are about; arguments as of `calibrate`.

    Of `values` and `classes` one entry, "all"; of `labels` one for each answer.
    """
    if found.kind == "values":
        return {"all": conformal.interval_coverage(*conformal.intervals(said, found.bounds), truth)}
    if found.kind == "labels":
        both = conformal.label_coverage(conformal.label_sets(said, found.bounds), truth)
        return dict(zip(ANSWERS, both, strict=True))
    known = truth >= 0
    return {"all": conformal.class_coverage(conformal.class_sets(said[known], float(found.bounds[0])), truth[known])}


def sentence(found: Calibration, held: dict[str, Coverage]) -> str:
    """Return in words how well promises were kept; a promise with no end is said to be none."""
    parts = [words for about, coverage in held.items() if (words := _words(found, about, coverage))]
    what = "intervals" if found.kind == "values" else "sets"
    if not parts:
        return f"no {what}: there are too few molecules to promise {found.coverage:.0%} on"
    return f"{what} that promise {found.coverage:.0%} held {'; '.join(parts)}"


def _words(found: Calibration, about: str, held: Coverage) -> str:
    """Return how often one kind of promise was kept, over all values; "" where none could be made or measured."""
    there = (held.truths > 0) & np.isfinite(held.size)
    if found.kind != "values":
        most = 2 if found.kind == "labels" else len(found.names)
        there &= held.size < most
    if not there.any():
        return ""
    counts = held.truths[there]
    share, size = (float(np.average(part[there], weights=counts)) for part in (held.share, held.size))
    of = f"{counts.sum()} truths" if about == "all" else f"{counts.sum()} {about}"
    learned = found.learned[:, ANSWERS.index(about)] if found.kind == "labels" else found.learned
    fewer = f", {FEWER}" if too_few(share, found.coverage, int(counts.sum()), int(learned[there].sum())) else ""
    return f"{share:.1%} of {of} (mean {'width' if found.kind == 'values' else 'size'} {size:.3g}){fewer}"


def too_few(share: float, coverage: float, measured: int, learned: int) -> bool:
    """Return whether a promise was kept more seldom than in 95 of 100 cases by chance, in the normal approximation.

    Args:
        share: Of the truths that were held.
        coverage: What was promised.
        measured: How many truths were measured, which leaves something to chance.
        learned: How many the promise was learned from, which leaves as much; 0 is none to speak of.
    """
    deviation = (coverage * (1 - coverage) * (1 / measured + 1 / max(1, learned))) ** 0.5
    return bool(share < coverage - 1.645 * deviation)
