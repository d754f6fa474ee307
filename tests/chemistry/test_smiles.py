"""SMILES, and why some are none."""

import pytest
from rdkit import Chem

from polyhead.chemistry.smiles import read, why_not


@pytest.mark.parametrize(
    ("smiles", "why"),
    [
        ("C1CC", "unclosed ring"),
        ("CC(", "syntax error, check for mistakes around position 3"),
        ("CN(C)(C)C", "Explicit valence for atom # 1 N, 4, is greater than permitted"),
        ("CN(C)(C)CN(C)(C)C", "Explicit valence for atom # 1 N, 4, is greater than permitted (and 1 more)"),
        ("c1cccc1", "Can't kekulize mol. Unkekulized atoms: 0 1 2 3 4"),
        ("", "nothing stands there"),
        ("CCO ethanol", "'ethanol' stands after a space: a SMILES has none"),
    ],
)
def test_a_smiles_that_is_none_has_rdkits_reason_and_no_word_on_the_screen(
    smiles: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert read(smiles) is None
    assert why_not(smiles) == why
    assert capfd.readouterr() == ("", "")


def test_molecules_are_read_with_the_extensions_of_cxsmiles() -> None:
    mol = read("C[C@H](F)Cl |o1:1|")
    assert mol is not None
    assert [group.GetGroupType() for group in mol.GetStereoGroups()] == [Chem.StereoGroupType.STEREO_OR]


def test_rdkit_speaks_again_after_a_reason_was_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    why_not("C1CC")
    Chem.MolFromSmiles("C1CC")
    assert "unclosed ring" in capfd.readouterr().err
