"""From SMILES to arrays, by as many processes as are worth their start. Nothing here imports torch."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import Final, NamedTuple

from polyhead.chemistry.depiction import depict
from polyhead.chemistry.descriptors import Descriptor, describe
from polyhead.chemistry.features import Molecule, featurise
from polyhead.chemistry.packing import Packed, pack
from polyhead.cores import cores

CHUNK: Final = 512
"""Molecules that a process is given at a time."""
FIRST: Final = 64
"""Molecules after which all is imported, and whose time tells whether other processes are worthwhile."""
START: Final = 1.5
"""Seconds that a process takes to begin: with less work to do, it is not worth it."""


class Wanted(NamedTuple):
    """What is computed of each molecule beside its atoms and bonds.

    Attributes:
        descriptors: Kinds of descriptors, in the order in which they stand in `extras`.
        picture: Side of a depiction in pixels; 0: none.
    """

    descriptors: tuple[Descriptor, ...] = ()
    picture: int = 0


PLAIN: Final = Wanted()
"""Atoms and bonds alone."""


def molecule(smiles: str, wanted: Wanted = PLAIN) -> Molecule:
    """Return the molecule of a SMILES as arrays; its atoms are numbered as they are written.

    Raises:
        ValueError: If RDKit cannot read it.
    """
    return molecules([smiles], wanted)[0]


def molecules(smiles: Sequence[str], wanted: Wanted = PLAIN) -> list[Molecule]:
    """Return the molecules of some SMILES as arrays.

    Raises:
        ValueError: If RDKit cannot read one of them.
    """
    from rdkit.rdBase import BlockLogs

    with BlockLogs():  # it takes as long as half a molecule, and so is done once
        return [_molecule(one, wanted) for one in smiles]


def _molecule(smiles: str, wanted: Wanted) -> Molecule:
    from rdkit.Chem import MolFromSmiles

    mol = MolFromSmiles(smiles)
    if mol is None:
        raise ValueError(f"RDKit cannot read the SMILES {smiles!r}")
    extras = describe(mol, wanted.descriptors) if wanted.descriptors else ()
    return featurise(mol, extras, depict(mol, wanted.picture) if wanted.picture else None)


def packed(smiles: Sequence[str], wanted: Wanted) -> Packed:
    """Return one or more molecules in packed form.

    Raises:
        ValueError: If RDKit cannot read one of them.
    """
    return pack(molecules(smiles, wanted))


def chunks(smiles: Sequence[str], wanted: Wanted = PLAIN, processes: int | None = None) -> Iterator[Packed]:
    """Yield molecules in packed form, many at a time, in their order.

    Args:
        smiles: What RDKit can read.
        wanted: What is computed of each.
        processes: How many compute; None: by how long the first ones took.

    Raises:
        ValueError: If RDKit cannot read one of them.
    """
    compute = partial(packed, wanted=wanted)
    yield from map(compute, [smiles[:FIRST]] if smiles else [])
    seconds = 0.0 if processes else seconds_for(smiles[FIRST:], wanted)
    parts = [smiles[place : place + CHUNK] for place in range(FIRST, len(smiles), CHUNK)]
    count = processes or worthwhile(seconds, cores())
    if count < 2:
        yield from map(compute, parts)
        return
    done = 0
    try:
        with ProcessPoolExecutor(count, get_context("spawn")) as pool:
            for part in pool.map(compute, parts):
                yield part
                done += 1
    except BrokenProcessPool:  # a script without a main guard keeps processes from starting
        yield from map(compute, parts[done:])


def seconds_for(smiles: Sequence[str], wanted: Wanted) -> float:
    """Return about how long some molecules take one process, of which a few are timed and thrown away."""
    some = smiles[: FIRST // 4]
    begin = time.perf_counter()
    molecules(some, wanted)
    return (time.perf_counter() - begin) * len(smiles) / max(1, len(some))


def worthwhile(seconds: float, most: int) -> int:
    """Return how many processes, from 1 to `most`, share work that takes one of them some seconds."""
    return max(1, min(most, int(seconds / START)))
