"""Runs that began with the weights of another, were stopped, and go on when that is gone."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from stopped_runs import Interrupt, assert_same, last
from torch import Tensor

from polyhead import checkpoints
from polyhead.errors import Stopped
from polyhead.recipes.resolving import resolve
from polyhead.running import training
from polyhead.running.other_names import start_from
from polyhead.running.outcome import Outcome
from polyhead.running.resuming import taken_up

MORE = ["task.heads.again={name: classification, target: label}", "trainer.max_epochs=2"]
FROZEN = "task.freeze=[backbone, heads.label, heads.boxes, heads.mask]"


def went_on(recipe: dict[str, Any], start: Path, run: Path, interrupt: Interrupt) -> None:
    """Begin with weights at `start`, stop within the first epoch, and go on without them."""
    interrupt("on_train_batch_end", 1)
    with pytest.raises(Stopped):
        training.fit(recipe, run, start=start_from(start, None))
    shutil.rmtree(start)
    training.fit(taken_up(run, None, []).recipe, run, resumed=True)


def test_frozen_heads_stay_bit_for_bit_and_it_is_proved(
    outcome: Outcome, recipe: dict[str, Any], interrupt: Interrupt, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    full = resolve(recipe, [*MORE, FROZEN]).recipe
    reference = last(training.fit(full, tmp_path / "whole", start=start_from(outcome.run, None)).run)
    start, run = tmp_path / "start", tmp_path / "run"
    shutil.copytree(outcome.run, start)
    before = checkpoints.read(start).weights
    caplog.clear()
    with caplog.at_level(logging.WARNING, "polyhead"):
        went_on(full, start, run, interrupt)
    assert caplog.messages[-1] == f"label, boxes, mask: frozen, and bit for bit as in {start} on 16 images"
    assert_same(last(run), reference)
    after = checkpoints.read(run).weights
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert json.loads((run / "environment.json").read_text())["from"] == str(start)


def test_a_frozen_head_that_changed_on_the_way_is_no_proof(
    outcome: Outcome, recipe: dict[str, Any], interrupt: Interrupt, tmp_path: Path
) -> None:
    interrupt("on_train_batch_end", 1)
    with pytest.raises(Stopped):
        training.fit(resolve(recipe, [*MORE, FROZEN]).recipe, tmp_path / "run", start=start_from(outcome.run, None))
    stored = last(tmp_path / "run")
    stored["state_dict"]["model.heads.label.layer.1.bias"][0] += 1e-6
    torch.save(stored, tmp_path / "run" / "checkpoints" / "last.ckpt")
    with pytest.raises(RuntimeError, match=r"last\.ckpt: task\.heads\.label is frozen, and has other weights than in"):
        training.fit(taken_up(tmp_path / "run", None, []).recipe, tmp_path / "run", resumed=True)


def test_learning_rates_are_those_of_its_start(recipe: dict[str, Any], interrupt: Interrupt, tmp_path: Path) -> None:
    torch.save(timm.create_model("test_resnet").state_dict(), tmp_path / "weights.pth")
    pretrained = {"name": "timm", "model": "test_resnet", "weights": str(tmp_path / "weights.pth")}
    task = {**recipe["task"], "backbone": {**recipe["task"]["backbone"], "body": pretrained}, "heads": {"label": {}}}
    full = resolve({**recipe, "task": task}, ["trainer.max_epochs=2"]).recipe
    first = training.fit(full, tmp_path / "start").run
    reference = last(training.fit(full, tmp_path / "whole", start=start_from(first, None)).run)
    went_on(full, first, tmp_path / "run", interrupt)  # the neck, too, learns as slowly as what was loaded
    assert_same(last(tmp_path / "run"), reference)
    rates = [group["initial_lr"] for group in last(tmp_path / "run")["optimizer_states"][0]["param_groups"]]
    assert rates == pytest.approx([0.1 * full["task"]["lr"]] * len(rates))
    assert isinstance(last(tmp_path / "run")["state_dict"]["model.backbone.body.body.conv1.0.weight"], Tensor)
