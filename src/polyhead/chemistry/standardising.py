"""One molecule as it is written becomes one as it is learned, and what was odd about it is said."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final, Literal, NamedTuple, final

from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize

from polyhead.chemistry.smiles import read, why_not
from polyhead.cores import cores

USUAL: Final = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I"})
"""The elements of most molecules that are learned."""
STRANGE: Final = Chem.MolFromSmarts(
    f"[{'&'.join(f'!#{Chem.Atom(symbol).GetAtomicNum()}' for symbol in sorted(USUAL))}]"
)
"""Matches each atom of another one."""
CARBON: Final = Chem.MolFromSmarts("[#6]")
HEAVY: Final = Chem.MolFromSmarts("[!#1]")
FEW: Final = 2500
"""Molecules that are read sooner than another process has begun."""
CHUNK: Final = 500
"""Molecules that a process is given at a time."""
UNSPELT: Final = "RDKit reads it, and not the SMILES that it writes of it"
LARGEST: Final = 65_535
"""Atoms of a molecule that its graph has numbers for."""


@final
@dataclass(frozen=True, slots=True)
class Rules:
    """What becomes of what is odd; the defaults change nothing but the spelling.

    Attributes:
        salts: Of molecules in several parts: `keep` them all, `strip` those that are known salts and solvents, or take
            the `largest` (with carbon in it, by all of its atoms). What is left and charged is neutralised.
        atoms: Of elements outside of `USUAL`: `keep` or `drop` the row.
        stereo: `keep`, or `flatten`: mirror images and cis and trans become one molecule.
        duplicates: Of rows of one molecule: `keep` all; the `first`; one with the `mean` of their labels, blank where
            labels of classes conflict; or `drop` all rows where any label conflicts, and take the mean of the others.
        tolerance: How far numbers may differ without a conflict, in standard deviations of their column, >= 0.
    """

    salts: Literal["keep", "strip", "largest"] = "keep"
    atoms: Literal["keep", "drop"] = "keep"
    stereo: Literal["keep", "flatten"] = "keep"
    duplicates: Literal["keep", "first", "mean", "drop"] = "keep"
    tolerance: float = 0.5


class Oddity(NamedTuple):
    """What is odd about a molecule: which kind of thing, what exactly, and what became of the row."""

    what: str
    reason: str
    action: str


class Look(NamedTuple):
    """What was seen of a molecule.

    Attributes:
        canonical: Its canonical SMILES; "" where the row is left out, for the reason of the last oddity.
        flat: The same without stereochemistry.
        oddities: What is odd about it.
    """

    canonical: str
    flat: str
    oddities: tuple[Oddity, ...] = ()


def look_at(cells: Sequence[str], rules: Rules) -> list[Look]:
    """Return what is seen of SMILES, in their order, by as many processes as there are cores if that is faster."""
    processes = min(cores(), len(cells) // FEW)
    chunks = [cells[start : start + CHUNK] for start in range(0, len(cells), CHUNK)]
    if processes > 1:
        with suppress(BrokenProcessPool), ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            return [look for looks in pool.map(look_at_chunk, chunks, [rules] * len(chunks)) for look in looks]
    return look_at_chunk(cells, rules)  # also where a script without a main guard kept processes from starting


def look_at_chunk(cells: Sequence[str], rules: Rules) -> list[Look]:
    """Return what is seen of some SMILES, in this process."""
    return [standardise(cell, rules) for cell in cells]


def standardise(cell: str, rules: Rules) -> Look:
    """Return what is seen of one SMILES."""
    mol = read(cell)
    if mol is None or not mol.GetNumAtoms():
        what = "invalid" if cell else "empty"
        return Look("", "", (Oddity(what, why_not(cell) if mol is None else "has no atom", "left out"),))
    if mol.GetNumAtoms() > LARGEST:
        return Look("", "", (Oddity("invalid", f"has {mol.GetNumAtoms()} atoms, more than {LARGEST}", "left out"),))
    odd: list[Oddity] = []
    with rdBase.BlockLogs():
        mol = unmapped(mol, odd) if ":" in cell else mol
        mol = parted(mol, rules, odd) if "." in cell else mol
        mol = mol if rules.stereo == "keep" else flattened(mol, odd)
        if strange := strange_atoms(mol):
            odd.append(Oddity("atoms", f"has {strange}", "kept" if rules.atoms == "keep" else "left out"))
            if rules.atoms == "drop":
                return Look("", "", tuple(odd))
        parts = "." in cell
        if not (canonical := spelling(mol, kekulised=not parts)):
            reason = f"what is left of it, {Chem.MolToSmiles(mol)}, is no molecule" if parts else UNSPELT
            return Look("", "", (*odd, Oddity("invalid", reason, "left out")))
        return Look(canonical, flat(mol, canonical), tuple(odd))


def spelling(mol: Chem.Mol, *, kekulised: bool) -> str:
    """Return the canonical SMILES of a molecule, "" where it is not read back; `kekulised` says whether to try that."""
    aromatic = Chem.MolToSmiles(mol)
    if read(aromatic) is not None:
        return aromatic
    localised = Chem.Mol(mol)
    with suppress(Chem.KekulizeException):
        Chem.Kekulize(localised, clearAromaticFlags=True)
    other = Chem.MolToSmiles(localised)
    return other if kekulised and read(other) is not None else ""


def unmapped(mol: Chem.Mol, odd: list[Oddity]) -> Chem.Mol:
    """Return a molecule without numbers of atoms, which would make two of one."""
    mapped = [atom for atom in mol.GetAtoms() if atom.GetAtomMapNum()]
    for atom in mapped:
        atom.SetAtomMapNum(0)
    if mapped:
        odd.append(Oddity("maps", f"{len(mapped)} atoms are numbered", "unnumbered"))
    return mol


def parted(mol: Chem.Mol, rules: Rules, odd: list[Oddity]) -> Chem.Mol:
    """Return what the rules leave of a molecule in several parts."""
    parts = Chem.GetMolFrags(mol, asMols=True)
    if len(parts) < 2:
        return mol
    names = [Chem.MolToSmiles(part) for part in parts]
    salt = any(Chem.GetFormalCharge(part) or not part.HasSubstructMatch(CARBON) for part in parts)
    left = parent(mol, rules)
    spelt = Chem.MolToSmiles(left)
    same = spelt == Chem.MolToSmiles(mol)
    reason = f"{len(parts)} parts: {', '.join(names[:4])}{' ...' if len(parts) > 4 else ''}"
    odd.append(Oddity("salt" if salt else "mixture", reason, "kept" if same else f"reduced to {spelt}"))
    return left


def parent(mol: Chem.Mol, rules: Rules) -> Chem.Mol:
    """Return the part of a molecule that the rules are after, without charge where protons can take it away.

    A molecule of salts and solvents alone stays what it is.
    """
    if rules.salts == "keep":
        return mol
    if rules.salts == "largest":
        left = rdMolStandardize.LargestFragmentChooser(preferOrganic=True).choose(mol)
    else:
        import datamol

        left = datamol.remove_salts_solvents(mol)
        if not left.HasSubstructMatch(HEAVY):
            return mol
    alone = left.GetNumAtoms() < mol.GetNumAtoms() and Chem.GetFormalCharge(left) != 0
    return rdMolStandardize.Uncharger().uncharge(left) if alone else left


def flattened(mol: Chem.Mol, odd: list[Oddity]) -> Chem.Mol:
    """Return a molecule without stereochemistry."""
    left = without_stereo(mol)
    if Chem.MolToSmiles(left) != Chem.MolToSmiles(mol):
        odd.append(Oddity("flat", "has stereochemistry", "flattened"))
    return left


def without_stereo(mol: Chem.Mol) -> Chem.Mol:
    """Return a molecule without stereochemistry, and without the hydrogens that were written for its sake."""
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    return Chem.RemoveHs(flat)


def strange_atoms(mol: Chem.Mol) -> str:
    """Return the unusual elements of a molecule, but for atoms that are one of its parts alone: those are ions."""
    places = mol.GetSubstructMatches(STRANGE)
    single = not places or len(Chem.GetMolFrags(mol)) == 1
    atoms = [mol.GetAtomWithIdx(place) for (place,) in places]
    kept = {atom.GetSymbol() for atom in atoms if single or atom.GetDegree()}
    return ", ".join(sorted("* (any atom)" if symbol == "*" else symbol for symbol in kept))


def flat(mol: Chem.Mol, canonical: str) -> str:
    """Return the canonical SMILES of a molecule without stereochemistry; isotopes stay."""
    return Chem.MolToSmiles(without_stereo(mol)) if any(mark in canonical for mark in "@/\\") else canonical
