"""What every encoder promises, and what it is built from."""

from abc import ABC, abstractmethod
from typing import Literal, NamedTuple

from torch import Tensor, nn

from polyhead.chemistry.attribution import Embeddings
from polyhead.chemistry.graphs import Graphs

Norm = Literal["none", "batch", "layer"]


class Plan(NamedTuple):
    """How an encoder is built.

    Attributes:
        width: Numbers of each atom's vector.
        depth: Steps of message passing.
        dropout: Share of numbers dropped in training.
        norm: Normalisation after each step.
        virtual_node: Whether each molecule has an atom more, bound to all others.
    """

    width: int
    depth: int
    dropout: float
    norm: Norm
    virtual_node: bool


class Encoder(nn.Module, ABC):
    """Molecules -> a vector for each atom, (A, width), which tells of its surroundings, too."""

    @abstractmethod
    def forward(self, graphs: Graphs) -> Tensor:
        """Return (A, width); A may be 0."""

    @abstractmethod
    def embeddings(self) -> Embeddings:
        """Return the modules that turn categories into vectors."""
