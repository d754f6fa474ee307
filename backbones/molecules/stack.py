"""Encoders that are a stack of layers, each of which lets every atom hear its neighbours."""

from collections.abc import Callable
from typing import final

from torch import Tensor, nn

from polyhead.backbones.molecules.encoder import Encoder, Plan
from polyhead.backbones.molecules.norms import norm_of
from polyhead.backbones.molecules.virtual_node import VirtualNode
from polyhead.chemistry.attribution import Embeddings
from polyhead.chemistry.graphs import Graphs


@final
class Stack(Encoder):
    """h <- h + dropout(relu(norm(layer(h, bonds)))), as often as the plan's depth says.

    Args:
        plan: How it is built.
        layer: Builds a layer: (atoms (A, width), bonds (2, 2E), what is known of each (2E, width)) -> (A, width).
        sees_bonds: Whether layers look at what is known of bonds; else they get None.
    """

    def __init__(self, plan: Plan, layer: Callable[[Plan], nn.Module], *, sees_bonds: bool = True) -> None:
        super().__init__()
        self.atoms = plan.atoms()
        self.bonds = plan.bonds() if sees_bonds else None
        self.layers = nn.ModuleList(layer(plan) for _ in range(plan.depth))
        self.norms = nn.ModuleList(norm_of(plan.norm, plan.width) for _ in range(plan.depth))
        self.drop = nn.Dropout(plan.dropout)
        self.virtual = VirtualNode(plan)

    def forward(self, graphs: Graphs) -> Tensor:
        """Return (A, width)."""
        atoms: Tensor = self.atoms(graphs.atoms)
        known = None if self.bonds is None else self.bonds(graphs.kinds).repeat_interleave(2, 0)
        nodes = self.virtual.begin(atoms, graphs)
        for step, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            atoms, nodes = self.virtual(step, atoms, nodes, graphs)
            atoms = atoms + self.drop(norm(layer(atoms, graphs.bonds, known)).relu())
        return atoms

    def embeddings(self) -> Embeddings:
        """Return the tables."""
        return Embeddings((self.atoms,), () if self.bonds is None else (self.bonds,))
