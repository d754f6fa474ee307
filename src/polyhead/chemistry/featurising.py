"""From SMILES to arrays, by as many processes as are worth their start. Nothing here imports torch."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
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
    from rdkit.Chem import MolFromSmiles
    from rdkit.rdBase import BlockLogs

    with BlockLogs():
        mol = MolFromSmiles(smiles)
        if mol is None:
            raise ValueError(f"RDKit cannot read the SMILES {smiles!r}")
        picture = depict(mol, wanted.picture) if wanted.picture else None
        return featurise(mol, describe(mol, wanted.descriptors), picture)


def packed(smiles: Sequence[str], wanted: Wanted) -> Packed:
    """Return one or more molecules in packed form.

    Raises:
        ValueError: If RDKit cannot read one of them.
    """
    return pack([molecule(one, wanted) for one in smiles])


def chunks(smiles: Sequence[str], wanted: Wanted = PLAIN, processes: int | None = None) -> Iterator[Packed]:
    """Yield molecules in packed form, `CHUNK` at a time, in their order.

    Args:
        smiles: What RDKit can read.
        wanted: What is computed of each.
        processes: How many compute; None: by how long the first chunk took.

    Raises:
        ValueError: If RDKit cannot read one of them.
    """
    parts = [smiles[place : place + CHUNK] for place in range(0, len(smiles), CHUNK)]
    begin = time.perf_counter()
    yield from map(partial(packed, wanted=wanted), parts[:1])
    seconds = (time.perf_counter() - begin) * (len(parts) - 1)
    count = worthwhile(seconds, cores()) if processes is None else processes
    if count < 2:
        yield from map(partial(packed, wanted=wanted), parts[1:])
        return
    with ProcessPoolExecutor(count, get_context("spawn")) as pool:
        yield from pool.map(partial(packed, wanted=wanted), parts[1:])


def worthwhile(seconds: float, most: int) -> int:
    """Return how many processes, from 1 to `most`, share work that takes one of them some seconds."""
    return max(1, min(most, int(seconds / START)))
