"""What curated tables say of molecules, in the form of heads' targets."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

from polyhead.chemistry.targets import Target
from polyhead.errors import UserError
from polyhead.ops.censored import Censored

FLAGS: Final = "labels"
"""The target of all columns of 0 and 1."""
VALUES: Final = "properties"
"""The target of all columns of numbers."""


def classes_of(targets: Sequence[Target]) -> dict[str, tuple[str, ...]]:
    """Return the targets on offer with their class names: flags together, numbers together, words one by one.

    Raises:
        UserError: If a column of words is called as the flags or the numbers together are.
    """
    together = {FLAGS: "flag", VALUES: "value"}
    found = {name: tuple(target.name for target in targets if target.kind == kind) for name, kind in together.items()}
    found = {name: names for name, names in found.items() if names}
    words = {target.name: target.labels for target in targets if target.kind == "class"}
    for name in words.keys() & found.keys():
        raise UserError(f"a column of words is called {name!r}, as all {found[name][:3]} together are; rename it")
    return found | words


def answers_of(targets: Sequence[Target]) -> dict[str, Any]:
    """Return what is known of N molecules, by target.

    Flags are (N, K) floats of 0 and 1, and numbers (N, T) floats, NaN where nothing is known; where some are bounds,
    `Censored`. A column of words is (N,) class numbers, -1 where nothing is known.
    """
    found: dict[str, Any] = {}
    if flags := [target for target in targets if target.kind == "flag"]:
        found[FLAGS] = torch.from_numpy(np.stack([target.values for target in flags], 1)).float()
    if values := [target for target in targets if target.kind == "value"]:
        numbers = torch.from_numpy(np.stack([target.values for target in values], 1)).float()
        bounds = torch.from_numpy(np.stack([target.bounds for target in values], 1))
        found[VALUES] = Censored(numbers, bounds) if bool(bounds.any()) else numbers
    for target in (target for target in targets if target.kind == "class"):
        found[target.name] = torch.from_numpy(np.nan_to_num(target.values, nan=-1)).long()
    return found


def counts_of(name: str, stacked: Any, count: int) -> list[int]:
    """Return of how many molecules each class of a target is true, or each value known; there are `count` of them."""
    values = stacked.values if isinstance(stacked, Censored) else stacked
    if values.is_floating_point():
        counts: list[int] = ((values == 1) if name == FLAGS else values.isfinite()).sum(0).tolist()
        return counts
    return [int((values == number).sum()) for number in range(count)]
