"""How long molecules take to become arrays, and arrays to become batches.

    python benchmarks/featurise.py FOLDER [--molecules 100000] [--rounds 3]

FOLDER holds CSV files with a column `smiles` (MoleculeNet's, say); what RDKit reads there is written in its canonical
form and repeated until there are as many molecules as asked for. A store is made of them, by as many processes as are
worthwhile, and never read from a former one; then batches of 64 random molecules are cut from it. Seconds are of the
wall, and medians count; what else runs on the machine slows this down, but not so the milliseconds of the processor.
"""

import argparse
import csv
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from rdkit.Chem import MolFromSmiles, MolToSmiles
from rdkit.rdBase import BlockLogs

from _results import machine, write
from polyhead.chemistry.graphs import collate
from polyhead.chemistry.store import Store, open_store
from polyhead.cores import cores

BATCH, BATCHES = 64, 200
PACKAGES = ("polyhead", "rdkit", "numpy", "torch")
RATE, MILLISECONDS = 3000, 1.6
"""The goals: molecules a second, and a batch."""


def canonical(folder: Path) -> Iterator[str]:
    """Yield the canonical SMILES of what RDKit reads in a folder's tables, in their order."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                mol = MolFromSmiles(row.get("smiles") or "C1")
                if mol is not None:
                    yield MolToSmiles(mol)


def made(smiles: list[str]) -> tuple[Store, float, float]:
    """Return a new store of some molecules, and the seconds that it took: of the wall, and of all processors."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["POLYHEAD_CACHE"] = cache
        begin, used = time.perf_counter(), processor()
        store = open_store(smiles)
        return store, time.perf_counter() - begin, processor() - used


def processor() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def milliseconds(act: Callable[[list[int]], object], molecules: int) -> float:
    """Return the median time of making a batch of random molecules."""
    draw, taken = np.random.default_rng(0), []
    for _ in range(BATCHES):
        rows = draw.integers(0, molecules, BATCH).tolist()
        begin = time.perf_counter()
        act(rows)
        taken.append(time.perf_counter() - begin)
    return round(1000 * statistics.median(taken), 2)


def main() -> None:
    """Measure, print, and write benchmarks/results/featurise.json and featurise.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--molecules", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with BlockLogs():
        smiles = list(islice(cycle(canonical(given.folder)), given.molecules))
    stores = [made(smiles) for _ in range(given.rounds)]
    store, (seconds, used) = stores[0][0], (statistics.median(column) for column in list(zip(*stores, strict=True))[1:])
    size = sum(array.nbytes for array in store.packed)
    rate = round(len(smiles) / seconds)
    batch = milliseconds(store.take, len(smiles))
    apart = milliseconds(lambda rows: collate([store.molecule(row) for row in rows]), len(smiles))
    rows = [
        {
            "what": f"{len(smiles):,} SMILES into a store, by up to {cores()} processes",
            "ours": f"{rate:,} a second",
            "goal": f">= {RATE:,}",
            "met": rate >= RATE,
            "processor": f"{1000 * used / len(smiles):.2f} ms a molecule",
        },
        {
            "what": f"a batch of {BATCH} out of the store",
            "ours": f"{batch} ms",
            "goal": f"<= {MILLISECONDS} ms",
            "met": batch <= MILLISECONDS,
        },
        {"what": f"a batch of {BATCH} molecules, collated one by one", "ours": f"{apart} ms"},
    ]
    about = {"atoms": round(len(store.packed.atoms) / len(smiles), 1), "bytes": round(size / len(smiles))}
    write("featurise", rows, rounds=given.rounds, molecule=about, machine=machine(PACKAGES))


if __name__ == "__main__":
    main()
