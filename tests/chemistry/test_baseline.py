"""A forest on fingerprints, and whether a network beats it."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from sklearn.metrics import roc_auc_score

from polyhead.chemistry.baseline import fingerprints, predict_classes, predict_labels, predict_values
from polyhead.chemistry.verdict import area, drawn, rmse, verdict

SMILES = [*(("C" * n + end) for n in range(1, 11) for end in ("", "O", "N")), "c1ccccc1", "c1ccccc1O"]
MOLECULES = [Chem.MolFromSmiles(text) for text in SMILES]
PRINTS = fingerprints(MOLECULES)
OXYGEN = np.array([float("O" in text) for text in SMILES])
SIZE = np.array([float(molecule.GetNumAtoms()) for molecule in MOLECULES])


def test_fingerprints_are_rdkits_counted_or_not() -> None:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    decane = SMILES.index("C" * 10)
    counted = generator.GetCountFingerprint(MOLECULES[decane]).GetNonzeroElements()
    assert {int(place): int(PRINTS[decane, place]) for place in PRINTS[decane].nonzero()[0]} == counted
    assert max(counted.values()) > 1
    plain = fingerprints(MOLECULES, counts=False)
    assert (plain == (PRINTS > 0)).all()


def test_a_molecule_without_atoms_has_no_feature() -> None:
    assert not fingerprints([Chem.MolFromSmiles("")]).any()


def test_each_value_is_learned_from_the_molecules_that_have_it() -> None:
    targets = np.stack([SIZE, np.where(SIZE > 4, np.nan, 7.0), np.full(len(SIZE), np.nan)], 1)
    said = predict_values(PRINTS, targets, PRINTS)
    assert np.abs(said[:, 0] - SIZE).mean() < 1
    assert (said[:, 1] == 7).all()
    assert np.isnan(said[:, 2]).all()


def test_yes_and_no_are_learned_from_those_who_say_so() -> None:
    targets = np.stack([OXYGEN, np.where(OXYGEN > 0, 1.0, np.nan), np.full(len(SIZE), np.nan)], 1)
    said = predict_labels(PRINTS, targets, PRINTS)
    assert said[OXYGEN > 0.5, 0].min() > said[OXYGEN < 0.5, 0].max()
    assert (said[:, 1] == 1).all()
    assert np.isnan(said[:, 2]).all()


def test_a_class_that_no_molecule_has_is_never_said() -> None:
    said = predict_classes(PRINTS, np.where(OXYGEN > 0, 2, 0), PRINTS, 4)
    assert said[OXYGEN > 0.5, 2].min() > said[OXYGEN < 0.5, 2].max()
    assert (said[:, [1, 3]] == 0).all()
    np.testing.assert_allclose(said.sum(1), 1)


def test_of_nothing_asked_nothing_is_said() -> None:
    assert predict_values(PRINTS, SIZE[:, None], PRINTS[:0]).shape == (0, 1)
    assert predict_labels(PRINTS, OXYGEN[:, None], PRINTS[:0]).shape == (0, 1)


def test_the_area_of_each_draw_is_scikit_learns_with_these_weights_also_at_ties() -> None:
    rng = np.random.default_rng(0)
    truth, said = (rng.random(40) < 0.4).astype(float), rng.random(40).round(1)
    truth[:5] = np.nan
    counts = drawn(40, 0, draws=8)
    there = np.isfinite(truth)
    expected = [roc_auc_score(truth[there], said[there], sample_weight=row[there]) for row in counts]
    np.testing.assert_allclose(area(said, truth, counts), expected)


def test_the_error_of_a_draw_is_that_of_the_molecules_in_it() -> None:
    rng = np.random.default_rng(0)
    said, truth = rng.normal(size=(2, 20, 3))
    truth[:4, 1] = truth[:, 2] = np.nan
    counts = drawn(20, 0, draws=4)
    rows = [np.repeat(np.arange(20), row.astype(int)) for row in counts]
    expected = [np.mean([np.sqrt(np.nanmean((said - truth)[row, k] ** 2)) for k in (0, 1)]) for row in rows]
    np.testing.assert_allclose(rmse(said, truth, counts), expected)


def answers(error: float, other: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what two models say, with errors of these sizes, and the truth of 200 molecules."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(200, 1))
    return truth + error * rng.normal(size=(200, 1)), truth + other * rng.normal(size=(200, 1)), truth


def test_a_network_that_is_clearly_better_beats_the_baseline() -> None:
    found = verdict(*answers(0.5, 1.0), "rmse", name="forest")
    assert found.beats
    assert 0 < found.low < found.better < found.high
    assert found.sentence.startswith("the network beats the baseline: rmse 0.5")


@pytest.mark.parametrize(("errors", "words"), [((1.0, 0.5), "worse by"), ((0.5, 0.5), "which may be chance")])
def test_one_that_is_worse_or_only_perhaps_better_does_not(errors: tuple[float, float], words: str) -> None:
    found = verdict(*answers(*errors), "rmse", name="forest")
    assert not found.beats
    assert found.sentence.startswith("the network does not beat the baseline: rmse ")
    assert words in found.sentence


def test_of_ranks_and_classes_more_is_better() -> None:
    truth = np.tile([0.0, 1.0], 50)
    good, bad = truth[:, None] * 0.8 + 0.1, np.full((100, 1), 0.5)
    assert verdict(good, bad, truth[:, None], "auroc", name="forest").better == 0.5
    both = [np.concatenate([1 - said, said], 1) for said in (good, bad)]
    assert verdict(*both, truth, "accuracy", name="forest").better == 0.5
    unknown = verdict(*both, np.full(len(truth), -1), "accuracy", name="forest")
    assert "nothing can be said" in unknown.sentence


def test_a_target_on_which_the_baseline_could_not_learn_counts_for_neither() -> None:
    network, baseline, truth = answers(0.5, 1.0)
    wide = [
        np.concatenate([part, extra], 1)
        for part, extra in ((network, 9 + truth), (baseline, truth * np.nan), (truth, truth))
    ]
    found, expected = verdict(*wide, "rmse", name="forest"), verdict(network, baseline, truth, "rmse", name="forest")
    assert found[1:6] == pytest.approx(expected[1:6])


def test_where_nothing_is_measured_nothing_is_claimed() -> None:
    network, baseline, truth = answers(0.5, 1.0)
    found = verdict(network, baseline, truth * np.nan, "rmse", name="forest")
    assert not found.beats
    assert "nothing can be said" in found.sentence
