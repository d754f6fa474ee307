"""Promises beside answers, as plain data."""

import json
from typing import Any

import numpy as np
import pytest

from polyhead.chemistry.calibration import (
    FEWER,
    Calibration,
    Kind,
    calibrate,
    from_plain,
    kept,
    promises,
    sentence,
    too_few,
)
from polyhead.chemistry.conformal import Coverage
from polyhead.files import json_text

RNG = np.random.default_rng


def case(kind: Kind, count: int = 400) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return names, what a model says, and the truth with some blanks."""
    rng = RNG(0)
    if kind == "values":
        said = rng.normal(size=(count, 2))
        truth = said + rng.normal(size=said.shape) * [1, 5]
        truth[rng.random(truth.shape) < 0.1] = np.nan
        return ("mass", "charge"), said, truth
    if kind == "labels":
        truth = (rng.random((count, 2)) < 0.5).astype(float)
        said = 1 / (1 + np.exp(1 - 2 * truth - rng.normal(size=truth.shape)))
        truth[rng.random(truth.shape) < 0.1] = np.nan
        return ("toxic", "soluble"), said, truth
    logits = rng.normal(size=(count, 3))
    numbers = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    numbers[:20] = -1
    return ("a", "b", "c"), np.exp(logits) / np.exp(logits).sum(1, keepdims=True), numbers


@pytest.mark.parametrize("kind", ["values", "labels", "classes"])
def test_promises_are_kept_on_other_molecules_and_outlive_json(kind: Kind) -> None:
    names, said, truth = case(kind, 4000)
    found = calibrate(kind, names, said[:2000], truth[:2000], 0.9)
    again = from_plain(json.loads(json_text(found.plain())))
    assert (again.kind, again.names, again.coverage) == (kind, names, 0.9)
    np.testing.assert_allclose(again.bounds, found.bounds)
    assert again.learned.tolist() == found.learned.tolist()
    for coverage in kept(again, said[2000:], truth[2000:]).values():
        np.testing.assert_allclose(coverage.share, 0.9, atol=0.03)


def test_the_interval_of_a_value_is_around_what_is_said_and_has_no_ends_where_too_little_is_known() -> None:
    found = Calibration(
        "values", ("mass", "charge"), 0.9, np.array([2.0, np.inf]), np.full_like([2.0, np.inf], 20, int)
    )
    assert promises(found, np.array([[1.0, 5.0]])) == [{"interval": {"mass": [-1.0, 3.0], "charge": None}}]
    assert from_plain(json.loads(json_text(found.plain()))).bounds.tolist() == [2.0, np.inf]


def test_the_set_of_a_label_names_the_answers_that_may_be_true() -> None:
    found = Calibration("labels", ("toxic",), 0.9, np.array([[0.6, 0.2]]), np.full_like([[0.6, 0.2]], 20, int))
    sets = [one["set"]["toxic"] for one in promises(found, np.array([[0.1], [0.3], [0.5], [0.9]]))]
    assert sets == [["absent"], ["absent", "present"], ["present"], ["present"]]


def test_the_set_of_classes_names_all_from_the_threshold_on_and_may_be_empty() -> None:
    found = Calibration("classes", ("a", "b"), 0.9, np.array([0.6]), np.full_like([0.6], 20, int))
    assert promises(found, np.array([[0.7, 0.3], [0.5, 0.5]])) == [{"set": ["a"]}, {"set": []}]


def held(share: list[float], size: list[float], truths: list[int]) -> Coverage:
    """Return how promises were kept."""
    return Coverage(np.array(share), np.array(size), np.array(truths))


SAID: list[tuple[Kind, list[Any], dict[str, Coverage], str]] = [
    (
        "values",
        [2.0, np.inf],
        {"all": held([0.92, 1.0], [4.0, np.inf], [50, 9])},
        "intervals that promise 90% held 92.0% of 50 truths (mean width 4)",
    ),
    (
        "labels",
        [[0.4, 0.3], [0.4, 0.3]],
        {"absent": held([0.9, 0.95], [1.0, 1.5], [60, 20]), "present": held([0.7, np.nan], [1.5, np.nan], [20, 0])},
        f"sets that promise 90% held 91.2% of 80 absent (mean size 1.12); 70.0% of 20 present (mean size 1.5), {FEWER}",
    ),
    (
        "classes",
        [0.2],
        {"all": held([0.88], [1.25], [40])},
        "sets that promise 90% held 88.0% of 40 truths (mean size 1.25)",
    ),
]


@pytest.mark.parametrize(("kind", "bounds", "coverage", "words"), SAID)
def test_how_promises_were_kept_is_said_in_words(
    kind: Kind, bounds: list[Any], coverage: dict[str, Coverage], words: str
) -> None:
    found = Calibration(kind, ("a", "b"), 0.9, np.array(bounds), np.full_like(bounds, 100, int))
    assert sentence(found, coverage) == words


@pytest.mark.parametrize("kind", ["values", "labels", "classes"])
def test_where_nothing_can_be_promised_that_is_said(kind: Kind) -> None:
    names, said, truth = case(kind, 40)
    few = calibrate(kind, names, said[20:23], truth[20:23])
    assert "too few molecules to promise 90%" in sentence(few, kept(few, said[23:], truth[23:]))


def test_intervals_that_hold_fewer_truths_than_chance_explains_are_said_to() -> None:
    names, said, truth = case("values", 800)
    found = calibrate("values", names, said[:600], truth[:600])
    worse = said[600:] + 2 * (truth[600:] - said[600:])
    assert "fewer than promised" not in sentence(found, kept(found, said[600:], truth[600:]))
    assert sentence(found, kept(found, said[600:], worse)).endswith("by more than chance usually explains")


def test_chance_explains_5_of_100_misses_of_a_promise_that_holds() -> None:
    rng, missed = RNG(0), 0
    for _ in range(2000):
        errors = np.abs(rng.normal(size=(160, 1)))
        found = calibrate("values", ("mass",), np.zeros((60, 1)), errors[:60], 0.9)
        share = kept(found, np.zeros((100, 1)), errors[60:])["all"].share[0]
        missed += too_few(share, 0.9, 100, 60)
    assert missed / 2000 == pytest.approx(0.05, abs=0.02)
