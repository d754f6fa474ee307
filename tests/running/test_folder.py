"""The run folder: when one that is there already may be begun anew, and how a new one is named."""

from datetime import datetime
from pathlib import Path

import pytest

from polyhead.errors import UserError
from polyhead.running import folder
from polyhead.running.folder import close_run, new_run, open_run
from polyhead.running.holding import letting_go

RECIPE = {"task": {"name": "multitask"}, "seed": 0}
LEFT = ("curation.csv", "splits.json", "leaks.csv", ".environment.json.12", "checkpoints/.last.ckpt.12")


class Noon(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: object = None) -> "Noon":  # noqa: ARG003  # datetime's signature
        """Return noon."""
        return cls(2026, 1, 31, 12)  # its reader makes it local


def failed(run: Path) -> Path:
    """Return the folder of a run that ended before its first checkpoint."""
    with letting_go():
        open_run(run, RECIPE, "0")
    (run / "metrics.csv").write_text("step\n1\n")
    (run / "events.out.tfevents.1.host.2").write_bytes(b"")
    return run


def test_what_a_run_left_that_was_killed_before_its_first_checkpoint_is_begun_anew(tmp_path: Path) -> None:
    run = failed(tmp_path / "run")
    with letting_go():
        open_run(run, RECIPE, "1")
    assert sorted(path.name for path in run.iterdir()) == ["checkpoints", "environment.json", "recipe.yaml"]
    assert '"data": "1"' in (run / "environment.json").read_text()


@pytest.mark.parametrize("name", LEFT)
def test_it_is_whatever_its_data_and_half_written_files_left(name: str, tmp_path: Path) -> None:
    run = failed(tmp_path / "run")
    (run / name).write_bytes(b"old")
    with letting_go():
        open_run(run, RECIPE, "1")
    assert not (run / name).exists()


def test_files_of_somebody_else_stay_where_a_run_begins_anew(tmp_path: Path) -> None:
    run = failed(tmp_path / "run")
    (run / "notes.txt").write_bytes(b"mine")
    with letting_go():
        open_run(run, RECIPE, "1")
        close_run(run)
    assert [path.name for path in run.iterdir()] == ["notes.txt"]
    assert (run / "notes.txt").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["training.json", "checkpoints/last.ckpt"])
def test_the_folder_of_a_run_with_something_to_show_stays_as_it_is(tmp_path: Path, name: str) -> None:
    run = failed(tmp_path / "run")
    (run / name).write_bytes(b"mine")
    with pytest.raises(UserError, match="is there already and holds something; choose a new folder for the run"):
        open_run(run, RECIPE, "1")
    assert (run / name).read_bytes() == b"mine"
    assert (run / "metrics.csv").is_file()


def test_a_folder_that_is_no_run_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("task: sorting\n")
    with pytest.raises(UserError, match="is there already and holds something; choose a new folder for the run"):
        open_run(tmp_path, RECIPE, "1")
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.yaml"]


def test_runs_that_begin_in_the_same_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder, "datetime", Noon)
    with letting_go():
        runs = [new_run("multitask") for _ in range(3)]
        assert [run.name for run in runs] == [f"2026-01-31_12-00-00{more}" for more in ("", "_2", "_3")]
        assert all(run.is_dir() for run in runs)
        open_run(runs[1], RECIPE, "0")
    assert [run.is_dir() for run in runs] == [False, True, False]  # the others were not begun


def test_only_the_first_process_of_a_run_makes_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert not new_run("multitask").exists()
