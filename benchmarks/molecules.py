"""Molecules beside chemprop and a random forest: the same curated files, the same splits, one scorer outside all.

    python benchmarks/molecules.py FOLDER [--sets esol freesolv lipo clintox tox21] [--splits 5] [--epochs 50]

FOLDER holds the files of MoleculeNet (github.com/GLambard/Molecules_Dataset_Collection). Each is curated once; random
splits of 80, 10 and 10 % and the fixed scaffold split go into one JSON of chemprop's form, which both read. The two
take turns (A B, B A, ...), each in one process whose threads are pinned to `--threads`; seconds and user CPU are those
of the whole command, and of its epochs alone, told from a short run beside it. Differences are over the random splits,
with the 95 % interval of a paired t-test. torch has an open regression of scatter_reduce on CPUs (pytorch #183812),
which chemprop's aggregation meets and ours does not: `patched` is chemprop with `index_add_` instead.

What a side has done stands in its folder and is not done again, so that `--sides chemprop` can run on one core while
another trains ours; rows are written once all sides are there.
"""

import argparse
import csv
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score

import _peer
import polyhead
from _ours import interval, spread
from _results import machine, write
from polyhead.chemistry.baseline import fingerprints, predict_labels, predict_values
from polyhead.chemistry.smiles import read
from polyhead.data.molecules import Molecules
from polyhead.recipes import resolve

CHEMPROP = ("chemprop==2.3.1",)
SOLUBILITY = "measured log solubility in mols per litre"
SIDES = ("ours", "chemprop", "forest")
START = {"ours": 3, "chemprop": 5}
"""Epochs of a run that shows what a command takes beside its training."""


class Set(NamedTuple):
    """One set of molecules.

    Attributes:
        file: Its name in the folder.
        columns: What is learned; () for all that is found.
        recipe: Ours.
        metric: `rmse` or `auroc`.
        splits: How many random splits there are, without the fixed scaffold; None: as asked, and the scaffold.
        seeds: How many times each side trains on a split.
    """

    file: str
    columns: tuple[str, ...]
    recipe: str
    metric: str
    splits: int | None
    seeds: int = 1


SETS = {
    "esol": Set("ESOL_delaney-processed.csv", (SOLUBILITY,), "molecules", "rmse", None),
    "freesolv": Set("FreeSolv_SAMPL.csv", ("expt",), "molecules", "rmse", None),
    "lipo": Set("Lipophilicity.csv", ("exp",), "molecules", "rmse", None),
    "clintox": Set("clintox.csv", (), "molecule_classes", "auroc", 1, seeds=3),
    "tox21": Set("tox21.csv", (), "molecule_classes", "auroc", 1),
}


class Run(NamedTuple):
    """What one command cost, and its error or score on the test."""

    seconds: float
    cpu: float
    score: float


def timed(command: Sequence[Any], log: Path, threads: int) -> tuple[float, float]:
    """Run a command with a number of threads; return its seconds and its user CPU."""
    log.parent.mkdir(parents=True, exist_ok=True)
    around = {**os.environ, **{f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "MKL", "OPENBLAS")}}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.perf_counter()
    with log.open("w") as file:
        said = {"stdout": file, "stderr": subprocess.STDOUT, "cwd": log.parent}
        done = subprocess.run([*map(str, command)], check=False, env=around, **said)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}, see {log}")
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def curated(one: Set, folder: Path, work: Path, count: int) -> tuple[Path, Path, list[str], np.ndarray]:
    """Write a set's curated table and its splits; return both files, the SMILES, and the truth (N, T)."""
    file, splits = work / "curated.csv", work / "splits.json"
    found = Molecules(str(folder / one.file), columns=one.columns, duplicates="mean").curated
    truth = np.stack([target.values for target in found.targets], 1)
    work.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["smiles", *(target.name for target in found.targets)])
        for smiles, row in zip(found.smiles, truth, strict=True):
            writer.writerow([smiles, *("" if value != value else f"{value:.10g}" for value in row)])  # noqa: PLR0124  # NaN
    parts = [rows_of(Molecules(str(file), split_seed=number)) for number in range(one.splits or count)]
    if not one.splits:
        parts.append(rows_of(Molecules(str(file), split="scaffold")))
    splits.write_text(json.dumps(parts))
    return file, splits, found.smiles, truth


def rows_of(data: Molecules) -> dict[str, list[int]]:
    """Return the rows of each split, from 0, as chemprop has them."""
    return {split: [data.curated.rows[place] for place in places] for split, places in data.division.parts.items()}


