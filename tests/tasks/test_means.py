"""The losses of an epoch."""

from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from polyhead.tasks._means import Means


def test_a_mean_is_over_the_steps_that_had_the_name() -> None:
    means = Means()
    for values in ({"a": 1.0}, {"a": 2.0, "b": 8.0}, {"a": 6.0}):
        means.add({name: torch.tensor(value) for name, value in values.items()})
    assert {name: value.item() for name, value in means.take().items()} == {"a": 3.0, "b": 8.0}
    assert means.take() == {}


class Watch(pl.Callback):
    """Writes down the losses of every step."""

    def __init__(self) -> None:
        self.seen: list[dict[str, float]] = []

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        self.seen.append({name: value.item() for name, value in pl_module.recent.items()})  # type: ignore[union-attr, operator]


def test_an_epochs_losses_are_logged_as_the_means_of_its_steps(
    make_task: Callable[..., pl.LightningModule], train: Callable[..., pl.Trainer]
) -> None:
    watch = Watch()
    trainer = train(make_task(), watch, limit_val_batches=0, max_epochs=2)
    last = watch.seen[len(watch.seen) // 2 :]
    assert last[0]
    for name in last[0]:
        expected = sum(step[name] for step in last) / len(last)
        assert trainer.callback_metrics[f"train/{name}"].item() == pytest.approx(expected)
