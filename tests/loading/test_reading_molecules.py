"""Molecules by split and number: what their batches hold."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from polyhead.errors import UserError
from polyhead.loading.molecule_module import MoleculeModule
from polyhead.loading.molecules import MoleculeSource
from polyhead.loading.source import Split
from polyhead.ops.censored import Censored

NAN = float("nan")
SMILES = ("C", "CC", "CCO", "c1ccccc1", "O=C=O", "[Na+].[Cl-]")


class Few(MoleculeSource):
    """Six molecules of one atom and more for training, one for validation, none to test.

    The values of the first are not known, and that of the second is a bound; classes are known of the last three.
    """

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return a value, two flags and three words."""
        return {"values": ("weight",), "labels": ("wet", "dry"), "kind": ("a", "b", "c")}

    def smiles(self, split: Split) -> Sequence[str]:
        """Return the molecules."""
        return {"train": SMILES, "val": ("CN",), "test": ()}[split]

    def answers(self, split: Split) -> Mapping[str, Any]:
        """Return what is known of them."""
        if split != "train":
            return {}
        flags = torch.tensor([[NAN, NAN]] * 3 + [[1, NAN], [NAN, 0], [1, 1]])
        values = torch.tensor([NAN, 30.0, 46, 78, 44, 58])[:, None]
        bounds = torch.tensor([0, 1, 0, 0, 0, 0], dtype=torch.int8)[:, None]
        return {"values": Censored(values, bounds), "labels": flags, "kind": torch.tensor([-1, -1, -1, 0, 2, 1])}

    def fingerprint(self) -> str:
        """Return a constant."""
        return "few"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYHEAD_CACHE", str(tmp_path))


def test_a_batch_holds_the_targets_of_the_molecules_that_carry_them() -> None:
    batch = MoleculeModule(Few()).reader("train").batch([0, 1, 4])
    assert len(batch.inputs) == 3
    assert batch.rows["values"].tolist() == [1, 2]
    assert batch.targets["values"].values.tolist() == [[30], [44]]
    assert batch.targets["values"].bounds.tolist() == [[1], [0]]
    assert batch.rows["labels"].tolist() == batch.rows["kind"].tolist() == [2]
    assert batch.targets["kind"].tolist() == [2]


def test_a_target_that_no_molecule_of_a_batch_carries_has_no_key() -> None:
    batch = MoleculeModule(Few(), ("labels",)).reader("train").batch([0, 1])
    assert batch.targets == batch.rows == {}


def test_each_split_has_its_own_molecules() -> None:
    data = MoleculeModule(Few())
    assert data.reader("val").batch([0]).inputs.atoms.shape[0] == 2  # CN
    assert len(data.reader("test")) == 0
    assert data.probe(2).item.tolist() == [0, 1, 1]  # C, CC


def test_an_epoch_has_every_molecule_once_in_an_order_of_the_seed() -> None:
    orders = []
    for seed in (0, 0, 1):
        loader = MoleculeModule(Few(), batch=3, seed=seed).train_dataloader()
        orders.append([len(batch.inputs.atoms) for batch in loader])
        assert sum(orders[-1]) == 1 + 2 + 3 + 6 + 3 + 2
    assert orders[0] == orders[1]


@pytest.mark.parametrize("workers", [0, 1])
def test_worker_processes_read_the_same_batches(workers: int) -> None:
    data = MoleculeModule(Few(), batch=4, workers=workers, seed=3)
    (batch,) = data.train_dataloader()
    data.close()
    (expected,) = MoleculeModule(Few(), batch=4, seed=3).train_dataloader()
    assert torch.equal(batch.inputs.bonds, expected.inputs.bonds)
    assert torch.equal(batch.targets["values"].values, expected.targets["values"].values)


def test_examples_are_the_labelled_rows_of_the_training() -> None:
    (labels,) = MoleculeModule(Few()).examples("labels")
    assert labels.shape == (3, 2)
    with pytest.raises(UserError, match="no target named 'label'"):
        next(MoleculeModule(Few()).examples("label"))


def test_a_source_tells_the_targets_that_a_molecule_carries() -> None:
    assert set(Few().carried("train", 0)) == set()
    assert set(Few().carried("train", 1)) == {"values"}
    assert Few().targets("train", 5)["labels"].tolist() == [1, 1]
