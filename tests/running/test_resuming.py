"""What may be different about a run that goes on."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from polyhead.cli.entry import main
from polyhead.errors import UserError
from polyhead.recipes.text import write
from polyhead.running import training
from polyhead.running.outcome import Outcome
from polyhead.running.resuming import taken_up


def test_the_recipe_in_the_folder_is_taken_with_its_class_names(outcome: Outcome) -> None:
    taken = taken_up(outcome.run, None, []).recipe
    assert taken["task"]["labels"]["boxes"] == list("0123456789")
    assert taken["trainer"]["max_epochs"] == 2


def test_the_length_and_the_machine_may_change(outcome: Outcome) -> None:
    taken = taken_up(outcome.run, None, ["trainer.max_epochs=9", "trainer.devices=2", "data.workers=3"]).recipe
    assert (taken["trainer"]["max_epochs"], taken["trainer"]["devices"], taken["data"]["workers"]) == (9, 2, 3)


def test_the_recipe_that_it_began_with_is_as_good_and_auto_is_what_was_found(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path
) -> None:
    write(recipe, tmp_path / "mine.yaml")
    taken = taken_up(outcome.run, str(tmp_path / "mine.yaml"), ["task.lr=auto", "data.batch=auto"]).recipe
    assert taken == taken_up(outcome.run, None, []).recipe


def test_data_of_every_source_may_have_moved(recipe: dict[str, Any], tmp_path: Path) -> None:
    sources = {"blood": {"name": "coco", "root": "here"}, "scenes": {"name": "digits"}}
    write({**recipe, "data": {"sources": sources}}, tmp_path / "recipe.yaml")
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.ckpt").touch()
    taken = taken_up(tmp_path, None, ["data.sources.blood.root=there"]).recipe
    assert taken["data"]["sources"]["blood"]["root"] == "there"
    with pytest.raises(UserError, match=r"data\.sources\.scenes\.seed was 0 and is 1"):
        taken_up(tmp_path, None, ["data.sources.scenes.seed=1"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("task.lr=0.5", r"task\.lr was 0\.002 and is 0\.5; a run goes on as it began"),
        ("data.batch=4", r"data\.batch was 8 and is 4"),
        ("task.heads.label=null", r"task\.heads\.label\.\w+ was .* and is not set"),
        ("seed=1", "seed was 0 and is 1"),
    ],
)
def test_what_is_trained_may_not(change: str, said: str, outcome: Outcome) -> None:
    with pytest.raises(UserError, match=said):
        taken_up(outcome.run, None, [change])


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run folder"):
        taken_up(tmp_path, None, [])


def test_a_run_without_a_checkpoint_has_to_begin_anew(outcome: Outcome, tmp_path: Path) -> None:
    shutil.copy(outcome.run / "recipe.yaml", tmp_path)
    with pytest.raises(UserError, match="ended before its first checkpoint was written; begin anew"):
        taken_up(tmp_path, None, [])


@pytest.fixture
def detection(outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a run folder that is called like one of our recipes, and holds another."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(outcome.run, tmp_path / "detection")
    return Path("detection")


def test_a_run_called_like_a_recipe_goes_on_with_its_own(detection: Path, outcome: Outcome) -> None:
    assert taken_up(detection, None, []).recipe == taken_up(outcome.run, None, []).recipe
    assert taken_up(detection, None, ["trainer.max_epochs=9"]).recipe["trainer"]["max_epochs"] == 9


def test_a_run_called_like_a_recipe_is_measured_with_its_own(detection: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Any] = []

    def evaluate(*given: Any) -> Outcome:
        measured.append(given)
        return Outcome({}, detection, None)

    monkeypatch.setattr(training, "evaluate", evaluate)
    assert main(["test", str(detection), "task.heads.mask.width=8"]) == 0  # configs/detection.yaml has no such head
    assert measured[0][:3] == (detection, "test", ["task.heads.mask.width=8"])
