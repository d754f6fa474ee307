"""An atom that is bound to all others of its molecule."""

from typing import final

from torch import Tensor, nn

from polyhead.backbones.molecules.encoder import Plan
from polyhead.chemistry.graphs import Graphs
from polyhead.ops.aggregate import aggregate


@final
class VirtualNode(nn.Module):
    """Before each step, the virtual node hears the mean of its molecule's atoms, and they hear it.

    Where a plan has none, atoms stay as they are.

    Args:
        plan: Of the encoder.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        steps = plan.depth if plan.virtual_node else 0
        self.steps = nn.ModuleList(
            nn.Sequential(nn.Linear(plan.width, plan.width), nn.ReLU(), nn.Linear(plan.width, plan.width))
            for _ in range(steps)
        )

    def begin(self, atoms: Tensor, graphs: Graphs) -> Tensor:
        """Return the virtual nodes (B, width) before the first step."""
        return atoms.new_zeros(len(graphs), atoms.shape[1])

    def forward(self, step: int, atoms: Tensor, nodes: Tensor, graphs: Graphs) -> tuple[Tensor, Tensor]:
        """Return atoms (A, width) and virtual nodes (B, width) after they heard each other."""
        if not self.steps:
            return atoms, nodes
        nodes = nodes + self.steps[step](nodes + aggregate(atoms, graphs.item, len(graphs), "mean"))
        return atoms + nodes.index_select(0, graphs.item), nodes