def score(said: np.ndarray, truth: np.ndarray, metric: str) -> float:
    """Return the root mean squared error, or the area under the ROC curve, the mean over targets that have one."""
    found = []
    for ours, true in zip(said.T, truth.T, strict=True):
        there = np.isfinite(true)
        if metric == "rmse":
            found.append(float(np.sqrt(np.mean((ours[there] - true[there]) ** 2))))
        elif len(set(true[there])) == 2:
            found.append(float(roc_auc_score(true[there], ours[there])))
    return statistics.mean(found)


class Task(NamedTuple):
    """One split of a set.

    Attributes:
        one: The set.
        file: Its curated table.
        split: The JSON file of this split.
        home: The folder for what is written, to whose name the side that writes is added.
        asked: The SMILES of the test.
        truth: Of these, (n, T).
        epochs: What is trained; None: as each side does it.
        seed: Of the training.
    """

    one: Set
    file: Path
    split: Path
    home: Path
    asked: Sequence[str]
    truth: np.ndarray
    epochs: int | None = None
    seed: int = 0


def theirs(
    task: Task, home: Path, options: argparse.Namespace, patched: bool = False
) -> tuple[float, float, np.ndarray]:
    """Train chemprop with its defaults on one split; return seconds, user CPU, and what it says of the test."""
    kind = "regression" if task.one.metric == "rmse" else "classification"
    python = _peer.environment("chemprop", *CHEMPROP)
    program = [python, _peer.SCRIPTS / "chemprop_patched.py"] if patched else [python.with_name("chemprop")]
    command = [*program, "train", "-i", task.file, "-s", "smiles", "-t", kind, "--splits-file", task.split]
    command += ["--epochs", task.epochs or options.epochs, "--pytorch-seed", task.seed, "--num-workers", 0]
    command += ["-o", home / "model"]
    seconds, cpu = timed(command, home / "log.txt", options.threads)
    rows = list(csv.reader(next(home.rglob("test_predictions.csv")).open()))
    return seconds, cpu, np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])


def ours(task: Task, home: Path, options: argparse.Namespace) -> tuple[float, float, np.ndarray]:
    """Train ours on one split; return seconds, user CPU, and what it says of the test."""
    command = [Path(sys.executable).with_name("polyhead"), "fit", task.one.recipe, f"seed={task.seed}"]
    command += [f"data={task.file}", "data.split=file", f"data.split_file={task.split}"]
    command += ["--run", home / "run", *options.override]
    command += [f"trainer.max_epochs={task.epochs}"] if task.epochs else []
    seconds, cpu = timed(command, home / "log.txt", options.threads)
    names = next(csv.reader(task.file.open()))[1:]
    said = []
    for answer in polyhead.load(home / "run").predict(*task.asked, score=0.0):
        numbers = answer.get("properties") or answer["labels"]
        values = numbers.get("values") or {one["label"]: one["score"] for one in numbers["labels"]}
        said.append([values[name] for name in names])
    return seconds, cpu, np.array(said)


def forest(one: Set, smiles: Sequence[str], truth: np.ndarray, parts: dict[str, list[int]]) -> Run:
    """Return what a random forest on Morgan fingerprints does on one split."""
    start, cpu = time.perf_counter(), time.process_time()
    prints = fingerprints([read(cell) for cell in smiles])
    learn = predict_values if one.metric == "rmse" else predict_labels
    said = learn(prints[parts["train"]], truth[parts["train"]], prints[parts["test"]], jobs=1)
    points = score(said, truth[parts["test"]], one.metric)
    return Run(time.perf_counter() - start, time.process_time() - cpu, points)


