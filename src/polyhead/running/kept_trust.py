"""What a run about molecules keeps for its predictions: promises, and what its training molecules are like."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from polyhead.chemistry import calibration, domain
from polyhead.chemistry.calibration import Calibration
from polyhead.chemistry.smiles import read

FILE, DOMAIN = "trust.json", "domain.npz"


class Trust(NamedTuple):
    """What a run keeps for its predictions.

    Attributes:
        promises: By head, what intervals and sets are made from.
        domain: What its training molecules are like.
    """

    promises: dict[str, Calibration]
    domain: domain.Domain


def keep_domain(smiles: Sequence[str], file: Path) -> None:
    """Write what training molecules are like."""
    once = list(dict.fromkeys(smiles))
    found = domain.learn([mol for cell in once if (mol := read(cell)) is not None], once)
    kinds = np.array(sorted(found.kinds), np.str_)
    with file.open("wb") as opened:
        np.savez_compressed(
            opened, smiles=np.array(once, np.str_), bits=found.bits, kinds=kinds, threshold=found.threshold
        )


def load_trust(checkpoint: Path) -> Trust | None:
    """Return what the run of a checkpoint keeps; None where the checkpoint stands by itself."""
    run = checkpoint if checkpoint.is_dir() else checkpoint.parent.parent
    if not (run / FILE).is_file() or not (run / DOMAIN).is_file():
        return None
    heads = json.loads((run / FILE).read_text(encoding="utf-8"))["heads"]
    with np.load(run / DOMAIN) as held:
        smiles, kinds = tuple(held["smiles"].tolist()), frozenset(held["kinds"].tolist())
        reach = domain.Domain(smiles, held["bits"], float(held["threshold"]), kinds)
    return Trust({name: calibration.from_plain(one["calibration"]) for name, one in heads.items()}, reach)
