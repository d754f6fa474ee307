"""What the clock of a run counts."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from polyhead.contracts import Batch
from polyhead.running import stopwatch
from polyhead.running.comparing_result import told
from polyhead.running.outcome import Outcome
from polyhead.running.stopwatch import TRAINING, Stopwatch

NOBODY: Any = None


def test_a_run_says_its_steps_images_and_seconds(outcome: Outcome) -> None:
    found = told(outcome.run, TRAINING)
    assert (found["steps"], found["images"]) == (4, 32)
    assert 0 < found["seconds"] < 600
    assert found["precision"] in {"32-true", "bf16-mixed", "16-mixed"}


def test_validations_are_left_out_and_a_run_that_goes_on_adds_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = SimpleNamespace(time=0.0)
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(monotonic=lambda: now.time))
    trainer: Any = SimpleNamespace(world_size=2, global_step=9, precision="bf16-mixed")
    batch = Batch(torch.zeros(8, 3, 1, 1), {}, {}, {}, ())

    def watched(watch: Stopwatch) -> None:
        watch.on_validation_start(trainer, NOBODY)  # the check before the training
        watch.on_train_start(trainer, NOBODY)
        now.time += 3
        watch.on_train_batch_start(trainer, NOBODY, batch, 0)
        now.time += 4
        watch.on_validation_start(trainer, NOBODY)
        now.time += 100
        watch.on_train_batch_start(trainer, NOBODY, batch, 1)
        now.time += 5

    before, after = Stopwatch(tmp_path), Stopwatch(tmp_path)
    watched(before)
    assert before.state_dict() == {"images": 32, "seconds": 12.0}
    after.load_state_dict(before.state_dict())
    watched(after)
    after.teardown(trainer, NOBODY, "test")
    assert not (tmp_path / TRAINING).exists()
    after.teardown(trainer, NOBODY, "fit")
    assert told(tmp_path, TRAINING) == {"steps": 9, "images": 64, "seconds": 24.0, "precision": "bf16-mixed"}
