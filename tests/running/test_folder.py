"""The run folder: when one that is there already may be begun anew."""

from pathlib import Path

import pytest

from polyhead.errors import UserError
from polyhead.running.folder import open_run

RECIPE = {"task": {"name": "multitask"}, "seed": 0}


def killed(run: Path) -> Path:
    """Return the folder of a run that was killed before its first checkpoint."""
    open_run(run, RECIPE, "0")
    (run / "metrics.csv").write_text("step\n1\n")
    (run / "events.out.tfevents.1.host.2").write_bytes(b"")
    return run


def test_what_a_run_left_that_was_killed_before_its_first_checkpoint_is_begun_anew(tmp_path: Path) -> None:
    run = killed(tmp_path / "run")
    open_run(run, RECIPE, "1")
    assert sorted(path.name for path in run.iterdir()) == ["checkpoints", "environment.json", "recipe.yaml"]
    assert '"data": "1"' in (run / "environment.json").read_text()


@pytest.mark.parametrize("name", ["notes.txt", "checkpoints/last.ckpt"])
def test_a_folder_with_anything_else_stays_as_it_is(tmp_path: Path, name: str) -> None:
    run = killed(tmp_path / "run")
    (run / name).write_bytes(b"mine")
    with pytest.raises(UserError, match="is there already and holds something; choose a new folder for the run"):
        open_run(run, RECIPE, "1")
    assert (run / name).read_bytes() == b"mine"
    assert (run / "metrics.csv").is_file()
