"""What is near to the training, and what is not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import Mol
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator

from polyhead.chemistry.domain import (
    Domain,
    keep,
    kept,
    kinds_of,
    learn,
    packed,
    places,
    reason,
    similarities,
    sizes_of,
)
from polyhead.errors import UserError

SMILES = ("CCO", "CCCO", "CCCCO", "CCC", "CCCC", "c1ccccc1", "Cc1ccccc1", "CCN")


def read(smiles: Sequence[str]) -> list[Mol]:
    """Return molecules."""
    return [Chem.MolFromSmiles(text) for text in smiles]


def domain() -> Domain:
    """Return that of a few small molecules."""
    return learn(read(SMILES), SMILES)


def test_similarities_are_rdkits() -> None:
    molecules = read(SMILES)
    generator = GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(one) for one in molecules]
    bits = packed(molecules)
    for row, one in zip(bits, prints, strict=True):
        np.testing.assert_allclose(
            similarities(row, bits, sizes_of(bits)), DataStructs.BulkTanimotoSimilarity(one, prints)
        )


def test_the_nearest_training_molecule_is_named_with_its_similarity() -> None:
    known, unknown = places(domain(), read(["OCC", "CCc1ccccc1"]))
    assert (known.nearest, known.similarity, known.inside) == ("CCO", 1, True)
    assert unknown.nearest == "Cc1ccccc1"
    assert 0 < unknown.similarity < 1


def test_95_of_100_training_molecules_are_as_near_to_another_as_the_threshold_asks() -> None:
    smiles = ["C" * a + end for a in range(1, 21) for end in ("O", "N", "", "C(=O)O", "S")]
    smiles = list(dict.fromkeys(Chem.CanonSmiles(text) for text in smiles))
    molecules = read(smiles)
    bits, threshold = packed(molecules), learn(molecules, smiles).threshold
    nearest = [np.delete(similarities(row, bits, sizes_of(bits)), place).max() for place, row in enumerate(bits)]
    assert (np.array(nearest) >= threshold).mean() == pytest.approx(0.95, abs=0.02)


def test_kinds_are_elements_atoms_and_bonds_in_words() -> None:
    nitro, ring = read(["C[N+](=O)[O-]", "c1cc[nH]c1"])
    assert kinds_of(nitro) == [
        *("element C", "element N", "element O"),
        *("atom C", "atom N+", "atom O", "atom O-"),
        *("bond C-N", "bond N=O", "bond N-O"),
    ]
    assert {"atom aromatic C", "atom aromatic N", "bond C:N"} <= set(kinds_of(ring))


def test_a_molecule_with_unseen_atoms_or_bonds_is_outside_however_similar_and_says_why() -> None:
    known = domain()._replace(threshold=0.0)
    bromine, double = places(known, read(["CCCBr", "CCC=O"]))
    assert bromine.unseen == ("element Br", "atom Br", "bond Br-C")
    assert not bromine.inside
    assert double.unseen == ("bond C=O",)
    assert reason(double, 0.0) == "not in training: bond C=O"


def test_a_molecule_far_from_all_is_outside_and_says_how_far() -> None:
    (far,) = places(domain(), read(["C1CC1C1CCC1CN"]))
    assert not far.inside
    assert far.unseen == ()
    assert reason(far, 0.5) == f"similarity {far.similarity:.2f} to the nearest training molecule, below 0.50"
    assert reason(far, 0.0) == ""


def test_of_one_molecule_only_the_like_is_inside_and_of_none_nothing() -> None:
    single = learn(read(["CCO"]), ["CCO"])
    assert [place.inside for place in places(single, read(["OCC", "CCCO"]))] == [True, False]
    (nowhere,) = places(learn([], []), read(["CCO"]))
    assert nowhere[:2] == ("", 0.0)
    assert not nowhere.inside


def test_a_molecule_without_atoms_is_like_none() -> None:
    (blank,) = places(domain(), read([""]))
    assert (blank.similarity, blank.unseen, blank.inside) == (0, (), False)


def test_a_domain_outlives_its_file_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    file, before = tmp_path / "domain.npz", domain()
    keep(before, file)
    again = kept(file)
    assert (again.smiles, again.threshold, again.kinds) == (before.smiles, before.threshold, before.kinds)
    assert (again.bits == before.bits).all()
    assert list(places(again, read(["CCCBr"]))) == list(places(before, read(["CCCBr"])))
    assert [one.name for one in tmp_path.iterdir()] == ["domain.npz"]
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(UserError, match=r"domain.npz is damaged: delete it"):
        kept(file)
