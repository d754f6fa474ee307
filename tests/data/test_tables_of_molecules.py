"""Tables of molecules as data: which columns are learned, what of a row is known, and where it goes."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from polyhead.data.molecules import Molecules
from polyhead.errors import UserError
from polyhead.loading.source import SPLITS
from polyhead.ops.censored import Censored


def table(folder: Path, text: str) -> str:
    (folder / "molecules.csv").write_text(text)
    return str(folder / "molecules.csv")


def test_the_default_is_freesolv_as_published() -> None:
    data = Molecules()
    assert data.labels() == {"properties": ("expt",)}
    assert [data.size(split) for split in SPLITS] == [514, 64, 64]
    everything = torch.cat([data.answers(split)["properties"] for split in SPLITS])
    assert everything.mean().item() == pytest.approx(-3.803, abs=1e-3)  # of the column expt


def test_flags_numbers_and_words_are_targets_of_their_own(tmp_path: Path) -> None:
    text = "smiles,toxic,active,boils,class\nC,1,,-161,gas\nCC,0,1,-89,gas\nCCO,,0,>78,liquid\nCCN,,,,liquid\n"
    data = Molecules(table(tmp_path, text), kinds={"class": "class"}, shares=(1, 0, 0))
    assert data.labels() == {"labels": ("toxic", "active"), "properties": ("boils",), "class": ("gas", "liquid")}
    answers = data.answers("train")
    assert answers["labels"].nan_to_num(nan=9).tolist() == [[1, 9], [0, 1], [9, 0], [9, 9]]
    assert isinstance(answers["properties"], Censored)
    assert answers["properties"].values.nan_to_num(nan=9).tolist() == [[-161], [-89], [78], [9]]
    assert answers["properties"].bounds.tolist() == [[0], [0], [1], [0]]
    assert answers["class"].tolist() == [0, 0, 1, 1]


def test_a_row_without_a_molecule_is_left_out_said_and_listed(tmp_path: Path) -> None:
    data = Molecules(table(tmp_path, "smiles,y\nC,1.5\nC(C,2.5\nCC,3.5\n"), shares=(1, 0, 0))
    assert data.smiles("train") == ["C", "CC"]
    assert data.answers("train")["properties"].tolist() == [[1.5], [3.5]]
    assert any("3 rows, 2 kept" in line for line in data.notes())
    data.write(tmp_path)
    assert "2,3,C(C,,invalid" in (tmp_path / "curation.csv").read_text()
    assert json.loads((tmp_path / "splits.json").read_text()) == [{"train": [0, 2], "val": [], "test": []}]


def test_a_molecule_that_is_in_an_earlier_split_too_is_listed(tmp_path: Path) -> None:
    text = "smiles,y,part\nC,1.5,train\nCC,2.5,train\nOC,3.5,test\nC,4.5,test\n"
    data = Molecules(table(tmp_path, text), split="column", split_column="part")
    data.write(tmp_path)
    rows = (tmp_path / "curation.csv").read_text().splitlines()
    assert rows[-1] == "4,5,C,C,leak,same molecule as row 1 of train,kept"
    assert not any(",leak," in row for row in rows[:-1])


def test_a_row_of_another_length_decides_nothing_about_targets(tmp_path: Path) -> None:
    data = Molecules(table(tmp_path, "smiles,tox,mw\nC,1,16\nCC,30.1\nCCO,0,46\n"), shares=(1, 0, 0))
    assert data.labels() == {"labels": ("tox",), "properties": ("mw",)}
    assert data.answers("train")["labels"].tolist() == [[1], [0]]


@pytest.mark.parametrize("tolerance", [-1, float("nan")])
def test_a_tolerance_below_0_is_refused(tmp_path: Path, tolerance: float) -> None:
    with pytest.raises(UserError, match=f"data.tolerance={tolerance:g} is of standard deviations; it takes 0 or more"):
        Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.5\n"), tolerance=tolerance)


def test_splits_share_no_row_and_leave_none_out(tmp_path: Path) -> None:
    rows = [f"{'C' * length}O,{length}.5" for length in range(1, 21)]
    data = Molecules(table(tmp_path, "\n".join(["smiles,y", *rows])))
    smiles = [one for split in SPLITS for one in data.smiles(split)]
    assert sorted(smiles, key=len) == ["C" * length + "O" for length in range(1, 21)]
    assert data.smiles("train") is data.smiles("train")  # it is asked for each molecule, and made once
    assert [data.size(split) for split in SPLITS] == [16, 2, 2]


def test_other_labels_have_another_fingerprint(tmp_path: Path) -> None:
    one = Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.5\n"), shares=(1, 0, 0)).fingerprint()
    assert one == Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.5\n"), shares=(1, 0, 0)).fingerprint()
    assert one != Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.6\n"), shares=(1, 0, 0)).fingerprint()


def test_a_split_follows_the_protocol_that_is_named(tmp_path: Path) -> None:
    rows = ["smiles,y,part", "c1ccccc1C,1.5,test", "c1ccccc1CC,2.5,train", "C1CCCCC1,3.5,val", "C1CCCCC1C,4.5,train"]
    file = table(tmp_path, "\n".join(rows))
    (tmp_path / "splits.json").write_text('[{"train": [0]}, {"train": [1, 2], "val": [3], "test": [0]}]')
    by_column = Molecules(file, split="column", split_column="part")
    assert [by_column.smiles(split) for split in SPLITS[1:]] == [["C1CCCCC1"], ["Cc1ccccc1"]]
    assert by_column.labels() == {"properties": ("y",)}
    by_file = Molecules(file, columns=("y",), split="file", split_file=str(tmp_path / "splits.json"), split_number=1)
    assert [by_file.size(split) for split in SPLITS] == [2, 1, 1]
    by_scaffold = Molecules(file, columns=("y",), split="scaffold", shares=(0.5, 0, 0.5))
    rings = [{"1C" in one or one.startswith("C1") for one in by_scaffold.smiles(split)} for split in ("train", "test")]
    assert sorted(map(len, rings)) == [1, 1]  # benzenes on one side, cyclohexanes on the other
    tested = [Molecules(file, columns=("y",), folds=4, split_number=fold).smiles("test") for fold in range(4)]
    assert sorted(one for some in tested for one in some) == sorted(by_column.curated.smiles)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"shares": (0.5, 0.1, 0.1)}, "that add up to 1, and not [0.5, 0.1, 0.1]"),
        ({"split": "column"}, "split_column is not set, and split is column"),
        ({"split_file": "a.json"}, "split_file is a.json, and split is random"),
        ({"split": "column", "split_column": "part"}, "has no column 'part'; choices: smiles, y"),
        ({"split": "column", "split_column": "y", "folds": 3}, "folds=3 does not suit split=column"),
        ({"split_number": 2}, "split_number=2 is of folds and of files"),
        ({"folds": 3, "split_number": 3}, "split_number takes 0 to 2 of 3 folds, and not 3"),
    ],
)
def test_options_of_splits_that_do_not_suit_each_other_are_refused(
    options: dict[str, Any], text: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.5\nCCC,3.5\nCCCC,4.5\n"), **options)
    assert text in str(caught.value)


def test_a_column_of_words_is_not_called_as_all_flags_together_are(tmp_path: Path) -> None:
    rows = [f"{'C' * n},{n % 2},{'ab'[n % 2]}" for n in range(1, 11)]
    file = table(tmp_path, "\n".join(["smiles,active,labels", *rows]))
    with pytest.raises(UserError, match=r"words is called 'labels', as all \('active',\) together are; rename it"):
        Molecules(file, columns=("active", "labels"), kinds={"labels": "class"})
