"""Splits that a column or a file tells."""

import json
from pathlib import Path
from typing import Any

import pytest

from polyhead.chemistry.splits import Plan, divide
from polyhead.chemistry.told import by_column, by_file, read_splits, write_splits
from polyhead.errors import UserError

SMILES = ["C", "CC", "CCC", "CCCC", "CC"]
ROWS = [0, 1, 3, 4, 5]


def put(path: Path, held: Any) -> Path:
    path.write_text(json.dumps(held))
    return path


def test_a_column_tells_the_split_and_a_blank_that_a_molecule_is_not_used() -> None:
    found = by_column("a.csv", "set", ["train", "Validation", "TEST", "", "train"], SMILES, ROWS)
    assert found[:3] == ([0, 4], [1], [2])
    assert found.notes == (
        "split column 'set': train 2, val 1, test 1",
        "1 molecules are in no split, and not used: rows 5",
        "leak: 1 molecules are in more than one split: rows 2, 6",
    )


def test_a_column_of_other_words_is_refused() -> None:
    with pytest.raises(UserError, match=r"^a\.csv: data\.split_column=set says 'fold1' in row 4, where it takes train"):
        by_column("a.csv", "set", ["train", "val", "fold1", "", ""], SMILES, ROWS)
    with pytest.raises(UserError, match=r"^a\.csv: data\.split_column=set has no molecule in train; name another"):
        by_column("a.csv", "set", ["test"] * 5, SMILES, ROWS)


def test_a_file_of_chemprop_tells_rows_of_the_table_and_those_left_out_are_said(tmp_path: Path) -> None:
    file = put(tmp_path / "s.json", [{"train": [9]}, {"train": [0, 1, 2], "val": "3", "test": "4-5"}])
    found = by_file(file, SMILES, ROWS, 6, 1)
    assert found[:3] == ([0, 1], [2], [3, 4])
    assert found.notes == (
        f"split file {file}, number 1: train 2, val 1, test 2",
        "leak: 1 molecules are in more than one split: rows 2, 6",
        f"1 rows of {file} are left out by curation: 3",
    )


def test_ranges_are_chemprops_and_their_ends_count(tmp_path: Path) -> None:
    assert read_splits(put(tmp_path / "s.json", [{"train": "0-2,5, 7-8", "val": [], "test": ""}])) == [
        {"train": [0, 1, 2, 5, 7, 8], "val": [], "test": []}
    ]


def test_what_is_written_is_read_again_by_rows_of_the_table(tmp_path: Path) -> None:
    smiles = ["C" * length for length in range(1, 31)]
    rows = [2 * number for number in range(30)]
    divisions = [divide(smiles, Plan(seed=seed)) for seed in (0, 1)]
    write_splits(tmp_path / "s.json", divisions, rows)
    assert read_splits(tmp_path / "s.json")[1]["test"] == [2 * place for place in divisions[1].test]
    again = [by_file(tmp_path / "s.json", smiles, rows, 60, number) for number in (0, 1)]
    assert [found[:3] for found in again] == [division[:3] for division in divisions]


@pytest.mark.parametrize(
    ("held", "number", "words"),
    [
        ([{"train": [0], "val": [6]}], 0, r"s\.json: val has row 6, and the table has rows 0 to 5"),
        ([{"train": [0, -1]}], 0, "train has row -1"),
        ([{"train": [0, 1], "test": [1]}], 0, "row 1 is in train and in test"),
        ([{"train": [0]}], 1, "has 1 divisions, numbered from 0, and no number 1"),
        ([{"train": [2]}], 0, "no molecule that curation kept is in train"),
        ({"train": [0]}, 0, "takes a list of"),
        ([], 0, "takes a list of"),
        ([{"val": [0]}], 0, "takes a list of"),
        ([{"train": "a-b"}], 0, "train is 'a-b'; it takes a list of rows"),
        ([{"train": [0.5]}], 0, r"train is '\[0.5\]'"),
    ],
)
def test_a_file_that_tells_no_split_is_one_line(tmp_path: Path, held: Any, number: int, words: str) -> None:
    with pytest.raises(UserError, match=words):
        by_file(put(tmp_path / "s.json", held), SMILES, ROWS, 6, number)


def test_a_file_that_is_no_json_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("train: 1")
    with pytest.raises(UserError, match=r"s\.json: cannot be read as JSON"):
        read_splits(tmp_path / "s.json")
    with pytest.raises(UserError, match=r"t\.json: cannot be read as JSON \(No such file"):
        read_splits(tmp_path / "t.json")
