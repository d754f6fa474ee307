"""Molecules that were computed once, from which batches are cut."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, final

import numpy as np
import torch

from polyhead.chemistry.features import Molecule
from polyhead.chemistry.featurising import PLAIN, Wanted, chunks
from polyhead.chemistry.graphs import Graphs, directed
from polyhead.chemistry.keeping import folder_of, keep, kept
from polyhead.chemistry.packing import Packed, joined, spans, starts
from polyhead.errors import UserError

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]


@final
class Store:
    """N molecules, from which batches are cut.

    Args:
        packed: The molecules.
        folder: Where they are on disk; None: in memory alone. From there another process takes them.
    """

    def __init__(self, packed: Packed, folder: Path | None = None) -> None:
        self.packed: Final = packed
        self.folder: Final = folder
        self.atoms: Final = starts(packed.atom_counts)
        self.bonds: Final = starts(packed.bond_counts)

    def __len__(self) -> int:
        return len(self.packed.atom_counts)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Store, (self.packed,)) if self.folder is None else (Store.at, (self.folder,))

    @classmethod
    def at(cls, folder: Path) -> Self:
        """Return the store in a folder.

        Raises:
            UserError: If there is none, or a damaged one.
        """
        packed = kept(folder)
        if packed is None:
            raise UserError(f"{folder} holds no molecules, or was damaged: delete it, and it is made anew")
        return cls(packed, folder)

    def take(self, rows: Sequence[int]) -> Graphs:
        """Return some molecules as a batch, in the order of `rows`, which may hold one twice, or be empty."""
        places = np.asarray(rows, np.int64)
        atoms, atom_counts = spans(self.atoms, places)
        bonds, bond_counts = spans(self.bonds, places)
        first = np.repeat(atom_counts.cumsum() - atom_counts, bond_counts)
        ends = self.packed.ends[bonds].astype(np.int64) + first[:, None]
        return Graphs(
            torch.from_numpy(self.packed.atoms[atoms]),
            torch.from_numpy(self.packed.kinds[bonds]),
            directed(torch.from_numpy(ends)),
            torch.from_numpy(np.repeat(np.arange(len(places)), atom_counts)),
            torch.from_numpy(self.packed.extras[places]),
            torch.from_numpy(self.packed.pictures[places]),
        )

    def molecule(self, row: int) -> Molecule:
        """Return one molecule."""
        atoms, bonds = slice(*self.atoms[row : row + 2]), slice(*self.bonds[row : row + 2])
        return Molecule(
            self.packed.atoms[atoms],
            self.packed.kinds[bonds],
            self.packed.ends[bonds],
            self.packed.extras[row],
            self.packed.pictures[row],
        )


def open_store(smiles: Sequence[str], wanted: Wanted = PLAIN, *, disk: bool = True) -> Store:
    """Return molecules as a store: the one on disk, or a new one, which is kept there.

    What changes a molecule's numbers changes the place: the SMILES and their order, what is wanted, the version of the
    categories, and RDKit's. A damaged store counts as absent.

    Args:
        smiles: What RDKit can read; canonical, if the same molecules are to be found again.
        wanted: What is computed of each beside its atoms and bonds.
        disk: Whether to keep them there; else all stays in memory.

    Raises:
        UserError: If the folder cannot be written.
        ValueError: If RDKit cannot read a SMILES.
    """
    if not disk or not smiles:
        return Store(joined(list(chunks(smiles, wanted))))
    folder = folder_of(smiles, wanted)
    if kept(folder) is None:
        keep(folder, chunks(smiles, wanted))
    return Store.at(folder)
