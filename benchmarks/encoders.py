"""What each encoder of molecules takes: seconds until it is there, and milliseconds of a step.

    python benchmarks/encoders.py FILE [--width 300] [--depth 3] [--rounds 20]

FILE is a CSV file with a column `smiles`, such as MoleculeNet's Lipophilicity.csv. A step is forward, backward and Adam
on 64 molecules by one thread; milliseconds are of the processor, and the encoders take turns, so that what else runs on
the machine slows all of them alike. Starting is timed in a new process each, from the interpreter to a built backbone,
by the wall; it is the least of three.
"""

import argparse
import csv
import statistics
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import get_args

import torch
from rdkit.rdBase import BlockLogs

from _results import machine, write
from polyhead.backbones.molecules import Molecules
from polyhead.backbones.molecules.backbone import EncoderName
from polyhead.chemistry.graphs import Graphs
from polyhead.chemistry.store import open_store
from polyhead.memory import keep_memory

BATCH = 64
START = "from polyhead.backbones.molecules import Molecules; Molecules(encoder={!r})"


def batches(file: Path, count: int) -> list[Graphs]:
    """Return the first molecules of a table, in batches."""
    with file.open(encoding="utf-8", newline="") as table, BlockLogs():
        smiles = [row["smiles"].strip() for row in islice(csv.DictReader(table), count * BATCH)]
        store = open_store(smiles, disk=False)
    return [store.take(range(start, start + BATCH)) for start in range(0, len(smiles) - BATCH + 1, BATCH)]


def started(encoder: str) -> float:
    """Return the seconds until an encoder is there."""
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", START.format(encoder)], check=True)
        taken.append(time.perf_counter() - begin)
    return min(taken)


def stepped(backbone: Molecules, optimizer: torch.optim.Optimizer, graphs: Graphs) -> float:
    """Return the milliseconds of a training step."""
    begin = time.process_time()
    optimizer.zero_grad()
    backbone(graphs).pooled.square().mean().backward()
    optimizer.step()
    return 1000 * (time.process_time() - begin)


def main() -> None:
    """Measure, print, and write benchmarks/results/encoders.json and encoders.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--width", type=int, default=300)
    parser.add_argument("--depth", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    torch.set_num_threads(1)
    keep_memory()
    torch.manual_seed(0)
    names = get_args(EncoderName)
    built = {name: Molecules(encoder=name, width=given.width, depth=given.depth).train() for name in names}
    optimizers = {name: torch.optim.Adam(one.parameters(), fused=True) for name, one in built.items()}
    taken: dict[str, list[float]] = {name: [] for name in names}
    found = batches(given.file, given.rounds)
    for graphs in found:
        for name, backbone in built.items():
            taken[name].append(stepped(backbone, optimizers[name], graphs))
    rows = [
        {
            "what": name,
            "parameters": f"{sum(part.numel() for part in backbone.parameters()):,}",
            "a step": f"{statistics.median(taken[name][1:]):.0f} ms",
            "start": f"{started(name):.1f} s",
        }
        for name, backbone in built.items()
    ]
    atoms = round(statistics.mean(len(graphs.atoms) for graphs in found))
    about = {"file": given.file.name, "width": given.width, "depth": given.depth, "rounds": len(found)}
    packages = ("polyhead", "torch", "torch-geometric", "rdkit")
    write("encoders", rows, **about, atoms_of_a_batch=atoms, machine=machine(packages))


if __name__ == "__main__":
    main()
