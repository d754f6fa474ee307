"""The layer of the graph convolutional network."""

from typing import final

import torch
from torch import Tensor, nn

from polyhead.backbones.molecules.encoder import Plan
from polyhead.ops.aggregate import aggregate


@final
class GCNLayer(nn.Module):
    """One matrix for all that an atom hears: h <- D^(-1/2) A D^(-1/2) h W + b.

    A has a 1 for each atom and its neighbours, itself among them, and D counts these. It is what PyG's GCNConv computes
    (a test compares the two), without the seconds that importing PyG takes.

    Args:
        plan: Its width counts.

    References:
        Kipf and Welling, Semi-supervised classification with graph convolutional networks, arXiv 1609.02907.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.linear = nn.Linear(plan.width, plan.width)

    def forward(self, atoms: Tensor, bonds: Tensor, known: Tensor | None) -> Tensor:  # noqa: ARG002  # as all layers
        """Return (A, width) of atoms (A, width) and bonds (2, 2E); what is known of bonds is not looked at."""
        source, target = bonds
        neighbours = aggregate(torch.ones(len(source), 1, device=atoms.device), target, len(atoms))
        scale = (1 + neighbours).rsqrt().to(atoms.dtype)
        scaled = scale * atoms
        heard = scaled + aggregate(scaled.index_select(0, source), target, len(atoms))
        mixed: Tensor = self.linear(scale * heard)
        return mixed
