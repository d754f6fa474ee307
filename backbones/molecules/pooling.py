"""From atoms to a molecule."""

from typing import Final, Literal, final

from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.ops.aggregate import Reduction, aggregate, softmax

Pooling = Literal["mean", "sum", "attention"]
ROUNDS: Final = 2
TYPICAL: Final = 20
"""Atoms of a molecule whose sum is as large as its mean: the layers behind were made for numbers of that size."""


@final
class Reduced(nn.Module):
    """The mean of a molecule's atoms, or a twentieth of their sum.

    Args:
        how: Which.
    """

    def __init__(self, how: Reduction) -> None:
        super().__init__()
        self.how: Final = how

    def forward(self, atoms: Tensor, item: Tensor, molecules: int) -> Tensor:
        """Return (B, width) of atoms (A, width); zeros where a molecule has none."""
        reduced = aggregate(atoms, item, molecules, self.how)
        return reduced / TYPICAL if self.how == "sum" else reduced


@final
class Asked(nn.Module):
    """The readout of AttentiveFP: the molecule asks its atoms, and a gate decides what it keeps of their answers.

    It begins as their sum. In each of two rounds it weighs them by how well they fit what it is so far.

    Args:
        width: Numbers of an atom's vector.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.answer = nn.Linear(width, width, bias=False)
        self.fit_atom = nn.Linear(width, 1, bias=False)
        self.fit_molecule = nn.Linear(width, 1)
        self.gate = nn.GRUCell(width, width)

    def forward(self, atoms: Tensor, item: Tensor, molecules: int) -> Tensor:
        """Return (B, width) of atoms (A, width)."""
        molecule = aggregate(atoms, item, molecules).relu()
        answers = self.answer(atoms)
        offered = self.fit_atom(answers)
        for _ in range(ROUNDS):
            asked = self.fit_molecule(molecule).index_select(0, item)
            weights = softmax(F.leaky_relu(offered + asked, 0.01), item, molecules)
            heard = aggregate(answers * weights.to(answers.dtype), item, molecules)
            molecule = self.gate(F.elu(heard), molecule.to(heard.dtype)).relu()
        return molecule


def pooling_of(name: Pooling, width: int) -> nn.Module:
    """Return the pooling of a name."""
    return Asked(width) if name == "attention" else Reduced(name)
