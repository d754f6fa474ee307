"""What may be different about a run that goes on."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import UserError
from polyhead.recipes.text import write
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
