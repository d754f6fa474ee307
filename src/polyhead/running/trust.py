"""What stands beside a result about molecules: a baseline, promises and whether they are kept, and a domain."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.chemistry import domain as domains
from polyhead.chemistry.calibration import Calibration, calibrate, kept, sentence
from polyhead.chemistry.smiles import read
from polyhead.chemistry.trust import DOMAIN, TRUST
from polyhead.files import json_text, write_text
from polyhead.loading.molecule_module import MoleculeModule
from polyhead.loading.source import Split
from polyhead.model import Model
from polyhead.running.answered import Answered, answered
from polyhead.running.baselines import beside_baseline, molecules
from polyhead.running.explained import explain_split


def measure_trust(
    model: Model, targets: Mapping[str, str], data: MoleculeModule, split: Split, run: Path
) -> dict[str, float]:
    """Return what a random forest reaches, as `SPLIT/HEAD/forest/METRIC`; say it, and keep the rest in the run folder.

    Intervals and sets are learned from validation molecules, which also chose the checkpoint, and checked on "test".

    Args:
        model: On the CPU, as it is measured.
        targets: The target of each head, by the head's name.
        data: What it was trained on.
        split: The one that is measured, "test" or "val".
        run: Gets `trust.json`, `domain.npz`, and `explanations.html` of the first molecules.
    """
    measured = answered(model, data, targets, split)
    beside = beside_baseline(model, data, targets, split, measured) if data.baseline else {}
    learned = answered(model, data, targets, "val") if data.molecules.size("val") else {}
    promises = {name: calibrate(one.kind, one.names, one.said, one.truth) for name, one in learned.items()}
    heads: dict[str, dict[str, Any]] = {name: {} for name in (*measured, *learned)}
    for name, found in beside.items():
        heads[name] |= {"verdict": found.verdict.sentence, "compared": found.verdict._asdict()}
    for name, promise in promises.items():
        heads[name] |= {"calibration": promise.plain()}
        if split == "test" and name in measured:
            heads[name] |= held(promise, measured[name])
    domain, inside = domain_of(data, split)
    lines = [f"{name}: {one[key]}" for name, one in heads.items() for key in ("verdict", "promises") if key in one]
    lines += domain_told(domain, inside, measured)
    write_text(json_text({"split": split, "heads": heads, "told": lines}), run / TRUST)
    domains.keep(domain, run / DOMAIN)
    lines += explain_split(model, data, split, run)
    for line in lines:
        logging.getLogger("polyhead").warning(line)
    return {f"{split}/{name}/forest/{key}": v for name, one in beside.items() for key, v in one.metrics.items()}


def held(promise: Calibration, measured: Answered) -> dict[str, Any]:
    """Return how the promises of one head were kept on other molecules, in words and as plain data."""
    found = kept(promise, measured.said, measured.truth)
    numbers = {about: {key: part.tolist() for key, part in one._asdict().items()} for about, one in found.items()}
    return {"promises": sentence(promise, found), "coverage": numbers}


def domain_of(data: MoleculeModule, split: Split) -> tuple[domains.Domain, NDArray[np.bool_]]:
    """Return the domain of the training molecules, and which molecules of a split are inside."""
    smiles = list(dict.fromkeys(data.molecules.smiles("train")))
    domain = domains.learn([read(one) for one in smiles], smiles)  # type: ignore[misc]  # what was curated can be read
    places = domains.places(domain, molecules(data, split))
    return domain, np.array([place.inside for place in places], np.bool_)


def domain_told(domain: domains.Domain, inside: NDArray[np.bool_], measured: Mapping[str, Answered]) -> list[str]:
    """Return in words how many molecules are in the domain, and how wrong values are in it and outside."""
    like = f"similarity {domain.threshold:.2f} or more to the nearest, and no unseen kind of atom or bond"
    told = [f"domain: {inside.sum()} of {len(inside)} molecules are like those of the training ({like})"]
    for name, one in measured.items():
        if one.kind == "values":
            errors = np.abs(one.said - one.truth)
            parts = [part[np.isfinite(part)] for part in (errors[inside], errors[~inside])]
            if all(len(part) for part in parts):
                within, beyond = (float(part.mean()) for part in parts)
                told.append(f"{name}: mean absolute error {within:.3g} inside the domain, {beyond:.3g} outside")
    return told
