"""What every encoder promises, and what it is built from."""

from abc import ABC, abstractmethod
from typing import Literal, NamedTuple

from torch import Tensor, nn

from polyhead.backbones.molecules.embedding import CategoryEmbedding
from polyhead.chemistry.attribution import Embeddings
from polyhead.chemistry.features import ATOM, BOND
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
        ignore: Columns of `ATOM` and `BOND` that the encoder is not told, as `atom.ring`.
    """

    width: int
    depth: int
    dropout: float
    norm: Norm
    virtual_node: bool
    ignore: tuple[str, ...] = ()

    def ignored(self, kind: Literal["atom", "bond"]) -> set[str]:
        """Return the columns of atoms, or of bonds, that are ignored."""
        return {name for of, name in (column.split(".") for column in self.ignore) if of == kind}

    def atoms(self) -> CategoryEmbedding:
        """Return a new embedding of atoms."""
        return CategoryEmbedding(ATOM, self.width, self.ignored("atom"))

    def bonds(self) -> CategoryEmbedding:
        """Return a new embedding of bonds."""
        return CategoryEmbedding(BOND, self.width, self.ignored("bond"))


class Encoder(nn.Module, ABC):
    """Molecules -> a vector for each atom, (A, width), which tells of its surroundings, too."""

    @abstractmethod
    def forward(self, graphs: Graphs) -> Tensor:
        """Return (A, width); A may be 0."""

    @abstractmethod
    def embeddings(self) -> Embeddings:
        """Return the modules that turn categories into vectors."""
