"""Molecules are computed once, and a store gives the batches that collating them would."""

import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from polyhead.chemistry import featurising, store
from polyhead.chemistry.features import EMPTY
from polyhead.chemistry.featurising import PLAIN, Wanted, chunks, molecule, worthwhile
from polyhead.chemistry.graphs import Graphs, collate
from polyhead.chemistry.keeping import INDEX, folder_of
from polyhead.chemistry.packing import Packed
from polyhead.chemistry.store import Store, open_store
from polyhead.errors import UserError

SMILES = ["CO", "", "O", "C1CC1", "[Na+].[Cl-]", "CC=O", "c1ccncc1"]
EVERYTHING = Wanted(("morgan", "rdkit"), 24)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POLYHEAD_CACHE", str(tmp_path))
    return tmp_path


def same(one: Graphs, other: Graphs) -> bool:
    keys = ("atoms", "kinds", "bonds", "item", "extras", "pictures")
    return all(torch.equal(getattr(one, key), getattr(other, key)) for key in keys)


@pytest.mark.parametrize("disk", [True, False])
@pytest.mark.parametrize("wanted", [PLAIN, EVERYTHING])
@pytest.mark.parametrize("rows", [[0], [1], [], [6, 0, 3], [2, 2], list(range(len(SMILES)))])
def test_a_batch_is_what_collating_its_molecules_gives(rows: list[int], wanted: Wanted, disk: bool) -> None:
    batch = open_store(SMILES, wanted, disk=disk).take(rows)
    assert len(batch) == len(rows)
    if rows:
        assert same(batch, collate([molecule(SMILES[row], wanted) for row in rows]))


def test_one_molecule_can_be_taken_out() -> None:
    made = open_store(SMILES, EVERYTHING)
    for row in (1, 4, 6):
        for one, other in zip(made.molecule(row), molecule(SMILES[row], EVERYTHING), strict=True):
            np.testing.assert_array_equal(one, other)


def test_chunks_stand_behind_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(featurising, "FIRST", 2)
    monkeypatch.setattr(featurising, "CHUNK", 3)
    many = SMILES * 3
    assert same(open_store(many).take(range(len(many))), collate([molecule(one) for one in many]))


def test_a_second_look_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_store(SMILES).take([0, 3])

    def never(smiles: Sequence[str], wanted: Wanted) -> Iterator[Packed]:
        raise AssertionError(smiles, wanted)

    monkeypatch.setattr(store, "chunks", never)
    assert same(open_store(SMILES).take([0, 3]), first)
    with pytest.raises(AssertionError):
        open_store(SMILES, Wanted(("morgan",)))
    with pytest.raises(AssertionError):
        open_store(SMILES[::-1])


@pytest.mark.parametrize("spoil", ["cut", "no index", "half an index", "no file"])
def test_a_damaged_store_is_made_anew(spoil: str) -> None:
    open_store(SMILES)
    folder = folder_of(SMILES, PLAIN)
    if spoil == "cut":
        (folder / "atoms").write_bytes(b"12")
    elif spoil == "half an index":
        (folder / INDEX).write_text('{"atoms": ')
    else:
        (folder / (INDEX if spoil == "no index" else "ends")).unlink()
    with pytest.raises(UserError, match="was damaged"):
        Store.at(folder)
    assert same(open_store(SMILES).take([3]), collate([molecule(SMILES[3])]))


def test_what_fails_half_way_leaves_nothing_behind(cache: Path) -> None:
    with pytest.raises(ValueError, match="C1CC"):
        open_store(["C", "C1CC"])
    assert list((cache / "molecules").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(cache: Path) -> None:
    (cache / "molecules").write_text("a file")
    with pytest.raises(UserError, match=r"molecules.* cannot be written: .*; set POLYHEAD_CACHE"):
        open_store(SMILES)
    assert len(open_store(SMILES, disk=False)) == len(SMILES)


def test_another_process_opens_the_files_instead_of_getting_copies() -> None:
    big = open_store(SMILES * 100)
    sent = pickle.dumps(big)
    assert len(sent) < 1000
    assert same(pickle.loads(sent).take([5]), big.take([5]))  # noqa: S301  # our own
    small = open_store(SMILES, disk=False)
    assert same(pickle.loads(pickle.dumps(small)).take([5]), small.take([5]))  # noqa: S301  # our own


def test_a_store_of_no_molecules_is_empty() -> None:
    nothing = open_store([])
    assert len(nothing) == 0
    assert same(nothing.take([]), collate([]))


def test_molecules_without_atoms_alone_can_be_kept() -> None:
    assert same(open_store(["", ""]).take([1]), collate([EMPTY]))


def test_two_processes_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(featurising, "FIRST", 1)
    monkeypatch.setattr(featurising, "CHUNK", 2)
    one, two = (list(chunks(SMILES, PLAIN, processes)) for processes in (1, 2))
    for left, right in zip(one, two, strict=True):
        for part, other in zip(left, right, strict=True):
            np.testing.assert_array_equal(part, other)


def test_processes_that_compute_need_not_wait_for_torch() -> None:
    code = "import sys, polyhead.chemistry.featurising as f; f.molecule('CO'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("seconds", "most", "processes"), [(0.1, 8, 1), (2.9, 8, 1), (3.1, 8, 2), (100, 8, 8), (100, 1, 1)]
)
def test_processes_start_where_each_has_more_to_do_than_to_begin(seconds: float, most: int, processes: int) -> None:
    assert worthwhile(seconds, most) == processes
