"""What a fit leaves behind."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from polyhead import checkpoints
from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.recipes.text import read
from polyhead.running.outcome import Outcome
from polyhead.running.training import evaluate, fit


def test_the_run_folder_holds_everything(outcome: Outcome) -> None:
    names = {path.name for path in outcome.run.iterdir()}
    assert {"recipe.yaml", "metrics.csv", "environment.json", "checkpoints", "pictures", "test.json"} <= names
    assert any(name.startswith("events.out.tfevents") for name in names)
    kept = {path.name for path in (outcome.run / "checkpoints").iterdir()}
    assert kept == {"best.ckpt", "last.ckpt", "best-label.ckpt", "best-boxes.ckpt", "best-mask.ckpt"}
    assert len(list((outcome.run / "pictures").iterdir())) == 4


def test_every_head_is_measured_on_the_test_split(outcome: Outcome) -> None:
    assert {"test/label/accuracy", "test/boxes/map50", "test/boxes/map", "test/mask/miou"} <= outcome.metrics.keys()
    mains = [outcome.metrics[name] for name in ("test/label/accuracy", "test/boxes/map", "test/mask/miou")]
    assert outcome.metrics["test/main"] == pytest.approx(sum(mains) / 3)


def test_the_written_recipe_is_accepted_back_with_the_class_names_in_it(outcome: Outcome) -> None:
    written = read(outcome.run / "recipe.yaml")
    assert written["task"]["labels"]["boxes"] == list("0123456789")
    assert resolve(written).recipe == written


def test_the_environment_names_versions_data_and_seed(outcome: Outcome) -> None:
    environment = json.loads((outcome.run / "environment.json").read_text())
    assert environment["versions"]["torch"] == torch.__version__.partition("+")[0]
    assert environment["seed"] == 0
    assert environment["data"]


def test_a_checkpoint_is_plain_data(outcome: Outcome) -> None:
    stored = torch.load(outcome.run / "checkpoints" / "best.ckpt", weights_only=True)
    assert stored["polyhead"]["format"] == checkpoints.FORMAT
    assert stored["polyhead"]["recipe"] == read(outcome.run / "recipe.yaml")


def test_testing_the_run_again_gives_the_same_numbers(outcome: Outcome) -> None:
    assert evaluate(outcome.run, "test").metrics == pytest.approx(outcome.metrics)


def test_other_class_names_are_refused(outcome: Outcome, tmp_path: Path) -> None:
    stored = torch.load(outcome.run / "checkpoints" / "best.ckpt", weights_only=True)
    stored["polyhead"]["recipe"]["task"]["labels"]["boxes"] = list("1234567890")
    torch.save(stored, tmp_path / "other.ckpt")
    with pytest.raises(UserError, match=r"class names of 'boxes' differ: .* has 1, 2, 3"):
        evaluate(tmp_path / "other.ckpt", "test")


@pytest.mark.parametrize(
    "override", ["task.freeze=[nothing]", "data.batch=0", "task.heads.pose=regression", "task.heads.mask.weight=true"]
)
def test_a_mistake_leaves_no_run_folder(override: str, recipe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError):
        fit(resolve(recipe, [override]).recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
