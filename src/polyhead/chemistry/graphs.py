"""A batch of molecules as one graph that is not connected: atoms are nodes, bonds are edges.

Molecules differ in size, and nothing is padded: their atoms stand in one long list, their bonds in another, and `item`
tells the molecule of each atom. A layer that passes messages along bonds never crosses from one molecule into another,
since no bond does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from polyhead.chemistry.features import EMPTY, Molecule


@final
@dataclass(frozen=True, slots=True)
class Graphs:
    """B molecules with A atoms and E bonds in all; B, A and E may be 0.

    Attributes:
        atoms: (A, F) uint8, the categories of each atom by the columns of `features.ATOM`.
        kinds: (E, K) uint8, the categories of each bond by the columns of `features.BOND`.
        bonds: (2, 2E) long, source and target atom of each directed bond; 2k and 2k + 1 are bond k in both directions,
            so the reverse of directed bond b is b ^ 1.
        item: (A,) long, the molecule of each atom, ascending.
        extras: (B, D) float32, descriptors of each molecule; D may be 0.
        pictures: (B, 3, H, W) uint8, depictions; H = W = 0 where there are none.
    """

    atoms: Tensor
    kinds: Tensor
    bonds: Tensor
    item: Tensor
    extras: Tensor
    pictures: Tensor

    def __len__(self) -> int:
        """Return how many molecules there are, those without atoms too."""
        return len(self.extras)

    def to(self, device: Any, non_blocking: bool = False) -> "Graphs":
        """Return the batch on a device."""
        return Graphs(*(part.to(device, non_blocking=non_blocking) for part in self._parts()))

    def pin_memory(self) -> "Graphs":
        """Return the batch in page-locked memory, from which it goes to a GPU while others are computed."""
        return Graphs(*(part.pin_memory() for part in self._parts()))

    def take(self, rows: Tensor) -> "Graphs":
        """Return some molecules: `rows` (n,) are their places in the batch, ascending; n may be 0."""
        place = torch.full((len(self),), -1, device=rows.device).scatter(
            0, rows, torch.arange(len(rows), device=rows.device)
        )
        item = place[self.item]
        kept = item >= 0
        moved, along = kept.cumsum(0) - 1, kept[self.bonds[0]]
        return Graphs(
            self.atoms[kept],
            self.kinds[along[::2]],
            moved[self.bonds[:, along]],
            item[kept],
            self.extras[rows],
            self.pictures[rows],
        )

    def _parts(self) -> tuple[Tensor, ...]:
        return self.atoms, self.kinds, self.bonds, self.item, self.extras, self.pictures


def collate(molecules: Sequence[Molecule]) -> Graphs:
    """Return molecules as one batch, in their order; of none, a batch of none.

    Raises:
        ValueError: If they differ in the number of descriptors or in the size of depictions.
    """
    atoms, kinds, ends, extras, pictures = zip(*(molecules or [EMPTY]), strict=True)
    counts = np.array([len(part) for part in atoms])
    starts = np.repeat(counts.cumsum() - counts, [len(part) for part in ends])
    return Graphs(
        torch.from_numpy(np.concatenate(atoms)),
        torch.from_numpy(np.concatenate(kinds)),
        directed(torch.from_numpy(np.concatenate(ends).astype(np.int64) + starts[:, None])),
        torch.from_numpy(np.repeat(np.arange(len(counts)), counts)),
        torch.from_numpy(np.stack(extras))[: len(molecules)],
        torch.from_numpy(np.stack(pictures))[: len(molecules)],
    )


def directed(ends: Tensor) -> Tensor:
    """Return (2, 2E) source and target of each bond in both directions, of (E, 2) the atoms of each bond."""
    return torch.stack([ends.reshape(-1), ends.flip(1).reshape(-1)])
