"""What stands beside the answers of a model: what they promise, and how near they are to what it learned from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyhead.chemistry import domain as domains
from polyhead.chemistry.calibration import Calibration, from_plain, promises
from polyhead.chemistry.domain import Domain
from polyhead.chemistry.smiles import read
from polyhead.errors import UserError

TRUST, DOMAIN = "trust.json", "domain.npz"
"""Files of a run folder."""
PLACE: Final = "domain"
"""What stands in an answer beside the heads' records: where the molecule stands to those of the training."""


class Trust(NamedTuple):
    """What is told beside answers.

    Attributes:
        calibrations: By head, what intervals and sets are made from.
        domain: What the training molecules are like; None where nobody kept it.
    """

    calibrations: dict[str, Calibration]
    domain: Domain | None

    def beside(self, head: str, said: NDArray[np.float64]) -> list[dict[str, Any]]:
        """Return what is promised beside what a head says of n molecules, (n, K); see `calibration.promises`."""
        found = self.calibrations.get(head)
        return promises(found, said) if found else [{} for _ in said]

    def places(self, smiles: Sequence[str]) -> list[dict[str, Any]]:
        """Return where each of n molecules, whose SMILES are sound, stands to the training; {} where nobody knows.

        That is `{"nearest": SMILES, "similarity": Tanimoto's, "outside": why it is outside, "" where it is not}`.
        """
        if self.domain is None:
            return [{} for _ in smiles]
        molecules = [molecule for one in smiles if (molecule := read(one)) is not None]
        threshold = self.domain.threshold
        return [
            {"nearest": one.nearest, "similarity": one.similarity, "outside": domains.reason(one, threshold)}
            for one in domains.places(self.domain, molecules)
        ]


NOTHING: Final = Trust({}, None)


def trust_in(checkpoint: Path) -> Trust:
    """Return what a run folder tells beside the answers of its best checkpoint, which may be named itself.

    Of other checkpoints, and where there is nothing, nothing is told.

    Raises:
        UserError: If a file is damaged.
    """
    run = checkpoint if checkpoint.is_dir() else checkpoint.parent.parent
    if not checkpoint.is_dir() and checkpoint.name != "best.ckpt":
        return NOTHING
    file = run / TRUST
    try:
        held = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        told = held.get("heads", {}).items()
        calibrations = {head: from_plain(one["calibration"]) for head, one in told if one.get("calibration")}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise UserError(f"{file} is damaged: delete it, and predictions come without intervals") from error
    domain = domains.kept(run / DOMAIN) if (run / DOMAIN).is_file() else None
    return Trust(calibrations, domain)
