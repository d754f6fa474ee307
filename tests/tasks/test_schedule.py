"""How far a run is, and the learning rate there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Timer

from polyhead.schedule import fraction_at, fraction_done, warm_cosine


def test_the_rate_rises_over_the_warm_up_and_falls_as_a_cosine() -> None:
    rates = [warm_cosine(p, warmup=0.2, final=0.1) for p in (0.0, 0.1, 0.2, 0.6, 1.0)]
    assert rates == pytest.approx([0.0, 0.5, 1.0, 0.55, 0.1])


class Watch(pl.Callback):
    """Writes down how far the run is at each step, and the learning rate."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        self.rates: list[float] = []
        self.ahead: list[float] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        batches = range(int(trainer.num_training_batches))
        self.ahead = [fraction_at(trainer, epoch, batch) for epoch in range(4) for batch in batches]

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        self.seen.append(pl_module.model.heads["label"].progress)  # type: ignore[union-attr, arg-type]
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])


@pytest.mark.parametrize("limit", [{"max_epochs": 4}, {"max_steps": 8, "max_epochs": -1}])
def test_progress_is_even_whether_epochs_or_steps_limit_the_run(
    limit: dict[str, int], make_task: Callable[..., pl.LightningModule], train: Callable[..., pl.Trainer]
) -> None:
    watch = Watch()
    train(make_task(lr=1.0, warmup=0.25, final=0.0), watch, limit_val_batches=0, **limit)
    assert watch.seen == pytest.approx([step / 8 for step in range(8)])
    assert watch.rates == pytest.approx([warm_cosine(step / 8, 0.25, 0.0) for step in range(8)])
    assert watch.ahead == watch.seen


def test_steps_of_several_batches_count_as_one_where_they_limit_the_run(
    make_task: Callable[..., pl.LightningModule], train: Callable[..., pl.Trainer]
) -> None:
    watch = Watch()
    train(make_task(), watch, limit_val_batches=0, max_steps=4, max_epochs=-1, accumulate_grad_batches=2)
    assert watch.ahead == watch.seen == [0.0, 0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]


def test_progress_follows_the_clock_where_time_limits_the_run(
    make_task: Callable[..., pl.LightningModule], train: Callable[..., pl.Trainer]
) -> None:
    watch = Watch()
    train(make_task(), watch, limit_val_batches=0, max_time=timedelta(seconds=2), max_epochs=-1)
    assert watch.seen == sorted(watch.seen)
    assert watch.seen[0] < 0.5 < watch.seen[-1] <= 1


def test_a_run_that_is_over_is_done(
    make_task: Callable[..., pl.LightningModule], train: Callable[..., pl.Trainer]
) -> None:
    assert fraction_done(train(make_task(), max_epochs=1, limit_val_batches=0)) == 1


def test_ranks_ask_for_the_clock_once_a_step() -> None:
    asked: list[float] = []
    trainer = Mock(world_size=2, global_step=0, max_steps=-1, max_epochs=-1)
    trainer.callbacks = [Timer(duration=timedelta(hours=1))]
    trainer.strategy.broadcast = lambda share: asked.append(share) or 0.25 + len(asked) / 100
    progress = trainer.fit_loop.epoch_loop.batch_progress.total
    for step in (1, 2):
        progress.processed = trainer.global_step = step
        assert {fraction_done(trainer) for _ in range(3)} == {0.25 + step / 100}
    assert len(asked) == 2
