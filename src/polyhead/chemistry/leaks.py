"""What val and test share with the training: equal molecules, stereoisomers, and how near the nearest one is."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, final, get_args

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from polyhead.chemistry.domain import packed, similarities, sizes_of
from polyhead.chemistry.networks import to_networkx, wl_key
from polyhead.chemistry.splits import Division
from polyhead.chemistry.standardising import without_stereo
from polyhead.files import write_text

How = Literal["same molecule", "stereoisomer"]
BEFORE: Final = {"val": ("train",), "test": ("train", "val")}
"""The splits that each one should share nothing with."""
NEAR: Final = 0.9
"""Tanimoto similarity from which on a neighbour is told to be nearly the same."""
HEADER: Final = ("row", "split", "smiles", "nearest_row", "nearest", "similarity", "leak", "leak_row", "leak_split")


class Leak(NamedTuple):
    """A molecule of val or test that is in an earlier split, too.

    Attributes:
        place: Its place among the molecules, from 0.
        other: The place of the one in the earlier split.
        split: The earlier split.
        how: Whether they are equal, or but for stereochemistry.
    """

    place: int
    other: int
    split: str
    how: How


class Near(NamedTuple):
    """The nearest training molecule of one of val or test.

    Attributes:
        place: Its place among the molecules, from 0.
        split: Its split.
        nearest: The place of the nearest training molecule.
        similarity: Tanimoto's, of their Morgan fingerprints (radius 2, 2048 bits), in [0, 1].
    """

    place: int
    split: str
    nearest: int
    similarity: float


@final
@dataclass(frozen=True, slots=True)
class Leaks:
    """What splits share.

    Attributes:
        leaks: By place; one a molecule: rather with an equal one than a stereoisomer, and rather in train than in val.
        near: Of each molecule of val and test, in their order.
    """

    leaks: list[Leak]
    near: list[Near]


def leaks_of(smiles: Sequence[str], division: Division) -> Leaks:
    """Return what the splits of molecules share.

    Candidates have one Weisfeiler-Lehman key (`polyhead.chemistry.networks.wl_key`), and their canonical SMILES decide.

    Args:
        smiles: Canonical ones.
        division: Places in them; train has one or more.
    """
    return Leaks(shared(smiles, division), nearest(smiles, division))


def molecules(smiles: Sequence[str]) -> list[Chem.Mol]:
    """Return the molecules of canonical SMILES."""
    with rdBase.BlockLogs():
        return [Chem.MolFromSmiles(one) for one in smiles]


def shared(smiles: Sequence[str], division: Division) -> list[Leak]:
    """Return the molecules that are in an earlier split, too; arguments as `leaks_of`."""
    mols = molecules(smiles)
    split = {place: name for name, places in division.parts.items() for place in places}
    flat = {place: without_stereo(mols[place]) for place in split}
    found: dict[int, Leak] = {}
    for bucket in buckets(flat, split):
        names = {place: Chem.MolToSmiles(flat[place]) for place in bucket}
        for place in bucket:
            earlier = BEFORE.get(split[place], ())
            before = [other for other in bucket if split[other] in earlier and names[other] == names[place]]
            equal = [other for other in before if smiles[other] == smiles[place]]
            best = min(equal or before, key=lambda other: (split[other] != "train", other), default=None)
            if best is not None:
                found[place] = Leak(place, best, split[best], "same molecule" if equal else "stereoisomer")
    return [found[place] for place in sorted(found)]


def buckets(mols: Mapping[int, Chem.Mol], split: Mapping[int, str]) -> list[list[int]]:
    """Return the places of molecules that share a key, as far as they are in several splits.

    Molecules of another formula have another key, so that only those of a formula in several splits need one.
    """
    by_formula = across([(place, CalcMolFormula(mols[place])) for place in sorted(split)], split)
    candidates = sorted(place for group in by_formula for place in group)
    return across([(place, wl_key(to_networkx(mols[place]))) for place in candidates], split)


def across(named: Sequence[tuple[int, str]], split: Mapping[int, str]) -> list[list[int]]:
    """Return the places that share a name, as far as they are in several splits."""
    groups: dict[str, list[int]] = {}
    for place, name in named:
        groups.setdefault(name, []).append(place)
    return [group for group in groups.values() if len({split[place] for place in group}) > 1]


def nearest(smiles: Sequence[str], division: Division) -> list[Near]:
    """Return the nearest training molecule of each one of val and test; of equally near ones, the first."""
    bits = packed(molecules(smiles))
    learned = bits[division.train]
    sizes = sizes_of(learned)
    found = []
    for name in BEFORE:
        for place in division.parts[name]:
            alike = similarities(bits[place], learned, sizes)
            best = int(alike.argmax())
            found.append(Near(place, name, division.train[best], float(alike[best])))
    return found


def summary(found: Leaks) -> list[str]:
    """Return what is to be said aloud: how near the training molecules are, and how many molecules are shared."""
    lines = []
    for name, before in BEFORE.items():
        alike = np.array([near.similarity for near in found.near if near.split == name])
        if not len(alike):
            continue
        close = f"{np.mean(alike >= NEAR):.0%} at {NEAR:g} or more"
        lines.append(
            f"{name}: the nearest training molecule has a similarity of {np.median(alike):.2f} (median; {close})"
        )
        own = {near.place for near in found.near if near.split == name}
        for other in before:
            for how in get_args(How):
                count = sum(leak.place in own and leak.split == other and leak.how == how for leak in found.leaks)
                lines += (
                    [f"leak: {count} of {len(own)} molecules of {name} are in {other}, too ({how})"] if count else []
                )
    return lines


def write_leaks(file: str | Path, found: Leaks, smiles: Sequence[str], rows: Sequence[int]) -> None:
    """Write a line for each molecule of val and test: its nearest training molecule, and where else it is.

    Args:
        file: A CSV file.
        found: What was found.
        smiles: (N,) the molecules.
        rows: (N,) the rows of the table that they stand in, from 0; they are written from 1.

    Raises:
        UserError: If the file cannot be written.
    """
    leaks = {leak.place: leak for leak in found.leaks}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for near in found.near:
        leak = leaks.get(near.place)
        told = (leak.how, rows[leak.other] + 1, leak.split) if leak else ("", "", "")
        neighbour = (rows[near.nearest] + 1, smiles[near.nearest], f"{near.similarity:.4f}")
        writer.writerow([rows[near.place] + 1, near.split, smiles[near.place], *neighbour, *told])
    write_text(text.getvalue(), file)
