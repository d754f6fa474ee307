"""How many images a second a recipe trains, without validation."""

import time
from typing import Any

import pytorch_lightning as pl

from polyhead.memory import keep_memory
from polyhead.recipes.resolving import resolve
from polyhead.running.building import build_task, load_data, with_labels
from polyhead.running.trainer import make_trainer, quiet


class Clock(pl.Callback):
    """Counts images and seconds after the first steps, which compile kernels and fill caches.

    Args:
        skip: How many steps those are.
    """

    def __init__(self, skip: int) -> None:
        self.skip, self.images, self.start, self.end = skip, 0, 0.0, 0.0

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:  # noqa: ARG002  # Lightning's signature
        """Count a step."""
        self.end = time.perf_counter()
        if trainer.global_step <= self.skip:
            self.start = self.end
        else:
            self.images += len(batch.inputs)


def images_a_second(recipe: str, overrides: list[str], run: Any) -> float:
    """Train with `trainer.max_time` and the rest of a recipe, without validation and files; return the speed.

    Args:
        recipe: Its name.
        overrides: key=value on top.
        run: The folder that would be its own.
    """
    quiet()
    keep_memory()
    still = ["trainer.limit_val_batches=0", "trainer.logger=false", "trainer.enable_checkpointing=false"]
    resolved = resolve(recipe, [*overrides, *still]).recipe
    data = load_data(resolved)
    resolved = with_labels(resolved, data)
    task = build_task(resolved)
    clock = Clock(skip=10)
    make_trainer(resolved, run, [clock]).fit(task, data)
    return clock.images / (clock.end - clock.start)
