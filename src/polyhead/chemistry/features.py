"""What is known of each atom and bond before anything is learned: categories, as small integers.

Whoever learns gives each category a vector of its own, so nothing is lost against a one-hot coding, and a molecule
takes a few hundred bytes instead of several thousand. All of it stays the same when the atoms are numbered otherwise;
so chirality is told by CIP's labels (R or S) and not by the order of neighbours. Importing this takes neither RDKit
nor torch.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from rdkit.Chem import Mol

    Array = np.ndarray[Any, np.dtype[Any]]

VERSION: Final = 2
"""Of the categories: goes up when an atom or a bond would get another number than before."""

LIGHT: Final = "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr"
"""The elements 1 to 36."""
HEAVY: Final = {"Ag": 47, "Sn": 50, "Sb": 51, "Te": 52, "I": 53, "Pt": 78, "Au": 79, "Hg": 80, "Pb": 82, "Bi": 83}

ATOM: Final[dict[str, tuple[str, ...]]] = {
    "element": (*LIGHT.split(), *HEAVY, "other"),
    "degree": ("0", "1", "2", "3", "4", "5", "6", "other"),
    "charge": ("-2", "-1", "0", "1", "2", "other"),
    "chirality": ("none", "R", "S", "r", "s", "other"),
    "hydrogens": ("0", "1", "2", "3", "4", "other"),
    "hybridisation": ("s", "sp", "sp2", "sp3", "sp2d", "sp3d", "sp3d2", "other"),
    "aromatic": ("no", "yes"),
    "ring": ("none", "3", "4", "5", "6", "7", "8", "other"),
    "radicals": ("0", "1", "2", "other"),
    "isotope": ("natural", "other"),
}
"""The columns of an atom and the names of their categories, in the order of their numbers.

`degree` counts neighbours, without hydrogens that are no atoms of the graph, which `hydrogens` counts. `ring` is the
size of the smallest ring, `radicals` the number of unpaired electrons. A stereo centre is of `other` chirality where
CIP's rules give no label; r and s are the labels of centres whose neighbours differ by their own centres only.
"""

BOND: Final[dict[str, tuple[str, ...]]] = {
    "type": ("single", "double", "triple", "aromatic", "dative", "other"),
    "conjugated": ("no", "yes"),
    "ring": ("no", "yes"),
    "stereo": ("none", "any", "Z", "E", "cis", "trans", "other"),
}
"""The columns of a bond and the names of their categories, in the order of their numbers."""

CIP_STEPS: Final = 100_000
"""Comparisons, some 0.1 s of them, after which CIP's rules give up: molecules of high symmetry may take minutes."""


def table(known: Sequence[int], size: int) -> bytes:
    """Return the category of each byte: its place in `known`, or else the last of `size` categories."""
    found = {number % 256: place for place, number in enumerate(known)}
    return bytes(found.get(number, size - 1) for number in range(256))


ATOM_NUMBERS: Final[dict[str, Sequence[int]]] = {
    "element": [*range(1, 37), *HEAVY.values()],
    "degree": range(7),
    "charge": range(-2, 3),
    "chirality": range(6),
    "hydrogens": range(5),
    "hybridisation": range(1, 8),  # of RDKit's HybridizationType
    "aromatic": range(2),
    "ring": [0, *range(3, 9)],
    "radicals": range(3),
    "isotope": range(1),
}
"""What RDKit's numbers are of the categories of an atom, but for a last one that is `other`; -1 is the byte 255."""
BOND_NUMBERS: Final[dict[str, Sequence[int]]] = {
    "type": [1, 2, 3, 12, 17],  # of RDKit's BondType
    "conjugated": range(2),
    "ring": range(2),
    "stereo": range(6),  # of RDKit's BondStereo
}
ATOM_TABLES: Final = [table(ATOM_NUMBERS[key], len(names)) for key, names in ATOM.items()]
BOND_TABLES: Final = [table(BOND_NUMBERS[key], len(names)) for key, names in BOND.items()]
DOUBLE: Final = 2


class Molecule(NamedTuple):
    """One molecule as arrays; it may have one atom, or none.

    Attributes:
        atoms: (A, F) uint8, the categories of each atom by the columns of `ATOM`.
        kinds: (E, K) uint8, the categories of each bond by the columns of `BOND`.
        ends: (E, 2) uint16, the two atoms of each bond.
        extras: (D,) float32, descriptors of the whole molecule; D may be 0.
        picture: (3, H, W) uint8, a depiction; H = W = 0 where there is none.
    """

    atoms: "Array"
    kinds: "Array"
    ends: "Array"
    extras: "Array"
    picture: "Array"


EMPTY: Final = Molecule(
    np.zeros((0, len(ATOM)), np.uint8),
    np.zeros((0, len(BOND)), np.uint8),
    np.zeros((0, 2), np.uint16),
    np.zeros(0, np.float32),
    np.zeros((3, 0, 0), np.uint8),
)
"""A molecule without atoms, as of a blank line; it has neither descriptors nor a depiction."""


