"""Messages on directed bonds."""

from typing import final

from torch import Tensor, nn

from polyhead.backbones.molecules.encoder import Encoder, Plan
from polyhead.backbones.molecules.norms import norm_of
from polyhead.backbones.molecules.virtual_node import VirtualNode
from polyhead.chemistry.attribution import Embeddings
from polyhead.chemistry.graphs import Graphs
from polyhead.ops.aggregate import aggregate


@final
class DMPNN(Encoder):
    """The directed message passing network, whose states live on bonds and not on atoms.

    Each bond is two arrows. The state of the arrow v -> w is made of what arrives at v by all arrows but its own
    reverse, w -> v: so nobody hears at once what he has just said himself, and messages travel on instead of to and
    fro. With h0 = W_i [atom v, bond vw], and the same W_h in every step,

        h_vw <- relu(h0_vw + W_h sum over k in N(v), k != w of  h_kv)
        h_v   = relu(W_o [atom v, sum over k in N(v) of h_kv])                at the end, for each atom

    The sum without one arrow is the sum over all of v's minus that one: no list of neighbours is needed.

    Args:
        plan: How it is built.

    References:
        Yang et al., Analyzing learned molecular representations for property prediction, arXiv 1904.01561.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.depth = plan.depth
        self.atoms, self.bonds, self.ends = plan.atoms(), plan.bonds(), plan.atoms()
        self.hear = nn.Linear(plan.width, plan.width, bias=False) if plan.depth > 1 else nn.Identity()
        self.close = nn.Linear(plan.width, plan.width)
        self.norms = nn.ModuleList(norm_of(plan.norm, plan.width) for _ in range(plan.depth))
        self.drop = nn.Dropout(plan.dropout)
        self.virtual = VirtualNode(plan)

    def forward(self, graphs: Graphs) -> Tensor:
        """Return (A, width)."""
        source, target = graphs.bonds
        first = both_ways(self.atoms(graphs.atoms).index_select(0, source), self.bonds(graphs.kinds))
        arrows = first.relu()
        heard = aggregate(arrows, target, len(graphs.atoms))
        nodes = self.virtual.begin(heard, graphs)
        for step in range(self.depth - 1):
            heard, nodes = self.virtual(step, heard, nodes, graphs)
            message = self.hear(heard.index_select(0, source) - reverse(arrows))
            arrows = self.drop(self.norms[step](message.add_(first)).relu_())
            heard = aggregate(arrows, target, len(graphs.atoms))
        heard, _ = self.virtual(self.depth - 1, heard, nodes, graphs)
        end: Tensor = self.drop(self.norms[-1](self.close(heard).add_(self.ends(graphs.atoms))).relu_())
        return end

    def embeddings(self) -> Embeddings:
        """Return the three tables."""
        return Embeddings((self.atoms, self.ends), (self.bonds,))


def both_ways(arrows: Tensor, bonds: Tensor) -> Tensor:
    """Return (2E, C), the sum of what stands on directed bonds and of what (E, C) stands on their bonds."""
    count, width = bonds.shape
    return (arrows.reshape(count, 2, width) + bonds[:, None]).reshape(2 * count, width)


def reverse(arrows: Tensor) -> Tensor:
    """Return what stands on the reverse of each directed bond: (2E, C), of which 2k and 2k + 1 are one bond."""
    count, width = arrows.shape
    return arrows.reshape(count // 2, 2, width).flip(1).reshape(count, width)
