"""Runs that learn from the model of another run."""

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.running.outcome import Outcome
from polyhead.running.resuming import taken_up
from polyhead.running.training import evaluate, fit
from polyhead.trained import load


@pytest.fixture(scope="module")
def teacher(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of a run that may be taken away."""
    return Path(shutil.copytree(outcome.run, tmp_path_factory.mktemp("teacher") / "run"))


def test_a_student_needs_its_teacher_until_it_has_learned_and_not_after(
    recipe: dict[str, Any], teacher: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, changed = tmp_path / "run", [f"task.teacher={teacher}", "task.backbone.body.channels=[4, 8, 8]"]
    with caplog.at_level(logging.WARNING, "polyhead"):
        fit(resolve(recipe, [*changed, "trainer.max_epochs=1"]).recipe, run)
    assert "task.heads.boxes: has nobody to learn from" in caplog.text
    logged = (run / "metrics.csv").read_text().partition("\n")[0].split(",")
    assert {"train/label/distil", "train/mask/distil"} <= set(logged)
    assert "train/boxes/distil" not in logged
    shutil.rmtree(teacher)
    assert len(load(run).predict(torch.zeros(3, 64, 64, dtype=torch.uint8))) == 1
    assert evaluate(run, "val", run=tmp_path / "measured").metrics
    again = taken_up(run, None, ["trainer.max_epochs=2"]).recipe
    written = (run / "environment.json").read_text()
    with pytest.raises(
        UserError, match=r"task\.teacher: .*no run folder and no checkpoint at .*; a run needs its teacher"
    ):
        fit(again, run, resumed=True)
    assert (run / "environment.json").read_text() == written