def sizes(columns: dict[str, tuple[str, ...]]) -> tuple[int, ...]:
    """Return how many categories each column of `ATOM` or `BOND` has."""
    return tuple(len(names) for names in columns.values())


def featurise(mol: "Mol", extras: "Sequence[float] | Array" = (), picture: "Array | None" = None) -> Molecule:
    """Return a sanitised molecule as arrays; its atoms may get CIP's labels as a property on the way.

    Args:
        mol: With 0 to 65,535 atoms.
        extras: D descriptors.
        picture: (3, H, W) uint8.
    """
    bonds = [mol.GetBondWithIdx(place) for place in range(mol.GetNumBonds())]  # RDKit's iterators are slow to end
    ends = [end for bond in bonds for end in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())]
    return Molecule(
        atoms=looked_up(atom_numbers(mol), ATOM_TABLES),
        kinds=looked_up(bond_numbers(bonds), BOND_TABLES),
        ends=np.array(ends, np.uint16).reshape(-1, 2),
        extras=np.asarray(extras, np.float32),
        picture=EMPTY.picture if picture is None else picture,
    )


def looked_up(columns: Sequence[Sequence[int]], tables: Sequence[bytes]) -> "Array":
    """Return the categories (n, columns) of n things, of what RDKit tells: n bytes for each column.

    Bytes are looked up as a text is translated, in a tenth of the time that arrays of so few numbers take.
    """
    told = b"".join(bytes(column).translate(known) for column, known in zip(columns, tables, strict=True))
    return np.frombuffer(told, np.uint8).reshape(len(tables), -1).T.copy()


def atom_numbers(mol: "Mol") -> list[list[int]]:
    """Return what RDKit tells of each atom, a list of bytes for each column of `ATOM`."""
    atoms = [mol.GetAtomWithIdx(place) for place in range(mol.GetNumAtoms())]
    rings, centres = mol.GetRingInfo(), chirality(mol)
    return [
        [atom.GetAtomicNum() for atom in atoms],
        [atom.GetDegree() for atom in atoms],
        [atom.GetFormalCharge() % 256 for atom in atoms],
        [centres.get(place, 0) for place in range(len(atoms))],
        [atom.GetTotalNumHs() for atom in atoms],
        [atom.GetHybridization() for atom in atoms],
        [atom.GetIsAromatic() for atom in atoms],
        [min(rings.MinAtomRingSize(place), 255) for place in range(len(atoms))],
        [atom.GetNumRadicalElectrons() for atom in atoms],
        [atom.GetIsotope() > 0 for atom in atoms],
    ]


def bond_numbers(bonds: list[Any]) -> list[list[int]]:
    """Return what RDKit tells of each bond, a list of bytes for each column of `BOND`."""
    types = [bond.GetBondType() for bond in bonds]
    return [
        types,
        [bond.GetIsConjugated() for bond in bonds],
        [bond.IsInRing() for bond in bonds],
        # only double bonds are asked, since each answer takes as long as all the others together
        [bond.GetStereo() if kind == DOUBLE else 0 for kind, bond in zip(types, bonds, strict=True)],
    ]


def chirality(mol: "Mol") -> dict[int, int]:
    """Return the category of each atom that is a stereo centre, by its place.

    Labels are those that RDKit gave when it read the molecule. Where there is none, as of cis and trans on rings, its
    newer implementation of CIP's rules is asked: it takes as long as reading the molecule twice, and says otherwise of
    one molecule in twenty that has such centres.
    """
    assign, tagged = stereo()
    found = mol.GetAtomsMatchingQuery(tagged)
    centres = [found[place].GetIdx() for place in range(len(found))]  # RDKit's iterators are slow to end
    names = labels(mol, centres)
    lacking = [place for place in centres if not names[place]]
    if lacking:
        with suppress(RuntimeError):  # when it gives up, what it labelled before stays
            assign(mol, lacking, [], CIP_STEPS)
        names |= labels(mol, lacking)
    known = ATOM["chirality"]
    return {place: known.index(name if name in known else "other") for place, name in names.items()}


def labels(mol: "Mol", places: list[int]) -> dict[int, str]:
    """Return the label of each of some atoms, "" where it has none."""
    atoms = {place: mol.GetAtomWithIdx(place) for place in places}
    return {place: atom.GetProp("_CIPCode") if atom.HasProp("_CIPCode") else "" for place, atom in atoms.items()}


@cache
def stereo() -> tuple[Any, Any]:
    """Return what assigns CIP's labels, and a query for the atoms that may have one."""
    from rdkit.Chem import rdCIPLabeler, rdqueries

    return rdCIPLabeler.AssignCIPLabels, rdqueries.HasChiralTagQueryAtom()
