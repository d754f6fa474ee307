"""Descriptors of whole molecules, and depictions."""

import math

import numpy as np
import pytest
from rdkit import Chem

from polyhead.chemistry.depiction import depict
from polyhead.chemistry.descriptors import BITS, count, describe
from polyhead.chemistry.featurising import Wanted, molecule


def test_the_first_bits_of_two_molecules_overlap_as_their_tanimoto_similarity_says() -> None:
    from rdkit.Chem import rdFingerprintGenerator
    from rdkit.DataStructs import TanimotoSimilarity

    mols = [Chem.MolFromSmiles(smiles) for smiles in ("CC(=O)Oc1ccccc1C(=O)O", "OC(=O)c1ccccc1O")]
    bits = [describe(mol, ("morgan",)).astype(bool) for mol in mols]
    fingerprints = [rdFingerprintGenerator.GetMorganGenerator(radius=2).GetFingerprint(mol) for mol in mols]
    assert np.sum(bits[0] & bits[1]) / np.sum(bits[0] | bits[1]) == pytest.approx(TanimotoSimilarity(*fingerprints))


def test_the_weight_of_water_is_among_the_logarithms() -> None:
    from rdkit.Chem import Descriptors

    names = [name for name, _ in Descriptors.descList]
    values = describe(Chem.MolFromSmiles("O"), ("rdkit",))
    assert values[names.index("MolWt")] == pytest.approx(math.log(1 + 18.015), abs=1e-4)


@pytest.mark.parametrize("smiles", ["", "[Na+].[Cl-]", "[U]", "C" * 60, "[2H]"])
def test_descriptors_are_finite_of_odd_molecules_too(smiles: str) -> None:
    values = describe(Chem.MolFromSmiles(smiles), ("rdkit", "morgan"))
    assert np.isfinite(values).all()
    assert np.abs(values).max() <= 30
    assert values.shape == (count(("rdkit", "morgan")),)


def test_kinds_stand_behind_each_other_in_the_order_asked_for() -> None:
    mol = Chem.MolFromSmiles("CCO")
    both = describe(mol, ("morgan", "rdkit"))
    np.testing.assert_array_equal(both[:BITS], describe(mol, ("morgan",)))
    np.testing.assert_array_equal(both[BITS:], describe(mol, ("rdkit",)))
    assert len(describe(mol, ())) == count(()) == 0


def test_a_depiction_is_dark_on_white_and_shows_where_oxygen_is() -> None:
    picture = depict(Chem.MolFromSmiles("CCO"), 64)
    assert (picture.shape, picture.dtype, picture[0, 0, 0]) == ((3, 64, 64), np.uint8, 255)
    red = (picture[0] > 200) & (picture[1] < 100)
    assert red.any()
    assert not (
        (depict(Chem.MolFromSmiles("CCC"), 64)[1] < 100) & (depict(Chem.MolFromSmiles("CCC"), 64)[0] > 200)
    ).any()
    assert (depict(Chem.MolFromSmiles(""), 32) == 255).all()


def test_what_is_wanted_comes_with_the_molecule() -> None:
    made = molecule("CCO", Wanted(("morgan",), 16))
    assert (made.extras.shape, made.picture.shape) == ((BITS,), (3, 16, 16))


def test_a_smiles_that_cannot_be_read_is_named_and_rdkit_stays_silent(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"C1CC"):
        molecule("C1CC")
    assert capfd.readouterr().err == ""
