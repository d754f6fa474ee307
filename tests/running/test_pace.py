"""When a run validates."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from torch.utils.data import DataLoader

from polyhead.running.pace import Pace


class Slow(pl.LightningModule):
    """By its own clock takes 1 s a training step, and for a validation what it is told; keeps when it validates."""

    def __init__(self, validation: float) -> None:
        super().__init__()
        self.now = 0.0
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.validation = validation
        self.validated: list[int] = []

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
        time.sleep(0.01)
        self.now += 1
        return self.weight * batch.sum()

    def validation_step(self, batch: torch.Tensor, batch_idx: int) -> None:
        self.now += self.validation
        self.validated.append(self.global_step)
        self.log("val/main", 0.5)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


Run = Callable[..., list[int]]


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that fits on epochs of four steps, and gives the steps at which it validated."""

    def run(validation: float = 0.0, *callbacks: pl.Callback, **limits: Any) -> list[int]:
        module = Slow(validation)
        monkeypatch.setattr("polyhead.running.pace.time", SimpleNamespace(monotonic=lambda: module.now))
        quiet = {
            "logger": False,
            "enable_checkpointing": False,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
        }
        trainer = pl.Trainer(accelerator="cpu", callbacks=[Pace(), *callbacks], **quiet, **limits)
        trainer.fit(module, DataLoader(torch.ones(4, 1)), DataLoader(torch.ones(1, 1)))  # type: ignore[arg-type]
        return module.validated

    return run


pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers", "ignore:.*log_every_n_steps")


def test_a_cheap_validation_follows_every_epoch(validated: Run) -> None:
    assert validated(max_epochs=3) == [4, 8, 12]


def test_a_dear_one_follows_the_first_epoch_and_the_last(validated: Run) -> None:
    assert validated(2, max_epochs=5) == [4, 20]


def test_one_that_costs_two_steps_follows_every_twenty(validated: Run) -> None:
    assert validated(2, max_epochs=12) == [4, 28, 48]


def test_early_stopping_counts_validations_and_not_epochs(validated: Run) -> None:
    stop = EarlyStopping("val/main", mode="max", patience=1)
    assert validated(2, stop, max_epochs=20) == [4, 28]


def test_steps_that_are_up_in_the_middle_of_an_epoch_end_with_one(validated: Run) -> None:
    assert validated(2, max_steps=10, max_epochs=-1) == [4, 10]


def test_time_that_is_up_in_the_middle_of_an_epoch_ends_with_one(validated: Run) -> None:
    steps = validated(1e6, max_time="00:00:00:01", max_epochs=-1)
    assert steps[0] == 4
    assert len(steps) == 2
