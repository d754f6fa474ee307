"""Message passing, beside attention between all atoms of a molecule."""

from typing import Any, Final, final

import torch
from torch import Tensor, nn

from polyhead.backbones.molecules.encoder import Encoder, Norm, Plan
from polyhead.backbones.molecules.pyg import HEADS, by_heads, gine_layer, pyg
from polyhead.backbones.molecules.virtual_node import VirtualNode
from polyhead.chemistry.attribution import Embeddings
from polyhead.chemistry.graphs import Graphs
from polyhead.ops.aggregate import aggregate

WALK: Final = 16
NORMS: Final[dict[Norm, dict[str, Any]]] = {
    "none": {"norm": None},
    "batch": {"norm": "batch_norm", "norm_kwargs": {"allow_single_element": True}},
    "layer": {"norm": "layer_norm", "norm_kwargs": {"mode": "node"}},
}


@final
class GPS(Encoder):
    """The general, powerful, scalable graph transformer: GINE between neighbours, and attention between all atoms.

    Attention does not see bonds, so atoms are told where they stand: by how likely a walk along random bonds is back
    after 1 to 16 steps, which differs between rings, chains and their ends.

    Args:
        plan: How it is built.

    References:
        Rampasek et al., Recipe for a general, powerful, scalable graph transformer, arXiv 2205.12454. Random walks:
        Dwivedi et al., arXiv 2110.07875.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        by_heads(plan.width)
        self.atoms, self.bonds = plan.atoms(), plan.bonds()
        self.places = nn.Linear(WALK, plan.width, bias=False)
        told = {"heads": HEADS, "dropout": plan.dropout, **NORMS[plan.norm]}
        layer = pyg().GPSConv
        self.layers = nn.ModuleList(layer(plan.width, gine_layer(plan), **told) for _ in range(plan.depth))
        self.virtual = VirtualNode(plan)

    def forward(self, graphs: Graphs) -> Tensor:
        """Return (A, width)."""
        atoms: Tensor = self.atoms(graphs.atoms)
        if not len(atoms):
            return atoms  # PyG takes the number of molecules from the last atom
        item = torch.unique_consecutive(graphs.item, return_inverse=True)[1]  # attention among no atoms is NaN
        atoms = atoms + self.places(returns(graphs.bonds, item, WALK))
        known = self.bonds(graphs.kinds).repeat_interleave(2, 0)
        nodes = self.virtual.begin(atoms, graphs)
        for step, layer in enumerate(self.layers):
            atoms, nodes = self.virtual(step, atoms, nodes, graphs)
            atoms = layer(atoms, graphs.bonds, item, edge_attr=known)
        return atoms

    def embeddings(self) -> Embeddings:
        """Return the tables."""
        return Embeddings((self.atoms,), (self.bonds,))


@torch.no_grad()
def returns(bonds: Tensor, item: Tensor, steps: int) -> Tensor:
    """Return how likely a random walk from each atom is back after 1, 2 ... steps: (A, steps) float32.

    Args:
        bonds: (2, 2E) source and target of each directed bond.
        item: (A,) the molecule of each atom, ascending, each with one or more.
        steps: The longest walk.
    """
    counts = torch.bincount(item)
    place = torch.arange(len(item), device=item.device) - (counts.cumsum(0) - counts)[item]
    source, target = bonds
    leaving = aggregate(torch.ones(len(source), device=item.device), source, len(item))
    walk = torch.zeros(len(counts), int(counts.max()), int(counts.max()), device=item.device)
    walk[item[source], place[source], place[target]] = 1 / leaving[source]
    power, found = walk, []
    for _ in range(steps):
        found.append(power.diagonal(dim1=1, dim2=2)[item, place])
        power = power @ walk
    return torch.stack(found, 1)
