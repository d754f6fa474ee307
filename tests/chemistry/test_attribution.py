"""Contributions of atoms: known ones are found, and they add up."""

import pytest
import torch
from rdkit import Chem
from torch import Tensor, nn

from polyhead.chemistry.attribution import Embeddings, by_molecule, integrated_gradients, masking
from polyhead.chemistry.features import ATOM, BOND, featurise
from polyhead.chemistry.graphs import Graphs, collate

SMILES = ["CCO", "", "O", "c1ccccc1C=O", "[Na+].[Cl-]", "CC(=O)N"]
BATCH = collate([featurise(Chem.MolFromSmiles(text)) for text in SMILES])
OXYGEN = ATOM["element"].index("O")


class Net(nn.Module):
    """A small network of molecules: atoms hear of their neighbours, by the kind of bond, and are added up.

    Args:
        gate: What becomes of the sum.
    """

    def __init__(self, gate: nn.Module) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.atoms, self.bonds = nn.Embedding(len(ATOM["element"]), 8), nn.Embedding(len(BOND["type"]), 8)
        self.mix, self.last, self.gate = nn.Linear(8, 8), nn.Linear(8, 1), gate

    def forward(self, graphs: Graphs) -> Tensor:
        """Return a number for each molecule."""
        atoms = self.atoms(graphs.atoms[:, 0].long())
        messages = atoms[graphs.bonds[0]] * self.bonds(graphs.kinds[:, 0].long()).repeat_interleave(2, 0)
        heard = atoms + self.gate(self.mix(torch.zeros_like(atoms).index_add(0, graphs.bonds[1], messages)))
        pooled = torch.zeros(len(graphs), 8).index_add(0, graphs.item, heard)
        return self.last(self.gate(pooled)).squeeze(1)

    def embeddings(self) -> Embeddings:
        """Return what turns categories into vectors."""
        return Embeddings((self.atoms,), (self.bonds,))


def oxygens(graphs: Graphs) -> Tensor:
    """Return how many oxygen atoms each molecule has."""
    return torch.zeros(len(graphs)).index_add(0, graphs.item, (graphs.atoms[:, 0] == OXYGEN).float())


def test_an_atom_that_is_counted_contributes_one_by_masking_and_another_nothing() -> None:
    found = masking(oxygens, BATCH)
    assert torch.equal(found.atoms, (BATCH.atoms[:, 0] == OXYGEN).double())
    assert found.score.tolist() == [1, 0, 1, 1, 0, 1]


def test_masking_takes_the_bonds_of_an_atom_too() -> None:
    def bonds(graphs: Graphs) -> Tensor:
        return torch.zeros(len(graphs)).index_add(0, graphs.item[graphs.bonds[0]], torch.ones(graphs.bonds.shape[1]))

    assert masking(bonds, BATCH.take(torch.tensor([0, 2]))).atoms.tolist() == [2, 4, 2, 0]


def test_masking_promises_no_sum() -> None:
    assert masking(oxygens, BATCH).error(BATCH.item).isnan().all()


def test_of_a_sum_over_atoms_each_contributes_its_own_term() -> None:
    table = nn.Embedding(len(ATOM["element"]), 1)

    def total(graphs: Graphs) -> Tensor:
        return 3 + torch.zeros(len(graphs)).index_add(0, graphs.item, table(graphs.atoms[:, 0].long()).squeeze(1))

    terms = table(BATCH.atoms[:, 0].long()).detach().squeeze(1).double()
    for found in (masking(total, BATCH), integrated_gradients(total, BATCH, Embeddings((table,), ()), steps=1)):
        torch.testing.assert_close(found.atoms, terms, rtol=1e-5, atol=1e-5)


def test_a_bond_contributes_half_to_each_of_its_atoms_also_by_directions() -> None:
    table = nn.Embedding(len(BOND["type"]), 1)
    for both in (False, True):

        def total(graphs: Graphs, both: bool = both) -> Tensor:
            kinds = graphs.kinds[:, 0].long()
            each = table(kinds.repeat_interleave(2) if both else kinds).squeeze(1)
            ends = graphs.bonds[0] if both else graphs.bonds[0, ::2]
            return torch.zeros(len(graphs)).index_add(0, graphs.item[ends], each)

        single = table.weight[0].item() * (2 if both else 1)
        found = integrated_gradients(total, BATCH.take(torch.tensor([0])), Embeddings((), (table,)), steps=1)
        assert found.atoms.tolist() == pytest.approx([single / 2, single, single / 2])


@pytest.mark.parametrize(("gate", "most"), [(nn.Tanh(), 1e-5), (nn.ReLU(), 0.05)])
def test_contributions_of_gradients_add_up_to_the_score_above_that_of_a_blank(gate: nn.Module, most: float) -> None:
    net = Net(gate)
    found = integrated_gradients(net, BATCH, net.embeddings(), steps=64)
    span = (found.score - found.blank).abs().max()
    assert span > 0.1
    assert (found.error(BATCH.item) < most * span).all()
    assert found.blank[1] == found.score[1]
    few = integrated_gradients(net, BATCH, net.embeddings(), steps=1)
    assert few.error(BATCH.item).max() > found.error(BATCH.item).max()


def test_nothing_of_the_network_is_changed_by_explaining_it() -> None:
    net = Net(nn.Tanh())
    before = net(BATCH)
    integrated_gradients(net, BATCH, net.embeddings())
    masking(net, BATCH)
    assert torch.equal(net(BATCH), before)
    assert all(parameter.grad is None for parameter in net.parameters())


def test_contributions_go_along_when_atoms_are_numbered_otherwise() -> None:
    net, mol = Net(nn.Tanh()), Chem.MolFromSmiles("CC(=O)Nc1ccccc1")
    order = [3, 1, 0, 2, *range(9, 3, -1)]
    one, other = (collate([featurise(each)]) for each in (mol, Chem.RenumberAtoms(mol, order)))
    for explain in (masking, lambda score, graphs: integrated_gradients(score, graphs, net.embeddings())):
        torch.testing.assert_close(explain(net, other).atoms, explain(net, one).atoms[order], rtol=1e-4, atol=1e-5)


def test_contributions_are_listed_by_molecule_those_without_atoms_too() -> None:
    values = masking(oxygens, BATCH).atoms
    assert by_molecule(values, BATCH.item, 6)[:3] == [[0, 0, 1], [], [1]]


def test_of_no_molecules_nothing_is_explained() -> None:
    net, nothing = Net(nn.Tanh()), collate([])
    assert masking(net, nothing).atoms.shape == (0,)
    assert integrated_gradients(net, nothing, net.embeddings()).score.shape == (0,)
