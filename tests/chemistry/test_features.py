"""Molecules become categories that say what a chemist would say."""

import numpy as np
import pytest
from rdkit import Chem

from polyhead.chemistry.features import ATOM, BOND, featurise, sizes


def atoms(smiles: str) -> list[dict[str, str]]:
    """Return the names of the categories of each atom."""
    rows = featurise(Chem.MolFromSmiles(smiles)).atoms
    return [{key: ATOM[key][number] for key, number in zip(ATOM, row, strict=True)} for row in rows]


def bonds(smiles: str) -> list[dict[str, str]]:
    rows = featurise(Chem.MolFromSmiles(smiles)).kinds
    return [{key: BOND[key][number] for key, number in zip(BOND, row, strict=True)} for row in rows]


def test_the_nitrogen_of_pyridine_is_told_in_full() -> None:
    assert atoms("n1ccccc1")[0] == {
        "element": "N",
        "degree": "2",
        "charge": "0",
        "chirality": "none",
        "hydrogens": "0",
        "hybridisation": "sp2",
        "aromatic": "yes",
        "ring": "6",
        "radicals": "0",
        "isotope": "natural",
    }


@pytest.mark.parametrize(
    ("smiles", "column", "names"),
    [
        ("[H][H]", "element", ["H", "H"]),
        ("[Kr]", "element", ["Kr"]),
        ("I[Hg]Cl", "element", ["I", "Hg", "Cl"]),
        ("[U]", "element", ["other"]),
        ("C(F)(F)(F)F", "degree", ["4", "1", "1", "1", "1"]),
        ("[NH4+]", "charge", ["1"]),
        ("[O-]C(=O)C(=O)[O-]", "charge", ["-1", "0", "0", "0", "0", "-1"]),
        ("[Al+3]", "charge", ["other"]),
        ("CO", "hydrogens", ["3", "1"]),
        ("C#CC=CC", "hybridisation", ["sp", "sp", "sp2", "sp2", "sp3"]),
        ("S(F)(F)(F)(F)(F)F", "hybridisation", ["sp3d2", "sp3", "sp3", "sp3", "sp3", "sp3", "sp3"]),
        ("C1CC1C", "ring", ["3", "3", "3", "none"]),
        ("C1CCCCCCCCCC1", "ring", ["other"] * 11),
        ("C1" + 300 * "C" + "1", "ring", ["other"] * 301),
        ("[CH3]", "radicals", ["1"]),
        ("[2H]O", "isotope", ["other", "natural"]),
    ],
)
def test_categories_of_atoms(smiles: str, column: str, names: list[str]) -> None:
    assert [atom[column] for atom in atoms(smiles)] == names


def test_alanine_of_proteins_is_s_and_its_mirror_image_is_r() -> None:
    assert [atoms(smiles)[1]["chirality"] for smiles in ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O")] == ["S", "R"]


def test_cis_and_trans_on_a_ring_are_told_apart() -> None:
    cis, trans = atoms("C[C@H]1CC[C@H](C)CC1"), atoms("C[C@H]1CC[C@@H](C)CC1")
    assert {atom["chirality"] for atom in cis} | {atom["chirality"] for atom in trans} <= {"none", "r", "s"}
    assert sorted(atom["chirality"] for atom in cis) != sorted(atom["chirality"] for atom in trans)


def test_categories_of_bonds() -> None:
    assert bonds("C=CC#N") == [
        {"type": "double", "conjugated": "yes", "ring": "no", "stereo": "none"},
        {"type": "single", "conjugated": "yes", "ring": "no", "stereo": "none"},
        {"type": "triple", "conjugated": "yes", "ring": "no", "stereo": "none"},
    ]
    assert bonds("c1ccccc1")[0] == {"type": "aromatic", "conjugated": "yes", "ring": "yes", "stereo": "none"}
    assert [bonds(smiles)[1]["stereo"] for smiles in ("F/C=C/F", r"F/C=C\F")] == ["E", "Z"]
    assert bonds("N->[Fe]")[0]["type"] == "dative"


@pytest.mark.parametrize(("smiles", "count"), [("", 0), ("[Na+].[Cl-]", 2), ("O", 1)])
def test_what_has_no_bonds_keeps_its_columns(smiles: str, count: int) -> None:
    made = featurise(Chem.MolFromSmiles(smiles))
    assert [part.shape for part in made] == [(count, len(ATOM)), (0, len(BOND)), (0, 2), (0,), (3, 0, 0)]
    assert [part.dtype for part in made] == [np.uint8, np.uint8, np.uint16, np.float32, np.uint8]


@pytest.mark.parametrize("smiles", ["C[C@H](N)C(=O)O", "F/C=C/c1cc[nH]c1", "C[C@H]1CC[C@@H](C)CC1", "[2H]O.[Na+]"])
def test_numbering_the_atoms_otherwise_moves_the_rows_and_changes_none(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    order = np.random.default_rng(0).permutation(mol.GetNumAtoms())
    moved = featurise(Chem.RenumberAtoms(mol, order.tolist()))
    np.testing.assert_array_equal(moved.atoms, featurise(mol).atoms[order])


def test_every_number_is_below_its_size() -> None:
    made = featurise(Chem.MolFromSmiles("[U+4].[2H][C@](F)(Cl)Br.C1CCCCCCCCC1.[Fe]$[Fe].[O]"))
    assert (made.atoms < np.array(sizes(ATOM))).all()
    assert (made.kinds < np.array(sizes(BOND))).all()
