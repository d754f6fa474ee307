"""How long a forward of each network of a comparison takes."""

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from polyhead.trained import AnyPredictor, load

WARMING, ROUNDS, SECONDS = 3, 30, 60.0
"""Rounds that count nothing, those that count at most, and the time after which no further one begins."""


def forwards(runs: Mapping[str, Path], inputs: Any) -> dict[str, float]:
    """Return the milliseconds of one forward of a batch, as `polyhead predict` makes it on the CPU, by network.

    The networks take turns, so that a busy machine slows all of them alike; the median of the rounds counts.

    Args:
        runs: A run of each network.
        inputs: The batch, as networks take it.
    """
    networks = {name: load(run) for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in networks}
    begun = time.monotonic()
    for round_ in range(WARMING + ROUNDS):
        for name, network in networks.items():
            taken = seconds_of(network, inputs)
            if round_ >= WARMING:  # the first ones choose kernels and fetch memory
                times[name].append(taken)
        if round_ >= WARMING and time.monotonic() - begun > SECONDS:
            break
    return {name: 1000 * statistics.median(some) for name, some in times.items()}


@torch.inference_mode()
def seconds_of(network: AnyPredictor, inputs: Any) -> float:
    """Return how long one forward takes, of inputs to the heads' outputs."""
    begun = time.perf_counter()
    network.model(network.placed(inputs))
    return time.perf_counter() - begun
