"""Encoders against the same written otherwise: with dense matrices, with loops, and by PyG."""

import networkx as nx
import numpy as np
import pytest
import torch
from molecule_batches import SMILES, batch_of, small
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.molecules.attentivefp import AttentiveFP
from polyhead.backbones.molecules.dmpnn import DMPNN, reverse
from polyhead.backbones.molecules.encoder import Plan
from polyhead.backbones.molecules.gcn import GCNLayer
from polyhead.backbones.molecules.gps import returns
from polyhead.backbones.molecules.pooling import Asked
from polyhead.backbones.molecules.pyg import pyg
from polyhead.chemistry.features import ATOM, BOND, sizes

PLAN = Plan(width=16, depth=3, dropout=0.0, norm="none", virtual_node=False)
GRAPHS = batch_of(*SMILES)


def one_hot(categories: Tensor, columns: dict[str, tuple[str, ...]]) -> Tensor:
    """Return (n, all categories) zeros and ones."""
    parts = [F.one_hot(part.long(), size) for part, size in zip(categories.T, sizes(columns), strict=True)]
    return torch.cat(parts, 1).float()


def test_gcn_is_five_lines_with_dense_matrices() -> None:
    torch.manual_seed(0)
    layer, atoms = GCNLayer(PLAN), torch.randn(len(GRAPHS.atoms), 16)
    adjacency = torch.eye(len(atoms))
    adjacency[GRAPHS.bonds[0], GRAPHS.bonds[1]] = 1
    degree = adjacency.sum(1).pow(-0.5).diag()
    wanted = degree @ adjacency @ degree @ atoms @ layer.linear.weight.T + layer.linear.bias
    torch.testing.assert_close(layer(atoms, GRAPHS.bonds, None), wanted)


def test_gcn_is_that_of_pyg() -> None:
    torch.manual_seed(0)
    layer, theirs, atoms = GCNLayer(PLAN), pyg().GCNConv(16, 16), torch.randn(len(GRAPHS.atoms), 16)
    theirs.load_state_dict({"lin.weight": layer.linear.weight, "bias": layer.linear.bias})
    torch.testing.assert_close(layer(atoms, GRAPHS.bonds, None), theirs(atoms, GRAPHS.bonds))


def slow_dmpnn(net: DMPNN) -> Tensor:
    """Return the atoms by the paper's equations, message by message."""
    assert isinstance(net.hear, nn.Linear)
    atoms, kinds = one_hot(GRAPHS.atoms, ATOM), one_hot(GRAPHS.kinds, BOND)
    arrows = [(int(v), int(w)) for v, w in GRAPHS.bonds.T]
    start = {
        (v, w): net.atoms.table.weight.T @ atoms[v] + net.bonds.table.weight.T @ kinds[place // 2]
        for place, (v, w) in enumerate(arrows)
    }
    state = {arrow: vector.relu() for arrow, vector in start.items()}
    for _ in range(PLAN.depth - 1):
        heard = {(v, w): sum((state[k, x] for k, x in arrows if x == v and k != w), torch.zeros(16)) for v, w in arrows}
        state = {arrow: (start[arrow] + net.hear.weight @ heard[arrow]).relu() for arrow in arrows}
    ends = [sum((state[k, x] for k, x in arrows if x == v), torch.zeros(16)) for v in range(len(atoms))]
    return torch.stack([(net.ends.table.weight.T @ atoms[v] + net.close(ends[v])).relu() for v in range(len(atoms))])


def test_dmpnn_is_the_papers_equations() -> None:
    torch.manual_seed(0)
    net = DMPNN(PLAN)
    with torch.no_grad():
        torch.testing.assert_close(net(GRAPHS), slow_dmpnn(net), rtol=1e-4, atol=1e-5)


def test_what_is_on_reverse_bonds_changes_places() -> None:
    assert reverse(torch.arange(4)[:, None]).T.tolist() == [[1, 0, 3, 2]]
    assert reverse(torch.zeros(0, 3)).shape == (0, 3)


def test_attentivefp_and_its_readout_are_those_of_pyg() -> None:
    torch.manual_seed(0)
    theirs, ours, pool = pyg().AttentiveFP(16, 16, 16, 16, num_layers=3, num_timesteps=2), AttentiveFP(PLAN), Asked(16)
    theirs.lin1, theirs.lin2 = nn.Identity(), nn.Identity()
    for mine, layer in zip(ours.layers, [theirs.gate_conv, *theirs.atom_convs], strict=True):
        mine.load_state_dict(layer.state_dict())
    for mine, gate in zip([*ours.gates, pool.gate], [theirs.gru, *theirs.atom_grus, theirs.mol_gru], strict=True):
        mine.load_state_dict(gate.state_dict())
    last = theirs.mol_conv
    with torch.no_grad():
        pool.answer.weight.copy_(last.lin.weight)
        pool.fit_atom.weight.copy_(last.att_src[0])
        pool.fit_molecule.weight.copy_(last.att_dst[0] @ last.lin.weight)
        pool.fit_molecule.bias.zero_()
        graphs = GRAPHS.take(torch.tensor([0, 2, 3, 4, 5, 6]))  # of molecules without atoms PyG knows nothing
        known = ours.bonds(graphs.kinds).repeat_interleave(2, 0)
        wanted = theirs(ours.atoms(graphs.atoms), graphs.bonds, known, graphs.item)
        torch.testing.assert_close(pool(ours(graphs), graphs.item, len(graphs)), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("smiles", ["c1ccccc1", "C1CC1CC#N", "[Na+].[Cl-]", "O"])
def test_walks_come_back_as_often_as_powers_of_networkxs_matrix_say(smiles: str) -> None:
    graphs = batch_of("CC", smiles)
    graph = nx.Graph(graphs.take(torch.tensor([1])).bonds.T.tolist())
    graph.add_nodes_from(range(int((graphs.item == 1).sum())))
    adjacency = nx.to_numpy_array(graph, nodelist=sorted(graph))
    walk = adjacency / np.maximum(adjacency.sum(1, keepdims=True), 1)
    wanted = np.stack([np.diag(np.linalg.matrix_power(walk, step)) for step in range(1, 7)], 1)
    np.testing.assert_allclose(returns(graphs.bonds, graphs.item, 6)[2:].numpy(), wanted, atol=1e-6)


def test_attention_of_molecules_without_atoms_in_between_leaves_no_trace() -> None:
    backbone = small("gps")
    with torch.no_grad():
        apart, among = backbone(batch_of("CO", "CC")), backbone(batch_of("", "CO", "", "CC", ""))
    torch.testing.assert_close(among.pooled[[1, 3]], apart.pooled)
    assert not among.pooled[[0, 2, 4]].any()
