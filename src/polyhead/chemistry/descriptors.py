"""Numbers that describe a whole molecule, beside what a network finds out about it."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from rdkit.Chem import Mol

    Array = np.ndarray[Any, np.dtype[Any]]

Descriptor = Literal["morgan", "rdkit"]

RADIUS: Final = 2
BITS: Final = 2048
LARGEST: Final = 30.0
"""Of a logarithm: what is larger was infinite."""


def describe(mol: "Mol", kinds: Sequence[Descriptor]) -> "Array":
    """Return (D,) float32, finite descriptors of some kinds behind each other; () gives none.

    `morgan` tells which atoms with their surroundings, up to two bonds away, are there: 2048 bits (Rogers and Hahn,
    10.1021/ci100050t). `rdkit` is all that RDKit computes, some 200 numbers from weight to counts of functional groups,
    each as sign(x) log(1 + |x|), since some reach 10^13; what is undefined of a molecule is 0.

    Numbers are not yet of one scale: who learns from them brings them to it with what its training data are like.
    """
    return np.concatenate([np.zeros(0, np.float32), *(KINDS[kind](mol) for kind in kinds)], dtype=np.float32)


def count(kinds: Sequence[Descriptor]) -> int:
    """Return how many descriptors some kinds have together: D."""
    from rdkit.Chem import Descriptors

    return sum({"morgan": BITS, "rdkit": len(Descriptors.descList)}[kind] for kind in kinds)


def morgan(mol: "Mol") -> "Array":
    """Return (2048,) zeros and ones."""
    return np.asarray(generator().GetFingerprintAsNumPy(mol), np.float32)


@cache
def generator() -> Any:
    """Return what makes Morgan fingerprints."""
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)


def rdkit(mol: "Mol") -> "Array":
    """Return the logarithms of RDKit's descriptors, in its order."""
    from rdkit.Chem import Descriptors

    compute: Any = Descriptors.CalcMolDescriptors  # the one function there without types
    values = np.array(list(compute(mol, missingVal=np.nan).values()), np.float64)
    logarithms: Array = np.sign(values) * np.log1p(np.abs(values))
    return np.nan_to_num(logarithms, nan=0.0, posinf=LARGEST, neginf=-LARGEST).astype(np.float32)


KINDS: Final[dict[Descriptor, Callable[["Mol"], "Array"]]] = {"morgan": morgan, "rdkit": rdkit}
