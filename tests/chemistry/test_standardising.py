"""One molecule, and what is odd about it."""

import pytest
from rdkit import Chem

from polyhead.chemistry import standardising
from polyhead.chemistry.smiles import read
from polyhead.chemistry.standardising import Look, Oddity, Rules, look_at, spelling, standardise


def odd(smiles: str, **rules: str) -> tuple[str, list[tuple[str, str, str]]]:
    look = standardise(smiles, Rules(**rules))  # type: ignore[arg-type]  # the options are words
    return look.canonical, [tuple(oddity) for oddity in look.oddities]


@pytest.mark.parametrize(
    ("salts", "left", "action"),
    [
        ("keep", "CN.Cl", "kept"),
        ("strip", "CN", "reduced to CN"),
        ("largest", "CN", "reduced to CN"),
    ],
)
def test_a_salt_is_kept_or_loses_its_ion_and_its_charge(salts: str, left: str, action: str) -> None:
    assert odd("Cl.CN", salts=salts) == (left, [("salt", "2 parts: Cl, CN", action)])
    charged = odd("C[NH3+].[Cl-]", salts=salts)
    assert charged[0] == ("C[NH3+].[Cl-]" if salts == "keep" else "CN")


def test_a_mixture_of_no_known_salts_is_stripped_of_nothing_and_its_largest_part_can_be_taken() -> None:
    assert odd("CCO.c1ccncc1CC", salts="strip")[0] == "CCc1cccnc1"  # ethanol is a solvent
    assert odd("CCCCCCN.c1ccncc1CC", salts="strip") == (
        "CCCCCCN.CCc1cccnc1",
        [("mixture", "2 parts: CCCCCCN, CCc1cccnc1", "kept")],
    )
    assert odd("CCCCN.c1ccncc1CC", salts="largest")[0] == "CCc1cccnc1"
    assert odd("O=S(=O)(O)OS(=O)(=O)O.CC", salts="largest")[0] == "CC"


def test_a_salt_of_salts_alone_stays_what_it_is() -> None:
    assert odd("[Na+].[Cl-]", salts="strip") == ("[Cl-].[Na+]", [("salt", "2 parts: [Na+], [Cl-]", "kept")])


def test_a_charge_of_a_molecule_in_one_part_is_its_own() -> None:
    assert odd("C[NH3+]", salts="largest") == ("C[NH3+]", [])
    assert odd("C[N+](C)(C)C.[Br-]", salts="largest")[0] == "C[N+](C)(C)C"


def test_unusual_atoms_are_named_and_ions_beside_a_molecule_are_not() -> None:
    assert odd("C[Hg]C[As](C)C")[1] == [("atoms", "has As, Hg", "kept")]
    assert odd("C[Hg]C", atoms="drop") == ("", [("atoms", "has Hg", "left out")])
    assert odd("*CC")[1] == [("atoms", "has * (any atom)", "kept")]
    assert [what for what, *_ in odd("[Na+].CC(=O)[O-]")[1]] == ["salt"]
    assert odd("[Na]")[1] == [("atoms", "has Na", "kept")]


def test_stereochemistry_is_told_apart_or_taken_away_and_isotopes_stay() -> None:
    assert standardise("C[C@H](F)Cl", Rules()) == Look("C[C@H](F)Cl", "CC(F)Cl")
    assert standardise("F/C=C/[2H]", Rules()).flat == standardise("FC=C[2H]", Rules()).canonical
    assert odd("F/C=C/F", stereo="flatten") == ("FC=CF", [("flat", "has stereochemistry", "flattened")])
    assert odd("FC=CF", stereo="flatten") == ("FC=CF", [])
    assert odd("[H]/N=C(/C)CC", stereo="flatten")[0] == standardise("[H]/N=C(/C)CC", Rules()).flat == "CCC(C)=N"


def test_numbers_of_atoms_are_taken_away() -> None:
    assert odd("[CH3:1][OH:2]") == ("CO", [("maps", "2 atoms are numbered", "unnumbered")])


def test_what_rdkit_cannot_read_back_is_spelt_without_aromatic_bonds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standardising, "read", lambda text: None if "c" in text else read(text))
    assert spelling(Chem.MolFromSmiles("c1ccccc1O"), kekulised=True) == "OC1=CC=CC=C1"


def test_what_is_no_molecule_is_left_out_with_rdkits_reason() -> None:
    valence = Oddity("invalid", "Explicit valence for atom # 1 N, 4, is greater than permitted", "left out")
    assert standardise("CN(C)(C)C", Rules()) == Look("", "", (valence,))
    assert standardise("", Rules()).oddities == (Oddity("empty", "nothing stands there", "left out"),)


def test_many_molecules_are_looked_at_by_several_processes_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    import polyhead.chemistry.standardising as module

    monkeypatch.setattr(module, "FEW", 5)
    monkeypatch.setattr(module, "CHUNK", 3)
    monkeypatch.setattr(module, "cores", lambda: 2)
    cells = ["C" * length for length in range(11)]
    assert look_at(cells, Rules()) == [standardise(cell, Rules()) for cell in cells]


@pytest.mark.parametrize("smiles", ["[Fe+2].c1cc[cH-]c1.c1cc[cH-]c1", "[cH-]1cccc1.[Li+]"])
def test_a_part_that_no_smiles_stands_for_is_left_out_and_told(smiles: str) -> None:
    canonical, oddities = odd(smiles, salts="largest")
    assert canonical == ""
    assert oddities[-1] == ("invalid", "what is left of it, c1cccc1, is no molecule", "left out")
    assert odd(smiles)[0]


def test_a_molecule_of_more_atoms_than_a_graph_has_numbers_for_is_left_out() -> None:
    assert odd("C" * 65_536) == ("", [("invalid", "has 65536 atoms, more than 65535", "left out")])
