"""Copies of molecules, and molecules without an atom."""

import pytest
import torch
from rdkit import Chem

from polyhead.chemistry.copies import lacking_each, repeat, without
from polyhead.chemistry.features import featurise
from polyhead.chemistry.graphs import Graphs, collate

SMILES = ["CO", "", "O", "C1CC1", "[Na+].[Cl-]", "CC=O"]
MOLECULES = [featurise(Chem.MolFromSmiles(text), extras=[place]) for place, text in enumerate(SMILES)]
BATCH = collate(MOLECULES)
KEYS = ("atoms", "kinds", "bonds", "item", "extras", "pictures")


def same(one: Graphs, other: Graphs) -> bool:
    """Return whether two batches are equal in all parts."""
    return all(torch.equal(getattr(one, key), getattr(other, key)) for key in KEYS)


@pytest.mark.parametrize("rows", [[], [3, 3, 0], [5, 1, 1, 2, 4, 5], list(range(6))])
def test_copies_in_any_order_are_what_a_batch_of_them_would_be(rows: list[int]) -> None:
    wanted = collate([MOLECULES[row] for row in rows])
    found = repeat(BATCH, torch.tensor(rows, dtype=torch.long))
    assert all(torch.equal(getattr(found, key), getattr(wanted, key)) for key in KEYS[:4])
    assert found.extras.flatten().tolist() == rows


def test_an_atom_leaves_with_its_bonds_and_the_others_stay() -> None:
    propane = collate([featurise(Chem.MolFromSmiles("CCC=O"))])
    left = without(propane, torch.tensor([1]))
    assert left.atoms.tolist() == propane.atoms[[0, 2, 3]].tolist()
    assert left.bonds.tolist() == [[1, 2], [2, 1]]
    assert left.kinds.tolist() == propane.kinds[[2]].tolist()


def test_a_molecule_may_lose_all_its_atoms_and_still_counts() -> None:
    left = without(BATCH, torch.arange(len(BATCH.item)))
    assert (len(left), len(left.atoms), left.bonds.shape, len(left.kinds)) == (6, 0, (2, 0), 0)


def test_each_atom_has_its_molecule_without_it() -> None:
    atoms = torch.tensor([2, 7, 3, 8])  # the water, the chloride, and ends of the ring and of the aldehyde
    found = lacking_each(BATCH, atoms)
    starts = [0, 2, 2, 3, 6, 8]
    alone = [without(BATCH.take(torch.tensor([row])), atoms[[k]] - starts[row]) for k, row in enumerate([2, 4, 3, 5])]
    for place, wanted in enumerate(alone):
        assert same(found.take(torch.tensor([place])), wanted)
