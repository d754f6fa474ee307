"""What conformal prediction promises, it keeps, on data that are drawn alike."""

import numpy as np
import pytest

from polyhead.chemistry import conformal

RNG = np.random.default_rng


def test_the_quantile_is_the_place_that_a_further_score_keeps_often_enough() -> None:
    scores = np.array([5.0, 1, 9, 3, 7, 2, 8, 4, 6])
    assert conformal.quantile(scores, 0.9) == 9  # the 9th of 9, as 10 places are as likely
    assert conformal.quantile(scores, 0.5) == 5
    assert conformal.quantile(scores, 0.91) == np.inf
    assert conformal.quantile(scores[:0], 0.5) == np.inf


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("known", [9, 19, 40])
def test_intervals_hold_the_promised_share_of_truths_however_few_molecules_they_are_learned_from(
    coverage: float, known: int
) -> None:
    rng, held = RNG(0), []
    for _ in range(4000):
        said = rng.normal(size=(known + 1, 1))
        truth = said + rng.standard_t(2, size=said.shape)  # errors are far from normal
        half = conformal.half_widths(said[:-1], truth[:-1], coverage)
        low, high = conformal.intervals(said[-1:], half)
        held.append(conformal.interval_coverage(low, high, truth[-1:]).share)
    exact = np.ceil((known + 1) * coverage - 1e-9) / (known + 1)
    assert np.mean(held) == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 4000) ** 0.5)
    assert exact >= coverage


def unequal(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values said, truths, and spreads that tell how large errors are, 0.1 or 3."""
    rng = RNG(1)
    spread = rng.choice([0.1, 3.0], size=(count, 1))
    said = rng.normal(size=(count, 1))
    return said, said + spread * rng.normal(size=(count, 1)), spread


def test_a_spread_makes_intervals_narrow_where_the_model_is_sure_and_they_hold_as_much() -> None:
    said, truth, spread = unequal(4000)
    known, asked = slice(2000), slice(2000, None)
    half = conformal.half_widths(said[known], truth[known], 0.9, spread[known])
    scaled = conformal.intervals(said[asked], half, spread[asked])
    plain = conformal.intervals(said[asked], conformal.half_widths(said[known], truth[known], 0.9))
    sure = spread[asked, 0] < 1
    for low, high in (scaled, plain):
        assert conformal.interval_coverage(low, high, truth[asked]).share[0] == pytest.approx(0.9, abs=0.02)
    narrow, wide = (
        conformal.interval_coverage(*(end[sure] for end in ends), truth[asked][sure]) for ends in (scaled, plain)
    )
    assert narrow.share[0] == pytest.approx(0.9, abs=0.03)
    assert wide.share[0] == 1
    assert narrow.size[0] < 0.2 * wide.size[0]


def test_blanks_count_for_nothing_and_a_value_with_too_few_truths_has_no_end() -> None:
    said = np.zeros((10, 2))
    truth = np.stack([np.arange(1.0, 11), np.full(10, np.nan)], 1)
    truth[9, 0] = np.nan
    half = conformal.half_widths(said, truth, 0.9)
    assert half.tolist() == [9, np.inf]
    found = conformal.interval_coverage(*conformal.intervals(said, half), truth)
    assert found.truths.tolist() == [9, 0]
    assert (found.share[0], found.size[0]) == (1, 18)
    assert np.isnan(found.share[1])


def chosen(count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and classes drawn by them, which a model of too much confidence has sharpened."""
    rng = RNG(2)
    logits = rng.normal(size=(count, classes))
    truth = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    sharp = np.exp(4 * logits)
    return sharp / sharp.sum(1, keepdims=True), truth


def test_sets_of_classes_hold_the_promised_share_also_of_a_model_that_is_too_sure() -> None:
    said, truth = chosen(8000, 4)
    threshold = conformal.class_threshold(said[:4000], truth[:4000], 0.9)
    found = conformal.class_coverage(conformal.class_sets(said[4000:], threshold), truth[4000:])
    assert found.share[0] == pytest.approx(0.9, abs=0.015)
    assert 1 < found.size[0] < 4
    assert (said.argmax(1) == truth).mean() < 0.7


def test_with_too_few_truths_every_class_is_in_the_set() -> None:
    said, truth = chosen(5, 3)
    assert conformal.class_sets(said, conformal.class_threshold(said, truth, 0.9)).all()


def rare(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities of two classes, of which one is present in one of 20, and truths with blanks."""
    rng = RNG(3)
    truth = (rng.random((count, 2)) < [0.05, 0.5]).astype(float)
    said = 1 / (1 + np.exp(3 - 1.5 * truth - rng.normal(size=(count, 2))))
    truth[rng.random((count, 2)) < 0.2] = np.nan
    return said, truth


def test_sets_of_labels_hold_the_promised_share_of_either_answer_also_of_a_rare_one() -> None:
    said, truth = rare(20000)
    thresholds = conformal.label_thresholds(said[:10000], truth[:10000], 0.8)
    sets = conformal.label_sets(said[10000:], thresholds)
    for found in conformal.label_coverage(sets, truth[10000:]):
        np.testing.assert_allclose(found.share, 0.8, atol=0.05)
    assert (said[truth[:, 0] == 1, 0] > 0.5).mean() < 0.5  # the model itself misses most of them


def test_an_answer_that_was_never_seen_is_in_every_set() -> None:
    said, truth = rare(100)
    truth[truth == 1] = np.nan
    sets = conformal.label_sets(said, conformal.label_thresholds(said, truth, 0.8))
    assert sets[..., 1].all()
    assert not sets[..., 0].all()
