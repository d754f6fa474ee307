"""What tests of runs that stop and go on share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Interrupt = Callable[[str, int], None]


def last(run: Path) -> dict[str, Any]:
    """Return the last checkpoint of a run."""
    stored: dict[str, Any] = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    return stored


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Compare weights, averaged and trained, bit for bit."""
    assert one["global_step"] == other["global_step"]
    for part in ("state_dict", "trained"):
        for name, value in one[part].items():
            assert torch.equal(value, other[part][name]), name
