"""Tables of molecules as data: which columns are learned, what of a row is known, and where it goes."""

from pathlib import Path

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
    data = Molecules(table(tmp_path, text), kinds={"class": "class"}, split=(1, 0, 0))
    assert data.labels() == {"labels": ("toxic", "active"), "properties": ("boils",), "class": ("gas", "liquid")}
    answers = data.answers("train")
    assert answers["labels"].nan_to_num(nan=9).tolist() == [[1, 9], [0, 1], [9, 0], [9, 9]]
    assert isinstance(answers["properties"], Censored)
    assert answers["properties"].values.nan_to_num(nan=9).tolist() == [[-161], [-89], [78], [9]]
    assert answers["properties"].bounds.tolist() == [[0], [0], [1], [0]]
    assert answers["class"].tolist() == [0, 0, 1, 1]


def test_a_row_without_a_molecule_is_left_out_said_and_listed(tmp_path: Path) -> None:
    data = Molecules(table(tmp_path, "smiles,y\nC,1.5\nC(C,2.5\nCC,3.5\n"), split=(1, 0, 0))
    assert data.smiles("train") == ["C", "CC"]
    assert data.answers("train")["properties"].tolist() == [[1.5], [3.5]]
    assert any("3 rows, 2 kept" in line for line in data.notes())
    data.write(tmp_path)
    assert "2,3,C(C,,invalid" in (tmp_path / "curation.csv").read_text()


def test_splits_share_no_row_and_leave_none_out(tmp_path: Path) -> None:
    rows = [f"{'C' * length}O,{length}.5" for length in range(1, 21)]
    data = Molecules(table(tmp_path, "\n".join(["smiles,y", *rows])))
    smiles = [one for split in SPLITS for one in data.smiles(split)]
    assert sorted(smiles, key=len) == ["C" * length + "O" for length in range(1, 21)]
    assert [data.size(split) for split in SPLITS] == [16, 2, 2]


def test_other_labels_have_another_fingerprint(tmp_path: Path) -> None:
    one = Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.5\n")).fingerprint()
    assert one == Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.5\n")).fingerprint()
    assert one != Molecules(table(tmp_path, "smiles,y\nC,1.5\nCC,2.6\n")).fingerprint()


def test_shares_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"shares of train, val and test that add up to 1, and not \[0.5, 0.1, 0.1\]"):
        Molecules(table(tmp_path, "smiles,y\nC,1.5\n"), split=(0.5, 0.1, 0.1))
