"""What the checks feed to a backbone: made-up images, or made-up molecules where its features are no grids."""

from math import ceil

import torch
from torch import Tensor

from polyhead.checks.probes import ODD_SIZE, SIZE
from polyhead.chemistry.features import ATOM, BOND, sizes
from polyhead.chemistry.graphs import Graphs, directed
from polyhead.contracts import Backbone, FeatureSpec

Inputs = Tensor | Graphs

SIZES = (SIZE, ODD_SIZE, (40, 24))
"""Even, odd, and smaller than the stride of the coarsest level of most backbones."""
ATOMS = (6, 1, 9, 0)
"""Atoms of made-up molecules, over and over."""


def reads_images(spec: FeatureSpec) -> bool:
    """Return whether features are grids of images, or else vectors of atoms."""
    return len(spec.strides) > 0


def make_inputs(backbone: Backbone, batch: int, seed: int = 0) -> Inputs:
    """Return random inputs of the kind that a backbone reads: images of `SIZE`, or molecules."""
    return make_images(batch, seed=seed) if reads_images(backbone.spec) else make_molecules(batch, seed=seed)


def every_form(backbone: Backbone) -> dict[str, Inputs]:
    """Return inputs of all forms that a backbone must take, by words that tell of them."""
    if reads_images(backbone.spec):
        return {f"of {height} x {width} pixels": make_images(2, (height, width)) for height, width in SIZES}
    return {
        "of molecules": make_molecules(4),
        "of a molecule of one atom": make_molecules(1, (1,)),
        "of a molecule without atoms": make_molecules(1, (0,)),
    }


def make_images(batch: int, size: tuple[int, int] = SIZE, seed: int = 0) -> Tensor:
    """Return random images: (batch, 3, H, W) float in [0, 1]."""
    return torch.rand(batch, 3, *size, generator=torch.Generator().manual_seed(seed))


def make_molecules(batch: int, atoms: tuple[int, ...] = ATOMS, seed: int = 0) -> Graphs:
    """Return random molecules, without descriptors and depictions: trees, to which a ring comes where there is room.

    Args:
        batch: How many.
        atoms: Atoms of the first, the second ...; from the beginning again where there are more molecules.
        seed: Of the random numbers.
    """
    draw = torch.Generator().manual_seed(seed)
    counts = [atoms[place % len(atoms)] for place in range(batch)]
    ends, first = [], 0
    for count in counts:
        ends += [(first + int(torch.randint(atom, (1,), generator=draw)), first + atom) for atom in range(1, count)]
        ends += [(first, first + count - 1)] if count > 2 and (first, first + count - 1) not in ends else []
        first += count
    return Graphs(
        categories(ATOM, first, draw),
        categories(BOND, len(ends), draw),
        directed(torch.tensor(ends, dtype=torch.long).reshape(-1, 2)),
        torch.arange(batch).repeat_interleave(torch.tensor(counts)),
        torch.zeros(batch, 0),
        torch.zeros(batch, 3, 0, 0, dtype=torch.uint8),
    )


def categories(columns: dict[str, tuple[str, ...]], count: int, draw: torch.Generator) -> Tensor:
    """Return random categories of some atoms or bonds: (count, columns) uint8."""
    return torch.stack(
        [torch.randint(size, (count,), generator=draw, dtype=torch.uint8) for size in sizes(columns)], dim=1
    )


def renumbered(graphs: Graphs, seed: int = 0) -> tuple[Graphs, Tensor]:
    """Return molecules whose atoms and bonds are numbered otherwise, and (A,) the former number of each atom."""
    draw = torch.Generator().manual_seed(seed)
    shuffled = torch.randperm(len(graphs.item), generator=draw)
    order = shuffled[graphs.item[shuffled].argsort(stable=True)]
    place = order.argsort()
    bonds = torch.randperm(len(graphs.kinds), generator=draw)
    ends = place[graphs.bonds[:, 1::2].T[bonds]]  # the other direction comes first
    return (
        Graphs(graphs.atoms[order], graphs.kinds[bonds], directed(ends), graphs.item, graphs.extras, graphs.pictures),
        order,
    )


def leaves(inputs: Inputs) -> list[Tensor]:
    """Return the tensors that inputs are made of."""
    if isinstance(inputs, Tensor):
        return [inputs]
    return [inputs.atoms, inputs.kinds, inputs.bonds, inputs.item, inputs.extras, inputs.pictures]


def take(inputs: Inputs, place: int) -> Inputs:
    """Return one of some inputs, alone."""
    return inputs[place : place + 1] if isinstance(inputs, Tensor) else inputs.take(torch.tensor([place]))


def wanted_shapes(spec: FeatureSpec, inputs: Inputs) -> list[tuple[int, ...]]:
    """Return the shapes of all levels, by a spec."""
    if isinstance(inputs, Graphs):
        return [(len(inputs.item), channels) for channels in spec.channels]
    height, width = inputs.shape[2:]
    return [
        (len(inputs), channels, ceil(height / stride), ceil(width / stride))
        for channels, stride in zip(spec.channels, spec.strides, strict=True)
    ]
