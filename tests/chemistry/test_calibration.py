"""Promises beside answers, as plain data."""

import json
import re

import numpy as np
import pytest

from polyhead.chemistry.calibration import Calibration, Kind, calibrate, from_plain, kept, promises, sentence
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
    for coverage in kept(again, said[2000:], truth[2000:]).values():
        np.testing.assert_allclose(coverage.share, 0.9, atol=0.03)


def test_the_interval_of_a_value_is_around_what_is_said_and_has_no_ends_where_too_little_is_known() -> None:
    found = Calibration("values", ("mass", "charge"), 0.9, np.array([2.0, np.inf]))
    assert promises(found, np.array([[1.0, 5.0]])) == [{"interval": {"mass": [-1.0, 3.0], "charge": None}}]
    assert promises(from_plain(json.loads(json_text(found.plain()))), np.array([[1.0, 5.0]])) == promises(
        found, np.array([[1.0, 5.0]])
    )


def test_the_set_of_a_label_names_the_answers_that_may_be_true() -> None:
    found = Calibration("labels", ("toxic",), 0.9, np.array([[0.6, 0.2]]))
    sets = [one["set"]["toxic"] for one in promises(found, np.array([[0.1], [0.3], [0.5], [0.9]]))]
    assert sets == [["absent"], ["absent", "present"], ["present"], ["present"]]


def test_the_set_of_classes_names_all_from_the_threshold_on_and_may_be_empty() -> None:
    found = Calibration("classes", ("a", "b"), 0.9, np.array([0.6]))
    assert promises(found, np.array([[0.7, 0.3], [0.5, 0.5]])) == [{"set": ["a"]}, {"set": []}]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("values", r"^intervals that promise 90% held [89]\d\.\d% of 352 truths \(mean width [\d.]+\)$"),
        ("labels", r"^sets that promise 90% held .* absent \(mean size 1\.\d+\); .* present \(mean size 1\.\d+\)$"),
        ("classes", r"^sets that promise 90% held .* of 200 truths \(mean size 2\.\d+\)$"),
    ],
)
def test_how_promises_were_kept_is_said_in_words(kind: Kind, words: str) -> None:
    names, said, truth = case(kind)
    found = calibrate(kind, names, said[:200], truth[:200])
    text = sentence(found, kept(found, said[200:], truth[200:]))
    assert re.match(words, text), text


@pytest.mark.parametrize("kind", ["values", "labels", "classes"])
def test_where_nothing_can_be_promised_that_is_said(kind: Kind) -> None:
    names, said, truth = case(kind, 40)
    few = calibrate(kind, names, said[20:23], truth[20:23])
    assert "too few molecules to promise 90%" in sentence(few, kept(few, said[23:], truth[23:]))
