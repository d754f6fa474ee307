"""Attention, and a gate."""

from typing import final

from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.backbones.molecules.encoder import Encoder, Plan
from polyhead.backbones.molecules.norms import norm_of
from polyhead.backbones.molecules.pyg import pyg
from polyhead.backbones.molecules.virtual_node import VirtualNode
from polyhead.chemistry.attribution import Embeddings
from polyhead.chemistry.graphs import Graphs


@final
class AttentiveFP(Encoder):
    """Each atom weighs what its neighbours say, and a gate (GRU) decides how much of it changes the atom.

    The first step sees the bonds, the further ones atoms alone. These are the steps between atoms of the paper; its
    readout of the molecule is the pooling `attention`.

    Args:
        plan: How it is built.

    References:
        Xiong et al., Pushing the boundaries of molecular representation for drug discovery with the graph attention
        mechanism, 10.1021/acs.jmedchem.9b00959.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        width = plan.width
        self.atoms, self.bonds = plan.atoms(), plan.bonds()
        first = pyg("nn.models.attentive_fp").GATEConv(width, width, width, plan.dropout)
        attend, told = pyg().GATConv, {"dropout": plan.dropout, "add_self_loops": False, "negative_slope": 0.01}
        self.layers = nn.ModuleList([first, *(attend(width, width, **told) for _ in range(plan.depth - 1))])
        self.gates = nn.ModuleList(nn.GRUCell(width, width) for _ in range(plan.depth))
        self.norms = nn.ModuleList(norm_of(plan.norm, width) for _ in range(plan.depth))
        self.drop = nn.Dropout(plan.dropout)
        self.virtual = VirtualNode(plan)

    def forward(self, graphs: Graphs) -> Tensor:
        """Return (A, width)."""
        atoms = F.leaky_relu(self.atoms(graphs.atoms))
        known = self.bonds(graphs.kinds).repeat_interleave(2, 0)
        nodes = self.virtual.begin(atoms, graphs)
        for step, (layer, gate, norm) in enumerate(zip(self.layers, self.gates, self.norms, strict=True)):
            atoms, nodes = self.virtual(step, atoms, nodes, graphs)
            heard = layer(atoms, graphs.bonds, known) if step == 0 else layer(atoms, graphs.bonds)
            heard = self.drop(F.elu(norm(heard)))
            atoms = gate(heard, atoms.to(heard.dtype)).relu()
        return atoms

    def embeddings(self) -> Embeddings:
        """Return the tables."""
        return Embeddings((self.atoms,), (self.bonds,))
