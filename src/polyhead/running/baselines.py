"""A random forest beside a network: the same metrics of the same molecules, and whether the network beats it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from polyhead.chemistry.baseline import NAME, fingerprints, predict_classes, predict_labels, predict_values
from polyhead.chemistry.calibration import Kind
from polyhead.chemistry.smiles import read
from polyhead.chemistry.verdict import Verdict, verdict
from polyhead.cores import cores
from polyhead.loading.molecule_module import MoleculeModule
from polyhead.loading.source import Split
from polyhead.model import Model
from polyhead.ops.censored import Censored
from polyhead.running.answered import Answered, Floats, truth_of

METRICS: Final[dict[Kind, str]] = {"values": "rmse", "labels": "auroc", "classes": "accuracy"}
"""The metric by which a network and its baseline are compared."""
LEARNED: Final = 20_000
"""Training molecules at most that the baseline learns from."""


class Beside(NamedTuple):
    """A baseline beside one head.

    Attributes:
        metrics: The head's own metrics, of the baseline's answers.
        verdict: How the head compares with it.
    """

    metrics: dict[str, float]
    verdict: Verdict


def beside_baseline(
    model: Model, data: MoleculeModule, targets: Mapping[str, str], split: Split, measured: Mapping[str, Answered]
) -> dict[str, Beside]:
    """Return how a baseline that learns from the training molecules compares with each head on a split.

    Args:
        model: Of the heads.
        data: That it was trained on.
        targets: The target of each head, by the head's name.
        split: What is measured.
        measured: What the heads say of it.
    """
    rows = np.random.default_rng(0).permutation(data.molecules.size("train"))[:LEARNED]
    known, asked = molecules(data, "train", rows), molecules(data, split)
    found = {}
    for name, one in measured.items():
        prints = [fingerprints(some, counts=one.kind == "values") for some in (known, asked)]
        truth = truth_of(data.molecules.answers("train")[targets[name]])[rows]
        said = forest(one, prints[0], truth, prints[1])
        if said is not None:
            there = one.truth >= 0 if one.kind == "classes" else np.isfinite(one.truth).any(1)
            there = there if there.any() else ~there  # of nothing known, it says so
            parts = (one.said[there], said[there], one.truth[there])
            how = verdict(*parts, METRICS[one.kind], name=NAME)
            found[name] = Beside(scores(model, name, one, said), how)
    return found


def molecules(data: MoleculeModule, split: Split, rows: Sequence[int] | NDArray[np.int64] | None = None) -> list[Any]:
    """Return the molecules of a split, or those of some of its rows."""
    smiles = data.molecules.smiles(split)
    return [read(smiles[row]) for row in (range(len(smiles)) if rows is None else rows)]


def forest(one: Answered, known: NDArray[Any], truth: NDArray[Any], asked: NDArray[Any]) -> Floats | None:
    """Return what the baseline says of molecules (m, K), after a look at others (n, D) and what is true of them.

    None where nothing is.
    """
    jobs = cores()
    if one.kind == "classes":
        there = truth >= 0
        classes = len(one.names)
        return predict_classes(known[there], truth[there], asked, classes, jobs=jobs) if there.any() else None
    learn = predict_values if one.kind == "values" else predict_labels
    return learn(known, truth, asked, jobs=jobs) if np.isfinite(truth).any() else None


def scores(model: Model, name: str, one: Answered, said: Floats) -> dict[str, float]:
    """Return what a head's own metrics say of the baseline's answers (n, K), where they are; {} of no known class."""
    metrics = model.named_heads()[name].metrics()
    answers, wanted = torch.from_numpy(said).float(), one.stacked
    if one.kind == "classes":
        there = wanted >= 0
        if not there.any():
            return {}
        metrics.update(answers[there], wanted[there])
    else:
        silent = answers.isnan()
        values = wanted.values if isinstance(wanted, Censored) else wanted
        values = values.masked_fill(silent, torch.nan)
        metrics.update(
            answers.nan_to_num(), Censored(values, wanted.bounds) if isinstance(wanted, Censored) else values
        )
    return {key: float(value) for key, value in metrics.compute().items()}
