"""A small task on small scenes."""

from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl

from polyhead.data.digits import Digits
from polyhead.loading.image_module import ImageModule
from polyhead.tasks.multitask import Multitask

HEADS: dict[str, dict[str, Any]] = {
    "label": {"name": "classification"},
    "mask": {"name": "segmentation", "width": 8},
}


@pytest.fixture
def data() -> ImageModule:
    """Sixteen scenes of 32 pixels, in batches of 8."""
    return ImageModule(Digits(images=16, canvas=32), ("label", "mask"), size=32, batch=8, workers=0)


@pytest.fixture
def make_task(data: ImageModule) -> Callable[..., Multitask]:
    """Return a factory of a task of two small heads; options go to the Task."""

    def make(**options: Any) -> Multitask:
        body = {"name": "convnet", "channels": [8, 8], "depth": 1}
        return Multitask(options.pop("backbone", body), options.pop("heads", HEADS), data.labels(), **options)

    return make


@pytest.fixture
def train(data: ImageModule) -> Callable[..., pl.Trainer]:
    """Return a function that fits a task on the data, on the CPU and in silence.

    Options go to the Trainer; those under `fit` go to its `fit`.
    """

    def run(task: pl.LightningModule, *callbacks: pl.Callback, **options: Any) -> pl.Trainer:
        fit = options.pop("fit", {})
        quiet = {"enable_progress_bar": False, "enable_model_summary": False, "log_every_n_steps": 1}
        kept = {"logger": False, "enable_checkpointing": False, "num_sanity_val_steps": 0}
        trainer = pl.Trainer(accelerator="cpu", callbacks=list(callbacks), **{**quiet, **kept, **options})
        trainer.fit(task, data, **fit)
        return trainer

    return run
