"""A run folder in which a process works is nobody else's, and everybody's once the process has ended."""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from polyhead.cli.entry import main
from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.running import holding, training
from polyhead.running.callbacks import Bar
from polyhead.running.folder import is_abandoned, open_run, reopen_run
from polyhead.running.holding import ALIVE, check_ended, hold, let_go, letting_go
from polyhead.running.resuming import taken_up

RECIPE = {"task": {"name": "multitask"}, "seed": 0}
PROGRAM = """
import sys, time
from pathlib import Path
from polyhead.running.folder import open_run
open_run(Path(sys.argv[1]), {"task": {"name": "multitask"}, "seed": 0}, "0")
print("begun", flush=True)
time.sleep(600)
"""
OTHERS: dict[str, Callable[[Path], Any]] = {
    "begins": lambda run: open_run(run, RECIPE, "0"),
    "goes on": lambda run: reopen_run(run, RECIPE, "0"),
    "looks": is_abandoned,
    "is to go on": lambda run: taken_up(run, None, []),
}


@pytest.fixture
def live(tmp_path: Path) -> Iterator["tuple[Path, subprocess.Popen[str]]"]:
    """Return a run folder, and the process that began to work in it."""
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        yield tmp_path / "run", process
        process.kill()


def left_by(run: Path, **told: Any) -> Path:
    """Return a run folder that a process holds which says of itself what is told, else the truth of this one."""
    run.mkdir()
    (run / ALIVE).write_text(json.dumps(json.loads(holding.this_process()) | told))
    return run


@pytest.mark.parametrize("doing", OTHERS)
def test_nobody_else_gets_the_folder_of_a_live_run_and_it_stays_as_it_is(
    doing: str, live: "tuple[Path, subprocess.Popen[str]]"
) -> None:
    run, process = live
    before = sorted(run.rglob("*"))
    with pytest.raises(UserError, match=f"run: process {process.pid} on .* works in this run folder; wait for its end"):
        OTHERS[doing](run)
    assert sorted(run.rglob("*")) == before


def test_the_command_line_refuses_it_in_one_line(
    live: "tuple[Path, subprocess.Popen[str]]", capsys: pytest.CaptureFixture[str]
) -> None:
    run, process = live
    for arguments in (["fit", "detection", "--run", str(run)], ["fit", "--resume", str(run)]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.startswith(f"error: {run}: process {process.pid} on ")


def test_a_run_that_was_killed_leaves_its_folder_at_once(live: "tuple[Path, subprocess.Popen[str]]") -> None:
    run, process = live
    process.kill()
    while holding.born(process.pid) not in {"", None}:  # until it has ended; nobody has waited for it yet
        time.sleep(0.01)
    with letting_go():
        reopen_run(run, RECIPE, "0")
    assert is_abandoned(run)
    with letting_go():
        open_run(run, RECIPE, "1")
        assert json.loads((run / ALIVE).read_text())["pid"] == os.getpid()
    assert not (run / ALIVE).exists()


def test_a_process_that_ended_before_it_wrote_a_recipe_leaves_a_folder_to_begin_in(tmp_path: Path) -> None:
    assert is_abandoned(left_by(tmp_path / "run", born="long ago"))


def test_a_later_process_of_the_same_number_is_another_one(tmp_path: Path) -> None:
    check_ended(left_by(tmp_path / "run", born="long ago"))
    with pytest.raises(UserError, match=f"process {os.getpid()} on {platform.node()} in job 7 works in this"):
        check_ended(left_by(tmp_path / "own", job="7"))


@pytest.mark.parametrize("told", [{"host": "elsewhere", "pid": 1}, None])
def test_a_process_that_cannot_be_asked_has_ended_when_nothing_was_heard_of_it_for_long(
    told: dict[str, Any] | None, tmp_path: Path
) -> None:
    run = left_by(tmp_path / "run", **(told or {}))
    if told is None:
        (run / ALIVE).write_text("")  # as one that is about to write it
    with pytest.raises(UserError, match=r"\(heard of 0 s ago and taken for ended 120 s after its last sign of life\)"):
        check_ended(run)
    os.utime(run / ALIVE, (time.time() - 130,) * 2)
    check_ended(run)


def test_a_process_gives_signs_of_life_until_it_lets_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "BEAT", 0.01)
    threads = threading.active_count()
    with letting_go():
        hold(tmp_path)
        os.utime(tmp_path / ALIVE, (0, 0))
        deadline = time.monotonic() + 30
        while not (tmp_path / ALIVE).stat().st_mtime and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (tmp_path / ALIVE).stat().st_mtime > time.time() - 60
    deadline = time.monotonic() + 30
    while threading.active_count() > threads and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == threads


def test_of_two_that_find_a_dead_process_the_second_gives_back_what_the_first_one_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left_by(tmp_path / "run")
    monkeypatch.setattr(holding, "check_ended", lambda _: None)  # as if it had looked before the first one came
    before = (run / ALIVE).read_text()
    with pytest.raises(UserError, match="works in this run folder"):
        hold(run)
    assert [(path.name, path.read_text()) for path in run.iterdir()] == [(ALIVE, before)]


def test_what_another_process_took_meanwhile_stays_its_own(tmp_path: Path) -> None:
    run = left_by(tmp_path / "run", host="elsewhere")
    let_go(run)
    assert (run / ALIVE).is_file()


def test_a_run_holds_its_folder_from_training_to_the_last_measurement(
    recipe: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, held = tmp_path / "run", list[bool]()
    start, measure = Bar.on_train_start, training.measure_best

    def look(then: Callable[..., Any], *given: Any) -> Any:
        held.append((run / ALIVE).is_file())
        return then(*given)

    monkeypatch.setattr(Bar, "on_train_start", lambda *given: look(start, *given))
    monkeypatch.setattr(training, "measure_best", lambda *given: look(measure, *given))
    training.fit(resolve(recipe, ["trainer.max_epochs=1"]).recipe, run)
    assert held == [True, True]
    assert not (run / ALIVE).exists()


def test_a_job_that_was_queued_again_goes_on_at_once_on_another_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left_by(tmp_path / "run", host="far", job="7")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    with pytest.raises(UserError, match="on far in job 7"):
        check_ended(run)
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    check_ended(run)
    monkeypatch.setenv("SLURM_JOB_ID", "8")
    with pytest.raises(UserError, match="on far in job 7"):
        check_ended(run)


def test_a_file_that_was_cut_off_counts_by_its_age(tmp_path: Path) -> None:
    run = left_by(tmp_path / "run")
    (run / ALIVE).write_text('{"host": "fa')
    with pytest.raises(UserError, match="another process"):
        check_ended(run)
    os.utime(run / ALIVE, (0, 0))
    check_ended(run)
