"""What a fit leaves behind."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from polyhead import checkpoints
from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.recipes.start import without_start
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


def test_the_written_recipe_is_accepted_back_with_the_class_names_in_it(
    outcome: Outcome, recipe: dict[str, Any]
) -> None:
    written = read(outcome.run / "recipe.yaml")
    labels = written["task"]["labels"]
    assert labels["boxes"] == list("0123456789")
    resolved = resolve(recipe).recipe
    assert resolve(written).recipe == {**resolved, "task": {**resolved["task"], "labels": labels}}


def test_the_written_recipe_holds_of_the_trainer_only_what_was_set(outcome: Outcome) -> None:
    assert read(outcome.run / "recipe.yaml")["trainer"] == {"accelerator": "cpu", "max_epochs": 2}


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


def test_a_lone_checkpoint_is_measured_into_a_folder_of_its_own(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "work").mkdir()
    alone = shutil.copy(outcome.run / "checkpoints" / "best.ckpt", tmp_path / "mail" / "best.ckpt")
    monkeypatch.chdir(tmp_path / "work")
    measured = evaluate(Path(alone), "val")
    assert measured.run.parts[:2] == ("runs", "multitask-val")
    assert measured.pictures is not None
    assert {path.name for path in tmp_path.iterdir()} == {"mail", "work"}
    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["best.ckpt"]


def test_what_is_trained_cannot_be_changed_afterwards(outcome: Outcome) -> None:
    with pytest.raises(UserError, match=r"task\.lr=3: what is trained already stays as it is"):
        evaluate(outcome.run, "test", ["task.lr=3"])


def test_a_folder_that_holds_something_is_no_new_run_and_stays_as_it_is(recipe: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="holds something; choose a new folder"):
        fit(resolve(recipe).recipe, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_run_without_an_end_is_refused(recipe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no end without"):
        fit(resolve(recipe, ["trainer.max_epochs=-1"]).recipe, tmp_path / "run")


def test_a_checkpoint_asks_for_no_pretrained_weights(recipe: dict[str, Any]) -> None:
    body = {"name": "timm", "model": "resnet18", "weights": "hub"}
    changed = {**recipe, "task": {**recipe["task"], "backbone": {"name": "pyramid", "body": body}}}
    kept = without_start(resolve(changed).recipe)
    assert kept["task"]["backbone"]["body"]["weights"] == "none"
    assert changed["task"]["backbone"]["body"]["weights"] == "hub"


def test_other_class_names_are_refused(outcome: Outcome, tmp_path: Path) -> None:
    stored = torch.load(outcome.run / "checkpoints" / "best.ckpt", weights_only=True)
    stored["polyhead"]["recipe"]["task"]["labels"]["boxes"] = list("1234567890")
    torch.save(stored, tmp_path / "other.ckpt")
    with pytest.raises(UserError, match=r"class names of 'boxes' are others in .* choose: --labels keep"):
        evaluate(tmp_path / "other.ckpt", "test")


@pytest.mark.parametrize(
    "override",
    [
        "task.freeze=[nothing]",
        "data.batch=0",
        "task.heads.pose=regression",
        "task.heads.mask.weight=true",
        "task.heads.mask=detection",
        "task.heads.label.target=boxes",
        "trainer.max_time=00:00:00:00",
    ],
)
def test_a_mistake_leaves_no_run_folder(override: str, recipe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError):
        fit(resolve(recipe, [override]).recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
