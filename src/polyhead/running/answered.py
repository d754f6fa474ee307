"""What a model of molecules says of a whole split, as arrays, beside what is true."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from polyhead.chemistry.calibration import Kind
from polyhead.loading.molecule_module import MoleculeModule
from polyhead.loading.source import Split
from polyhead.model import Model
from polyhead.ops.censored import Censored

Floats = NDArray[np.float64]
BATCH: Final = 256


class Answered(NamedTuple):
    """What one head says of the n molecules of a split, and what is true of them.

    Attributes:
        kind: What the head says.
        names: Its values or classes.
        said: (n, K) values or probabilities.
        truth: (n, K) floats, NaN where nothing is known or only a bound; of `classes` (n,) numbers, -1 for unknown.
        stacked: The same in the form of the head's targets.
    """

    kind: Kind
    names: tuple[str, ...]
    said: Floats
    truth: NDArray[Any]
    stacked: Any


@torch.no_grad()
def answered(model: Model, data: MoleculeModule, targets: Mapping[str, str], split: Split) -> dict[str, Answered]:
    """Return what each head says of a split that has its target; heads that say no numbers are left out."""
    reader, truths, heads = data.reader(split), data.molecules.answers(split), model.eval().named_heads()
    starts = range(0, len(reader), BATCH)
    outputs = [model(reader.graphs(range(start, min(start + BATCH, len(reader))))) for start in starts]
    found = {}
    for name, head in heads.items():
        stacked = truths.get(targets[name])
        decoded = [head.decode(part[name]) for part in outputs]
        kind = kind_of(decoded[0], stacked) if decoded and stacked is not None else None
        if kind is not None:
            said = torch.cat([next(iter(part.values())) for part in decoded]).double().numpy()
            found[name] = Answered(kind, head.labels, said, truth_of(stacked), stacked)
    return found


def kind_of(decoded: dict[str, Tensor], stacked: Any) -> Kind | None:
    """Return what a head says, by what it decodes and the form of its targets; None where nothing is known of such."""
    if set(decoded) == {"values"}:
        return "values"
    if set(decoded) == {"probabilities"} and isinstance(stacked, Tensor):
        return "labels" if stacked.is_floating_point() else "classes"
    return None


def truth_of(stacked: Any) -> NDArray[Any]:
    """Return targets as an array, with NaN for bounds, which say no value."""
    if isinstance(stacked, Censored):
        stacked = stacked.values.masked_fill(stacked.bounds != 0, torch.nan)
    array: NDArray[Any] = stacked.double().numpy() if stacked.is_floating_point() else stacked.numpy()
    return array
