"""A batch of molecules is one graph, and what was put in can be taken out."""

import numpy as np
import pytest
import torch
from rdkit import Chem
from torch.utils.data import DataLoader

from polyhead.chemistry.features import EMPTY, Molecule, featurise
from polyhead.chemistry.graphs import Graphs, collate

SMILES = ["CO", "", "O", "C1CC1", "[Na+].[Cl-]", "CC=O"]


def molecules(names: list[str] = SMILES) -> list[Molecule]:
    return [featurise(Chem.MolFromSmiles(name)) for name in names]


def same(one: Graphs, other: Graphs) -> bool:
    return all(
        torch.equal(getattr(one, key), getattr(other, key))
        for key in ("atoms", "kinds", "bonds", "item", "extras", "pictures")
    )


def test_atoms_and_bonds_of_a_batch_stand_behind_each_other() -> None:
    batch = collate(molecules(["CO", "O", "CC=O"]))
    assert len(batch) == 3
    assert batch.item.tolist() == [0, 0, 1, 2, 2, 2]
    assert batch.bonds.tolist() == [[0, 1, 3, 4, 4, 5], [1, 0, 4, 3, 5, 4]]
    assert batch.atoms.dtype == batch.kinds.dtype == torch.uint8
    assert [len(batch.atoms), len(batch.kinds)] == [6, 3]


def test_the_reverse_of_a_directed_bond_is_its_neighbour() -> None:
    bonds = collate(molecules()).bonds
    reverse = torch.arange(bonds.shape[1]) ^ 1
    assert torch.equal(bonds[:, reverse], bonds.flip(0))


def test_molecules_without_atoms_count() -> None:
    batch = collate([EMPTY, *molecules(["C"]), EMPTY])
    assert (len(batch), batch.item.tolist()) == (3, [1])
    nothing = collate([EMPTY])
    assert (len(nothing), nothing.bonds.shape) == (1, (2, 0))


def test_a_batch_of_no_molecules_has_all_columns() -> None:
    batch = collate([])
    assert (len(batch), batch.atoms.shape, batch.bonds.shape) == (0, EMPTY.atoms.shape, (2, 0))
    assert len(batch.to("cpu")) == 0


@pytest.mark.parametrize("rows", [[], [1], [3], [0, 2, 5], [4, 5], list(range(len(SMILES)))])
def test_taken_molecules_are_those_that_were_put_in(rows: list[int]) -> None:
    everything = molecules()
    taken = collate(everything).take(torch.tensor(rows, dtype=torch.long))
    assert same(taken, collate([everything[row] for row in rows]))


def test_descriptors_and_depictions_go_along() -> None:
    given = [
        one._replace(extras=np.full(2, place, np.float32), picture=np.full((3, 4, 5), place, np.uint8))
        for place, one in enumerate(molecules())
    ]
    batch = collate(given).take(torch.tensor([1, 4]))
    assert batch.extras.tolist() == [[1, 1], [4, 4]]
    assert (batch.pictures.shape, batch.pictures.dtype) == ((2, 3, 4, 5), torch.uint8)
    assert batch.pictures[:, 0, 0, 0].tolist() == [1, 4]


def test_unequal_descriptors_are_refused() -> None:
    one, other = molecules(["C", "O"])
    with pytest.raises(ValueError, match="same shape"):
        collate([one, other._replace(extras=np.zeros(2, np.float32))])


def test_a_loader_and_a_device_take_a_batch_as_it_is() -> None:
    batch = next(iter(DataLoader(molecules(), batch_size=6, collate_fn=collate)))  # type: ignore[arg-type]  # a list is a data set
    assert same(batch.to("cpu", non_blocking=True), collate(molecules()))
    assert batch.to("meta").bonds.device.type == "meta"
