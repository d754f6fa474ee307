"""Many molecules in a few arrays, one behind the other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from polyhead.chemistry.features import EMPTY, Molecule

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]


class Packed(NamedTuple):
    """N molecules with A atoms and E bonds in all.

    Attributes:
        atom_counts: (N,) int32, atoms of each molecule.
        bond_counts: (N,) int32, bonds of each molecule.
        atoms: (A, F) uint8, the categories of atoms.
        kinds: (E, K) uint8, the categories of bonds.
        ends: (E, 2) uint16, the two atoms of each bond, counted within its molecule.
        extras: (N, D) float32, descriptors.
        pictures: (N, 3, H, W) uint8, depictions.
    """

    atom_counts: "Array"
    bond_counts: "Array"
    atoms: "Array"
    kinds: "Array"
    ends: "Array"
    extras: "Array"
    pictures: "Array"


def pack(molecules: Sequence[Molecule]) -> Packed:
    """Return one or more molecules with as many descriptors, and depictions of one size, in their order."""
    atoms, kinds, ends, extras, pictures = zip(*molecules, strict=True)
    return Packed(
        np.array([len(part) for part in atoms], np.int32),
        np.array([len(part) for part in kinds], np.int32),
        np.concatenate(atoms),
        np.concatenate(kinds),
        np.concatenate(ends),
        np.stack(extras),
        np.stack(pictures),
    )


def joined(parts: Sequence[Packed]) -> Packed:
    """Return molecules in several parts as one; of no part, no molecule."""
    if not parts:
        return Packed(*(array[:0] for array in pack([EMPTY])))
    return Packed(*map(np.concatenate, zip(*parts, strict=True)))


def starts(counts: "Array") -> "Array":
    """Return where the things of each row begin, and at last where they end: (N + 1,) of (N,) how many it has."""
    return np.concatenate([np.zeros(1, np.int64), counts.cumsum(dtype=np.int64)])


def spans(starts: "Array", rows: "Array") -> tuple["Array", "Array"]:
    """Return the places of what belongs to some rows, and how many each row has.

    Args:
        starts: (N + 1,) where the things of each row begin, and where those of the last one end.
        rows: (n,) rows, in any order; n may be 0.
    """
    counts = starts[rows + 1] - starts[rows]
    moved = np.repeat(starts[rows] - (counts.cumsum() - counts), counts)
    return np.arange(len(moved)) + moved, counts
