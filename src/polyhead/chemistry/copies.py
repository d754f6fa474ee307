"""Copies of the molecules of a batch, and atoms taken out of them."""

import torch
from torch import Tensor

from polyhead.chemistry.graphs import Graphs


def repeat(graphs: Graphs, rows: Tensor) -> Graphs:
    """Return copies of molecules as a batch: `rows` (n,) are their places, in any order and as often as wanted."""
    ends = graphs.bonds[:, ::2]
    atoms, item, shift = _runs(graphs.item, rows, len(graphs))
    bonds, copy, _ = _runs(graphs.item[ends[0]], rows, len(graphs))
    moved = ends[:, bonds] + shift[copy]
    both = torch.stack([moved, moved.flip(0)], 2).flatten(1)
    return Graphs(graphs.atoms[atoms], graphs.kinds[bonds], both, item, graphs.extras[rows], graphs.pictures[rows])


def _runs(owner: Tensor, rows: Tensor, molecules: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return what belongs to each of some molecules, copy after copy.

    Args:
        owner: (N,) the molecule of each atom or bond, ascending.
        rows: (n,) molecules.
        molecules: How many there are.

    Returns:
        The places (M,) in `owner`; of each the copy (M,); and by how much a place moves in each copy, (n,).
    """
    sizes = torch.bincount(owner, minlength=molecules)
    starts, counts = (sizes.cumsum(0) - sizes)[rows], sizes[rows]
    shift = counts.cumsum(0) - counts - starts
    copy = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), counts)
    return torch.arange(len(copy), device=rows.device) - shift[copy], copy, shift


def without(graphs: Graphs, atoms: Tensor) -> Graphs:
    """Return a batch without some atoms (n,) and all their bonds; a molecule may lose all of its atoms."""
    kept = torch.ones(len(graphs.atoms), dtype=torch.bool, device=graphs.atoms.device)
    kept[atoms] = False
    moved, whole = kept.cumsum(0) - 1, kept[graphs.bonds].all(0)
    bonds = moved[graphs.bonds[:, whole]]
    return Graphs(
        graphs.atoms[kept], graphs.kinds[whole[::2]], bonds, graphs.item[kept], graphs.extras, graphs.pictures
    )


def lacking_each(graphs: Graphs, atoms: Tensor) -> Graphs:
    """Return, for each of some atoms (n,), its molecule without it: n molecules."""
    rows = graphs.item[atoms]
    sizes = torch.bincount(graphs.item, minlength=len(graphs))
    counts = sizes[rows]
    gone = counts.cumsum(0) - counts + atoms - (sizes.cumsum(0) - sizes)[rows]
    return without(repeat(graphs, rows), gone)
