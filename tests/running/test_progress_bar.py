"""What the progress bar says."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from polyhead.running import callbacks
from polyhead.running.callbacks import Bar, clock


@pytest.mark.parametrize(("seconds", "said"), [(0, "0:00"), (61.4, "1:01"), (3661, "1:01:01")])
def test_a_duration_is_said_in_minutes_and_seconds(seconds: float, said: str) -> None:
    assert clock(seconds) == said


def test_it_says_time_left_images_a_second_the_watched_metric_and_losses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = {"is": 100.0}
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now["is"]))
    bar = Bar()
    trainer: Any = SimpleNamespace(callback_metrics={"val/main": torch.tensor(0.75)}, world_size=2)
    task: Any = SimpleNamespace(recent={"boxes/class": torch.tensor(1.25)}, progress=0.25)
    bar.enabled = False
    monkeypatch.setattr(callbacks, "fraction_done", lambda _: 0.0)
    bar.on_train_start(trainer, task)
    bar.on_train_batch_start(trainer, task, SimpleNamespace(inputs=torch.zeros(8, 3, 1, 1)), 0)
    now["is"] += 2
    bar.on_validation_start(trainer, task)
    now["is"] += 8  # a validation, which is no training time, but which the time left counts
    assert bar.state(trainer, task, 0.25) == "0:30 left  8 images/s  val/main 0.750  boxes/class 1.250"


def test_the_time_left_of_a_run_that_went_on_is_by_what_it_has_done_since(monkeypatch: pytest.MonkeyPatch) -> None:
    now = {"is": 100.0}
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now["is"]))
    monkeypatch.setattr(callbacks, "fraction_done", lambda _: 0.5)
    bar = Bar()
    trainer: Any = SimpleNamespace(callback_metrics={})
    task: Any = SimpleNamespace(recent={}, progress=0.5)
    bar.enabled = False
    bar.on_train_start(trainer, task)
    assert "left" not in bar.state(trainer, task, 0.5)
    now["is"] += 10  # for a tenth of the run, of which four tenths are left
    assert bar.state(trainer, task, 0.6).startswith("0:40 left")


def test_a_run_that_is_done_has_no_time_left_and_one_into_a_pipe_no_empty_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "fraction_done", lambda _: 0.0)
    bar = Bar()
    trainer: Any = SimpleNamespace(callback_metrics={})
    task: Any = SimpleNamespace(recent={}, progress=1.0)
    bar.on_train_start(trainer, task)
    assert "left" not in bar.state(trainer, task, 1.0)
    bar.on_train_end(trainer, task)
    bar.on_exception(trainer, task, KeyboardInterrupt())
    assert capsys.readouterr().err == ""
