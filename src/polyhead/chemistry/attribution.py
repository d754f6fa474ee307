"""What each atom contributes to an answer about its molecule."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from polyhead.chemistry.copies import lacking_each
from polyhead.chemistry.graphs import Graphs

Score = Callable[[Graphs], Tensor]
"""From B molecules to the number of each that is to be explained, (B,); it reads every molecule by itself."""
ATOMS: Final = 10_000
"""Atoms that go through a network at once, of molecules without one of their atoms."""
STEPS: Final = 32


class Embeddings(NamedTuple):
    """The modules that turn categories into vectors; every call of one is taken into account.

    Attributes:
        atoms: Those whose output has a row for each atom.
        bonds: Those whose output has a row for each bond, or for each of its two directions.
    """

    atoms: tuple[nn.Module, ...]
    bonds: tuple[nn.Module, ...]


class Attribution(NamedTuple):
    """What each atom contributes, on the CPU, in float64.

    Attributes:
        atoms: (A,) contributions, in the unit of the score; positive ones raise it.
        score: (B,) the score of each molecule.
        blank: (B,) the score of each where nothing is known of any atom and bond; NaN of masking.
    """

    atoms: Tensor
    score: Tensor
    blank: Tensor

    def error(self, item: Tensor) -> Tensor:
        """Return by how much the contributions fail to add up, (B,): |their sum - (score - blank)|; NaN of masking.

        Args:
            item: (A,) the molecule of each atom.
        """
        sums = torch.zeros_like(self.score).index_add_(0, item.cpu(), self.atoms)
        return (sums - (self.score - self.blank)).abs()


@torch.no_grad()
def masking(score: Score, graphs: Graphs) -> Attribution:
    """Return by how much the score of a molecule falls when an atom and its bonds are taken out, for each atom.

    It asks the network as often as there are atoms, needs nothing of it but answers, and adds up to nothing in
    particular: two atoms of which one would do contribute nothing each.
    """
    whole = score(graphs).cpu().double()
    every = torch.arange(len(graphs.item), device=graphs.item.device)
    most = max(1, ATOMS // int(torch.bincount(graphs.item, minlength=1).max().clamp(min=1)))
    lacking = [score(lacking_each(graphs, part)).cpu().double() for part in torch.split(every, most) if len(part)]
    atoms = whole[graphs.item.cpu()] - torch.cat([whole[:0], *lacking])
    return Attribution(atoms, whole, torch.full_like(whole, torch.nan))


def integrated_gradients(score: Score, graphs: Graphs, embeddings: Embeddings, steps: int = STEPS) -> Attribution:
    """Return what the embedding of each atom, and half of that of each of its bonds, contributes to the score.

    All embeddings grow together from 0, where nothing is known, to what they are; each is credited with the gradient
    on the way times itself. So contributions add up to the difference of the scores at both ends, as exactly as the
    steps (points of Gauss and Legendre) follow the gradient: see `Attribution.error`.

    Args:
        score: With a gradient; its network is in evaluation.
        graphs: B molecules.
        embeddings: Of its network.
        steps: How many points of the way are looked at, >= 1.

    References:
        Sundararajan, Taly and Yan, Axiomatic attribution for deep networks, arXiv 1703.01365.
    """
    points, weights = np.polynomial.legendre.leggauss(steps)
    atoms = torch.zeros(len(graphs.item), dtype=torch.float64)
    for point, weight in zip((points + 1) / 2, weights / 2, strict=True):
        with torch.enable_grad(), scaled(embeddings, float(point)) as seen:
            gradients = torch.autograd.grad(score(graphs).sum(), [part.grown for part in seen], allow_unused=True)
        for part, gradient in zip(seen, gradients, strict=True):
            if gradient is not None:
                share = (gradient * part.full).flatten(1).sum(1).cpu().double()
                atoms += float(weight) * (share if part.of_atoms else onto_atoms(share, graphs))
    with torch.no_grad():
        whole = score(graphs).cpu().double()
        with scaled(embeddings, 0.0):
            blank = score(graphs).cpu().double()
    return Attribution(atoms, whole, blank)


def onto_atoms(share: Tensor, graphs: Graphs) -> Tensor:
    """Return contributions of bonds (E,), or of their directions (2E,), as those of their atoms (A,), half to each."""
    ends = graphs.bonds if len(share) == graphs.bonds.shape[1] else graphs.bonds[:, ::2]
    found = torch.zeros(len(graphs.item), dtype=share.dtype)
    return found.index_add_(0, ends.cpu().flatten(), (share / 2).repeat(2))


class Grown(NamedTuple):
    """An embedding on its way from 0 to what it is.

    Attributes:
        full: What it is, (N, ...).
        grown: How much of it the network got to see, with a gradient.
        of_atoms: Whether its rows are atoms, or else bonds.
    """

    full: Tensor
    grown: Tensor
    of_atoms: bool


@contextmanager
def scaled(embeddings: Embeddings, share: float) -> Iterator[list[Grown]]:
    """Let the network see a share of every embedding within, and collect these as they are made."""
    seen: list[Grown] = []

    with ExitStack() as stack:
        for modules, of_atoms in ((embeddings.atoms, True), (embeddings.bonds, False)):
            for module in modules:
                stack.enter_context(module.register_forward_hook(partial(shrink, seen, share, of_atoms)))
        yield seen


def shrink(seen: list[Grown], share: float, of_atoms: bool, _module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
    """Return a share of what an embedding gives, with a gradient, and collect it in `seen`: a hook of its module."""
    full = output.detach()
    seen.append(Grown(full, (share * full).requires_grad_(), of_atoms))
    return seen[-1].grown


def by_molecule(values: Tensor, item: Tensor, molecules: int) -> Sequence[list[float]]:
    """Return values of atoms (A,) as one list for each molecule; `item` (A,) is the molecule of each, ascending."""
    ends = torch.bincount(item, minlength=molecules).cumsum(0).tolist()
    return [values[start:end].tolist() for start, end in pairwise([0, *ends])]
