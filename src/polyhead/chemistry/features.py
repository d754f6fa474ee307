"""What is known of each atom and bond before anything is learned: categories, as small integers.

Whoever learns gives each category a vector of its own, so nothing is lost against a one-hot coding, and a molecule
takes a few hundred bytes instead of several thousand. All of it stays the same when the atoms are numbered otherwise;
so chirality is told by CIP's labels (R or S) and not by the order of neighbours. Importing this takes neither RDKit
nor torch.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from rdkit.Chem import Mol

    Array = np.ndarray[Any, np.dtype[Any]]

VERSION: Final = 1
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

ELEMENTS: Final = {number: place for place, number in enumerate([*range(1, 37), *HEAVY.values()])}
CHARGES: Final = {charge: place for place, charge in enumerate(range(-2, 3))}
LABELS: Final = {label: place for place, label in enumerate(ATOM["chirality"])}
HYBRIDS: Final = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6}
"""From the numbers of RDKit's HybridizationType."""
RINGS: Final = {0: 0, 3: 1, 4: 2, 5: 3, 6: 4, 7: 5, 8: 6}
BONDS: Final = {1: 0, 2: 1, 3: 2, 12: 3, 17: 4}
"""From the numbers of RDKit's BondType."""
CIP_STEPS: Final = 100_000
"""After how many comparisons CIP's rules give up; on few molecules, all of high symmetry, they would take minutes."""


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


def sizes(columns: dict[str, tuple[str, ...]]) -> tuple[int, ...]:
    """Return how many categories each column of `ATOM` or `BOND` has."""
    return tuple(len(names) for names in columns.values())


def featurise(mol: "Mol", extras: Sequence[float] = (), picture: "Array | None" = None) -> Molecule:
    """Return a sanitised molecule as arrays; it gets CIP's labels as a property of its atoms on the way.

    Args:
        mol: With 0 to 65,535 atoms.
        extras: D descriptors.
        picture: (3, H, W) uint8.
    """
    bonds = mol.GetBonds()
    return Molecule(
        atoms=rows(atom_categories(mol), len(ATOM), np.uint8),
        kinds=rows(map(bond_categories, bonds), len(BOND), np.uint8),
        ends=rows(((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in bonds), 2, np.uint16),
        extras=np.asarray(extras, np.float32),
        picture=np.zeros((3, 0, 0), np.uint8) if picture is None else picture,
    )


def rows(values: Iterable[Sequence[int]], columns: int, kind: type[Any]) -> "Array":
    """Return rows of `columns` numbers as (n, columns) of a kind; n may be 0."""
    return np.array(list(values), kind).reshape(-1, columns)


def atom_categories(mol: "Mol") -> list[tuple[int, ...]]:
    """Return the categories of each atom, by the columns of `ATOM`."""
    labels, rings = chirality(mol), mol.GetRingInfo()
    return [
        (
            ELEMENTS.get(atom.GetAtomicNum(), len(ELEMENTS)),
            min(atom.GetDegree(), 7),
            CHARGES.get(atom.GetFormalCharge(), 5),
            labels.get(place, 0),
            min(atom.GetTotalNumHs(), 5),
            HYBRIDS.get(atom.GetHybridization(), 7),
            atom.GetIsAromatic(),
            RINGS.get(rings.MinAtomRingSize(place), 7),
            min(atom.GetNumRadicalElectrons(), 3),
            atom.GetIsotope() > 0,
        )
        for place, atom in enumerate(mol.GetAtoms())
    ]


def bond_categories(bond: Any) -> tuple[int, ...]:
    """Return the categories of a bond, by the columns of `BOND`."""
    return (
        BONDS.get(bond.GetBondType(), 5),
        bond.GetIsConjugated(),
        bond.IsInRing(),
        min(bond.GetStereo(), 6),
    )


def chirality(mol: "Mol") -> dict[int, int]:
    """Return the category of each atom that is a stereo centre, by its place."""
    centres = [(place, atom) for place, atom in enumerate(mol.GetAtoms()) if int(atom.GetChiralTag())]
    if not centres:
        return {}
    from rdkit.Chem import rdCIPLabeler

    with suppress(RuntimeError):  # when it gives up, what it labelled before stays
        rdCIPLabeler.AssignCIPLabels(mol, maxRecursiveIterations=CIP_STEPS)
    labels = ((place, atom.GetPropsAsDict(includeComputed=True).get("_CIPCode", "")) for place, atom in centres)
    return {place: LABELS.get(label, 5) for place, label in labels}
