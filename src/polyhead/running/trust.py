"""What stands beside the answers of a run about molecules: a baseline, promises, and how far its training reaches."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from polyhead.chemistry import baseline, calibration
from polyhead.chemistry.calibration import Kind
from polyhead.chemistry.smiles import read
from polyhead.chemistry.verdict import verdict
from polyhead.cores import cores
from polyhead.explanation import Embedding
from polyhead.files import json_text, write_text
from polyhead.loading.source import Split
from polyhead.model import Model
from polyhead.ops.censored import Censored
from polyhead.running.explaining import explain_rows
from polyhead.running.kept_trust import DOMAIN, FILE, keep_domain

if TYPE_CHECKING:
    from polyhead.loading.molecule_module import MoleculeModule

SHOWN = 8
"""Molecules whose atoms are drawn."""
METRICS: dict[Kind, str] = {"values": "rmse", "labels": "auroc", "classes": "accuracy"}
"""What a head and the baseline are compared by."""
Floats = NDArray[np.float64]


class Said(NamedTuple):
    """What a head says of molecules, and what is true of them.

    Attributes:
        kind: Values, labels or classes.
        answers: (n, T) values, or (n, K) probabilities.
        truth: (n, T) or (n, K), NaN where it is unknown or a bound; of classes (n,) numbers, -1 where it is unknown.
    """

    kind: Kind
    answers: Floats
    truth: Any


def measure_trust(
    model: Model, targets: Mapping[str, str], data: "MoleculeModule", split: Split, run: Path
) -> dict[str, float]:
    """Return what a random forest reaches, as `SPLIT/HEAD/forest/METRIC`; say it, and keep the rest in the run folder.

    Intervals and sets are learned from validation molecules, which also chose the checkpoint, and checked on `split`.

    Args:
        model: On the CPU, as it is measured.
        targets: The target of each head, by the head's name.
        data: What it was trained on.
        split: The one that is measured.
        run: Gets `trust.json` and `domain.npz`.
    """
    found, told, say = {}, {}, logging.getLogger("polyhead").warning
    prints = {name: fingerprints_of(data.molecules.smiles(name)) for name in ("train", split)}
    before, measured = (said_of(model, targets, data, name) for name in ("val", split))
    for name, said in measured.items():
        metric, target = METRICS[said.kind], targets[name]
        trees = forest(said.kind, prints["train"], plain(data.molecules.answers("train")[target]), prints[split], said)
        beside = verdict(said.answers, trees, said.truth, metric, name=baseline.NAME)
        labels = model.named_heads()[name].labels
        promise = calibration.calibrate(said.kind, labels, before[name].answers, before[name].truth)
        held = calibration.sentence(promise, calibration.kept(promise, said.answers, said.truth))
        found[f"{split}/{name}/forest/{metric}"] = beside.baseline
        told[name] = {"verdict": beside.sentence, "promises": held, "calibration": promise.plain()}
        say("%s: %s", name, beside.sentence)
        say("%s: %s", name, held)
    write_text(json_text({"split": split, "heads": told}), run / FILE)
    keep_domain(data.molecules.smiles("train"), run / DOMAIN)
    if isinstance(model.backbone, Embedding):
        show_atoms(measured, data.molecules.smiles(split)[:SHOWN], run)
    return found


def show_atoms(heads: Iterable[str], smiles: Sequence[str], run: Path) -> None:
    """Draw what atoms contribute to what each head says of some molecules, on a page in `run/explanations/HEAD`."""
    for head in heads:
        answers, notes = explain_rows(run, smiles, run / "explanations" / head, head=head)
        for line in [*notes, f"atoms drawn: {answers.told[0][1]}"]:
            logging.getLogger("polyhead").warning("%s: %s", head, line)


def fingerprints_of(smiles: Sequence[str]) -> NDArray[np.uint8]:
    """Return the fingerprints of molecules that can be read."""
    return baseline.fingerprints([mol for cell in smiles if (mol := read(cell)) is not None])


@torch.inference_mode()
def said_of(model: Model, targets: Mapping[str, str], data: "MoleculeModule", split: Split) -> dict[str, Said]:
    """Return what the heads that say values or probabilities say of a split that has molecules, by their names."""
    answers: dict[str, list[torch.Tensor]] = {}
    kinds: dict[str, bool] = {}
    items = data.reader(split)
    for start in range(0, len(items), data.batch):
        inputs = items.graphs(range(start, min(start + data.batch, len(items))))
        for name, outputs in model.eval()(inputs).items():
            decoded = model.named_heads()[name].decode(outputs)
            if len(decoded) == 1 and decoded.keys() <= {"values", "probabilities"}:
                ((what, tensor),) = decoded.items()
                kinds[name] = what == "values"
                answers.setdefault(name, []).append(tensor)
    truths = {name: plain(data.molecules.answers(split).get(targets[name])) for name in answers}
    return {
        name: Said(kind_of(kinds[name], truths[name]), torch.cat(parts).double().numpy(), truths[name])
        for name, parts in answers.items()
        if truths[name] is not None
    }


def kind_of(values: bool, truth: Any) -> Kind:
    """Return what a head says, by whether these are values, and by the form of the truth."""
    return "values" if values else "labels" if truth.ndim == 2 else "classes"


def plain(stacked: Any) -> Any:
    """Return targets as an array, NaN where there are bounds only; None stays None."""
    if isinstance(stacked, Censored):
        stacked = stacked.values.masked_fill(stacked.bounds != 0, torch.nan)
    if stacked is None:
        return None
    return stacked.double().numpy() if stacked.is_floating_point() else stacked.numpy()


def forest(kind: Kind, known: NDArray[Any], truth: Any, asked: NDArray[Any], said: Said) -> Floats:
    """Return what a random forest says of the molecules that a head answered about, in the same form."""
    jobs = cores()
    if kind == "classes":
        there = truth >= 0
        return baseline.predict_classes(known[there], truth[there], asked, said.answers.shape[1], jobs=jobs)
    return (baseline.predict_values if kind == "values" else baseline.predict_labels)(known, truth, asked, jobs=jobs)
