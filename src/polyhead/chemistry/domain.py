"""How far a molecule is from all that a model learned from: its applicability domain.

Models answer about any molecule, also about those of which they know nothing. Two plain questions are asked before an
answer is believed: how similar is the nearest molecule of the training, and is every kind of atom and bond known from
there?
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from polyhead.chemistry.baseline import RADIUS, SIZE, fingerprints
from polyhead.errors import UserError

if TYPE_CHECKING:
    from rdkit.Chem import Atom, Mol

Words = NDArray[np.uint64]
INSIDE: Final = 0.95
"""The share of training molecules that are as near to another one as the threshold asks."""
ASKED: Final = 2000
"""Training molecules at most that the threshold is learned from."""
LEAST: Final = 200
PAIRS: Final = 100_000_000
"""What these and all others make at most, as long as there are the least."""
CHUNK: Final = 4096
"""Molecules whose fingerprints are held at a byte a bit."""
BONDS: Final = {"SINGLE": "-", "DOUBLE": "=", "TRIPLE": "#", "AROMATIC": ":"}


class Domain(NamedTuple):
    """What the molecules of a training are like.

    Attributes:
        smiles: Of each of the n molecules.
        bits: (n, 32) their Morgan fingerprints (radius 2, 2048 bits), 64 bits a number.
        threshold: The Tanimoto similarity to the nearest of them from which on a molecule is inside.
        kinds: The elements, atoms and bonds that occur, in words.
    """

    smiles: tuple[str, ...]
    bits: Words
    threshold: float
    kinds: frozenset[str]


class Place(NamedTuple):
    """Where a molecule stands to those of a training.

    Attributes:
        nearest: SMILES of the most similar one; "" where there is none.
        similarity: Tanimoto's, of the two, in [0, 1].
        unseen: Kinds of its atoms and bonds that none of them has, in words.
        inside: Whether it is similar enough, and of known kinds.
    """

    nearest: str
    similarity: float
    unseen: tuple[str, ...]
    inside: bool


def learn(molecules: "Sequence[Mol]", smiles: Sequence[str], seed: int = 0) -> Domain:
    """Return the domain of n training molecules and their SMILES.

    The threshold is the similarity to the nearest other molecule that 95 of 100 of them reach, or of 2000 drawn from
    them (fewer of more than 50,000 molecules); it is 1 where there is no other.

    Args:
        molecules: Sanitised ones, each there once: of copies, each would be the other's nearest.
        smiles: What they are called by.
        seed: Of the draw.
    """
    bits = packed(molecules)
    rng = np.random.default_rng(seed)
    most = min(ASKED, max(LEAST, PAIRS // max(1, len(bits))))
    drawn = rng.choice(len(bits), min(most, len(bits)), replace=False)
    sizes = sizes_of(bits)
    nearest = [np.delete(similarities(bits[row], bits, sizes), row).max(initial=0.0) for row in drawn]
    nearest = nearest if len(bits) > 1 else [1.0] * len(bits)
    threshold = float(np.quantile(nearest, 1 - INSIDE)) if nearest else 1.0
    return Domain(tuple(smiles), bits, threshold, frozenset(kind for one in molecules for kind in kinds_of(one)))


def places(domain: Domain, molecules: "Sequence[Mol]") -> Iterator[Place]:
    """Yield where each of some sanitised molecules stands to those of a training."""
    sizes = sizes_of(domain.bits)
    for molecule, row in zip(molecules, packed(molecules), strict=True):
        unseen = tuple(kind for kind in kinds_of(molecule) if kind not in domain.kinds)
        alike = similarities(row, domain.bits, sizes)
        best = int(alike.argmax()) if len(alike) else None
        similarity = 0.0 if best is None else float(alike[best])
        nearest = "" if best is None else domain.smiles[best]
        yield Place(nearest, similarity, unseen, similarity >= domain.threshold and not unseen)


def reason(place: Place, threshold: float) -> str:
    """Return in words why a molecule is outside; "" where it is inside."""
    far = [f"similarity {place.similarity:.2f} to the nearest training molecule, below {threshold:.2f}"]
    unseen = [f"not in training: {', '.join(place.unseen)}"] if place.unseen else []
    return "; ".join(far * (place.similarity < threshold) + unseen)


def keep(domain: Domain, file: Path) -> None:
    """Write a domain into a file of numpy arrays, which is there when all of it is."""
    smiles, kinds = (
        np.frombuffer("\n".join(part).encode(), np.uint8) for part in (domain.smiles, sorted(domain.kinds))
    )
    beside = file.with_name(f".{os.getpid()}.{file.name}")
    np.savez(beside, bits=domain.bits, threshold=np.float64(domain.threshold), smiles=smiles, kinds=kinds)
    beside.replace(file)


def kept(file: Path) -> Domain:
    """Return the domain that `keep` wrote.

    Raises:
        UserError: If the file is damaged, or none of these.
    """
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as held:
            bits, threshold = held["bits"], float(held["threshold"])
            smiles, kinds = (bytes(held[name]).decode().splitlines() for name in ("smiles", "kinds"))
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(f"{file} is damaged: delete it, and predictions come without their domain") from error
    return Domain(tuple(smiles), bits, threshold, frozenset(kinds))


def packed(molecules: "Sequence[Mol]") -> Words:
    """Return the Morgan fingerprints of n molecules as numbers of 64 bits, (n, 32)."""
    found = np.zeros((len(molecules), SIZE // 64), np.uint64)
    for start in range(0, len(molecules), CHUNK):
        rows = fingerprints(molecules[start : start + CHUNK], counts=False, radius=RADIUS, size=SIZE)
        found[start : start + CHUNK] = np.packbits(rows, axis=1).view(np.uint64)
    return found


def sizes_of(rows: Words) -> NDArray[np.int64]:
    """Return how many bits each of n fingerprints (n, w) has, (n,)."""
    sizes: NDArray[np.int64] = np.bitwise_count(rows).sum(1, dtype=np.int64)
    return sizes


def similarities(row: Words, rows: Words, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the Tanimoto similarities (n,) of one fingerprint (w,) to others (n, w); 0 where neither has a bit.

    `sizes` are those of the others, (n,), which are counted once and not for each one that is compared with them.
    """
    both = np.bitwise_count(row & rows).sum(1, dtype=np.int64)
    either = sizes + np.bitwise_count(row).sum(dtype=np.int64) - both
    alike: NDArray[np.float64] = both / np.maximum(either, 1)
    return alike


def kinds_of(molecule: "Mol") -> list[str]:
    """Return the elements, kinds of atoms and kinds of bonds of a molecule in words, each once: "bond C#N"."""
    atoms: list[Any] = list(molecule.GetAtoms())
    elements = [f"element {atom.GetSymbol()}" for atom in atoms]
    kinds = [f"atom {atom_word(atom)}" for atom in atoms]
    bonds = [
        BONDS.get(bond.GetBondType().name, "~").join(
            sorted(end.GetSymbol() for end in (bond.GetBeginAtom(), bond.GetEndAtom()))
        )
        for bond in molecule.GetBonds()
    ]
    return list(dict.fromkeys([*elements, *kinds, *(f"bond {bond}" for bond in bonds)]))


def atom_word(atom: "Atom") -> str:
    """Return an atom's element, its charge, and whether it is aromatic: "aromatic N+", "O-", "C"."""
    charge = atom.GetFormalCharge()
    sign = ("+" if charge > 0 else "-") * abs(charge)
    return ("aromatic " if atom.GetIsAromatic() else "") + atom.GetSymbol() + sign