def compare(name: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the rows of one set: its random splits, the fixed scaffold, and what a command costs."""
    one, work = SETS[name], options.work.resolve() / name
    file, splits, smiles, truth = curated(one, options.folder, work, options.splits)
    found: dict[str, list[Run]] = {side: [] for side in SIDES}
    for number, parts in enumerate(json.loads(splits.read_text())):
        split = work / f"split-{number}.json"
        split.write_text(json.dumps([parts]))
        task = Task(one, file, split, work / str(number), [smiles[row] for row in parts["test"]], truth[parts["test"]])
        for seed, who in product(range(one.seeds), options.sides[:: -1 if number % 2 else 1]):
            again = task._replace(seed=seed)
            found[who].append(run(who, again, options) if who != "forest" else forest(one, smiles, truth, parts))
            print(name, number, seed, who, found[who][-1], flush=True)
        if not number:
            for who in set(START) & set(options.sides):
                found[f"{who} starts"] = [run(who, task._replace(epochs=START[who]), options)]
            if "chemprop" in options.sides:
                found["patched"] = [run("patched", task, options)]
    return rows(name, one, found, options.epochs) if set(options.sides) == set(SIDES) else []


def run(who: str, task: Task, options: argparse.Namespace) -> Run:
    """Return what one side did on one split; it is not done again where it stands in the side's folder."""
    name = f"{task.home.name}-{who}{f'-{task.epochs}' if task.epochs else ''}{f'-seed{task.seed}' if task.seed else ''}"
    home = task.home.with_name(name)
    kept = home / "result.json"
    if not kept.is_file():
        shutil.rmtree(home, ignore_errors=True)
        train = {"ours": ours, "chemprop": theirs, "patched": partial(theirs, patched=True)}[who]
        seconds, cpu, said = train(task, home, options)
        kept.write_text(json.dumps(Run(seconds, cpu, score(said, task.truth, task.one.metric))))
    return Run(*json.loads(kept.read_text()))


def training(found: dict[str, list[Run]], who: str, epochs: int, like: str | None = None) -> float:
    """Return the user CPU of the epochs alone on the first split: what more of them took, in proportion."""
    few = START[like or who]
    return (found[who][0].cpu - found[f"{like or who} starts"][0].cpu) * epochs / (epochs - few)


def rows(name: str, one: Set, found: dict[str, list[Run]], epochs: int) -> list[dict[str, Any]]:
    """Return the table's rows; the last split is the fixed scaffold, where there are several. Costs are of seed 0."""
    scores = {who: [run.score for run in runs] for who, runs in found.items()}
    sign, better = (-1, "<=") if one.metric == "rmse" else (1, ">=")
    count = one.splits * one.seeds if one.splits else len(scores["ours"]) - 1
    gains = [sign * (a - b) for a, b in zip(scores["ours"][:count], scores["chemprop"][:count], strict=True)]
    over = f"{count} random split{'s' * (count > 1)}{interval(gains)}"
    if one.seeds > 1:
        over = f"1 random split, {one.seeds} seeds: {spread(scores['ours'])}, {spread(scores['chemprop'])}"
    said = {f"{name}: {one.metric}, {over}": slice(0, count)}
    if not one.splits:
        said[f"{name}: {one.metric}, fixed scaffold"] = slice(count, None)
    table = []
    for what, part in said.items():
        mine, peer, trees = (statistics.mean(scores[who][part]) for who in SIDES)
        row = {"what": what, "ours": f"{mine:.3f}", "peer": f"{peer:.3f} (forest {trees:.3f})"}
        table.append({**row, "goal": f"{better} {peer:.3f}", "met": sign * (mine - peer) >= 0})
    mine, peer, patched = (
        training(found, "ours", resolve(one.recipe).recipe["trainer"]["max_epochs"]),
        training(found, "chemprop", epochs),
        training(found, "patched", epochs, "chemprop"),
    )
    row = {"what": f"{name}: user CPU of training", "ours": f"{mine:.0f} s", "goal": "<= 0.33"}
    said = f"{peer:.0f} s (patched {patched:.0f} s)"
    table.append({**row, "peer": said, "met": mine <= peer / 3, "ratio": round(mine / peer, 3)})
    for what, field, goal in (("user CPU of the command", "cpu", None), ("the whole command", "seconds", 0.5)):
        mine, peer = (statistics.mean(getattr(run, field) for run in found[who][:: one.seeds]) for who in SIDES[:2])
        row = {"what": f"{name}: {what}", "ours": f"{mine:.0f} s"}
        row["peer"] = f"{peer:.0f} s (patched {getattr(found['patched'][0], field):.0f} s)"
        row |= {"goal": f"<= {goal}", "met": mine <= goal * peer} if goal else {}
        table.append({**row, "ratio": round(mine / peer, 3)})
    return table


def main() -> None:
    """Measure, print, and write benchmarks/results/molecules.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=50, help="of chemprop: its default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--override", nargs="*", default=[], help="key=value for ours")
    parser.add_argument("--work", type=Path, default=Path("runs/benchmarks/molecules"))
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    table = [row for name in options.sets for row in compare(name, options)]
    settings = {"epochs": options.epochs, "peer": list(CHEMPROP), "threads": options.threads}
    if not table:
        return
    write("molecules", table, machine=machine(), **settings, overrides=options.override)


if __name__ == "__main__":
    main()
