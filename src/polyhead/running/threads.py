"""The threads of a run on molecules: as few as do a step soonest, and the same ones when the run goes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from polyhead.contracts import Backbone
from polyhead.cores import settle_threads
from polyhead.files import json_text, write_text
from polyhead.model import Model

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule


@contextmanager
def settled(model: Model, data: "DataModule", run: Path | None) -> Iterator[None]:
    """Train molecules within with as many threads as a step of the backbone asks for; images keep what they have.

    The number stands in `environment.json`, from where a run that goes on takes it: sums over other threads would round
    otherwise. Where a GPU trains, nothing is timed.

    Args:
        model: On the CPU; it is left as it is.
        data: What it learns from.
        run: Its folder; None where several processes train, which share the cores.
    """
    if run is None or data.noun != "molecule" or torch.cuda.is_available():
        yield
        return
    file, before = run / "environment.json", torch.get_num_threads()
    around = json.loads(file.read_text(encoding="utf-8"))
    if "threads" in around:
        torch.set_num_threads(around["threads"])
    else:
        backbone, graphs = deepcopy(model.backbone).train(), data.probe(data.batch)
        with torch.random.fork_rng(devices=[]):  # whatever was tried before, the run is the same
            threads = settle_threads(partial(step, backbone, graphs))
        write_text(json_text({**around, "threads": threads}), file)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def step(backbone: Backbone, inputs: Any) -> None:
    """Do what takes the time of a training step: forward, and back where something learns."""
    pooled = backbone(inputs).pooled
    if pooled.requires_grad:
        pooled.sum().backward()
