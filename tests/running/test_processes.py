"""Two processes do what one does, whoever starts them."""

import csv
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from polyhead.recipes.text import write

pytestmark = pytest.mark.slow
CHANGES: dict[str, Any] = {
    "trainer": {"max_epochs": 2, "accelerator": "cpu", "precision": "32-true", "enable_progress_bar": False},
    "data": {"name": "digits", "images": 4, "canvas": 64, "size": 64, "batch": 2, "workers": 0},
}
"""Two steps an epoch; of the one image to validate on and the one to test on, the second process gets none."""
SHARED = ("data.batch=1", "trainer.devices=2")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "polyhead")


@pytest.fixture(scope="module")
def home(recipe: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a recipe of three heads, whose only BatchNorms are frozen."""
    folder = tmp_path_factory.mktemp("processes")
    write({"task": {**recipe["task"], "freeze": ["backbone"]}, **CHANGES}, folder / "small.yaml")
    return folder


def start(home: Path, *arguments: str, program: tuple[str, ...] = ("-m", "polyhead")) -> "subprocess.Popen[str]":
    """Start a command in a process that is the first of its group."""
    own = {name: value for name, value in os.environ.items() if name not in {"LOCAL_RANK", "RANK", "WORLD_SIZE"}}
    command = [sys.executable, *program, *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=home, env=own, start_new_session=True, **pipes)


def run(home: Path, *arguments: str, code: int = 0, program: tuple[str, ...] = ("-m", "polyhead")) -> tuple[str, str]:
    """Run a command to its end, and return what it wrote to stdout and stderr."""
    process = start(home, *arguments, program=program)
    try:
        said, complained = process.communicate(timeout=240)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == code, complained
    assert "Traceback" not in complained
    return said, complained


def logged(run: Path) -> list[dict[str, float]]:
    """Return the rows of a run's metrics.csv."""
    with (run / "metrics.csv").open() as file:
        return [{name: float(cell) for name, cell in row.items() if cell} for row in csv.DictReader(file)]


def assert_agree(one: Path, two: Path) -> None:
    """Compare every loss and metric that two runs logged and ended with."""
    rows = [logged(run) for run in (one, two)]
    assert len(rows[0]) == len(rows[1]) >= 2
    for ours, theirs in zip(*rows, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5)
    measured = [json.loads((run / "test.json").read_text()) for run in (one, two)]
    assert measured[0] == pytest.approx(measured[1], rel=1e-5)


@pytest.fixture(scope="module")
def alone(home: Path) -> Path:
    """Return the run of one process."""
    run(home, "fit", "small.yaml", "--run", "alone")
    return home / "alone"


def test_two_processes_log_the_losses_and_metrics_of_one(home: Path, alone: Path) -> None:
    said, _ = run(home, "fit", "small.yaml", *SHARED, "trainer.strategy=ddp", "--run", "two")
    assert said.count("test/main") == 1
    assert_agree(alone, home / "two")


def test_so_do_two_that_torchrun_started(home: Path, alone: Path) -> None:
    run(home, "fit", "small.yaml", "data.batch=1", "--json", "torchrun.json", program=TORCHRUN)
    (folder,) = (home / "runs" / "multitask").iterdir()
    assert_agree(alone, folder)
    assert json.loads((home / "torchrun.json").read_text()) == json.loads((folder / "test.json").read_text())


def test_two_processes_measure_five_images_as_one_does(home: Path, alone: Path) -> None:
    for devices in (1, 2):
        changes = (f"trainer.devices={devices}", "data.images=20")
        run(home, "test", str(alone), *changes, "--out", f"measured-{devices}")
    one, two = (json.loads((home / f"measured-{devices}" / "test.json").read_text()) for devices in (1, 2))
    assert one == pytest.approx(two, rel=1e-5)


@pytest.mark.parametrize("devices", [2, 1])
def test_two_processes_stop_at_one_step_and_go_on_as_two_or_as_one(home: Path, devices: int) -> None:
    cut, longer = home / f"cut-{devices}", ("trainer.max_epochs=400", "task.average=0.9", "data.images=16")
    process = start(home, "fit", "small.yaml", *SHARED, *longer, "--run", cut.name)
    deadline = time.monotonic() + 120
    while not (cut / "checkpoints" / "last.ckpt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)  # the first process alone is told
    _, complained = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGINT, complained
    assert f"to go on: polyhead fit --resume {cut.name}" in complained
    reached = torch.load(cut / "checkpoints" / "last.ckpt", weights_only=True)["epoch"]
    ending = (f"trainer.max_epochs={reached + 2}", f"trainer.devices={devices}")
    said, complained = run(home, "fit", "--resume", cut.name, *ending)
    assert "test/main" in said
    assert ("processes: 2 before, and 1 now" in complained) == (devices == 1)
    steps = [row["step"] for row in logged(cut) if "train/lr" in row]
    assert steps == sorted(set(steps))
    ended = torch.load(cut / "checkpoints" / "last.ckpt", weights_only=True)
    assert ended["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"] == reached + 2
    assert max(row["epoch"] for row in logged(cut) if "val/main" in row) == reached + 1  # the last one is validated


def test_a_killed_run_goes_on_from_its_last_checkpoint_and_ends_like_one_that_was_not(home: Path) -> None:
    length = ("data.images=32", "trainer.max_epochs=6")
    run(home, "fit", "small.yaml", *length, "--run", "whole")
    process = start(home, "fit", "small.yaml", *length, "--run", "killed")
    kept, deadline = home / "killed" / "checkpoints" / "last.ckpt", time.monotonic() + 120
    while not kept.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert torch.load(kept, weights_only=True)["epoch"] < 5
    said, _ = run(home, "fit", "--resume", "killed")
    assert all(name in said for name in ("test/label/accuracy", "test/boxes/map", "test/mask/miou", "test/main"))
    assert json.loads((home / "killed" / "test.json").read_text()) == json.loads(
        (home / "whole" / "test.json").read_text()
    )


def test_weights_of_a_backbone_that_learns_are_those_of_one_process(home: Path) -> None:
    body = ("task.backbone={name: timm, model: convnext_atto}", "task.freeze=[]", "data.size=32")  # LayerNorm alone
    run(home, "fit", "small.yaml", *body, "--run", "one-learns")
    run(home, "fit", "small.yaml", *body, *SHARED, "--run", "two-learn")
    assert_agree(home / "one-learns", home / "two-learn")


def test_a_mistake_that_both_processes_meet_ends_them(home: Path) -> None:
    _, complained = run(home, "fit", "small.yaml", *SHARED, "data.images=1", "--run", "none", code=2)
    assert "1 training images cannot be shared by 2 processes" in complained
    assert not (home / "none").exists()


def test_a_broken_image_that_only_the_second_process_reads_ends_both(home: Path) -> None:
    for split, number in itertools.product(("train", "val"), range(4)):
        for name in ("cat", "dog"):
            picture = home / "pictures" / split / name / f"{number}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (32, 32), (number, 0, 0)).save(picture)
    broken = home / "pictures" / "val" / "cat" / "1.png"  # the second of all that are validated
    broken.write_bytes(broken.read_bytes()[:60])
    classes = ("classification", "data=pictures", "data.size=32", "data.batch=2", "trainer.max_epochs=1")
    limits = ("trainer.max_time=null", "trainer.accelerator=cpu", "trainer.devices=2")
    _, complained = run(home, "fit", *classes, *limits, "--run", "none", code=2)
    assert f"error: {broken.relative_to(home)}: " in complained
    assert "replace the file or leave it out" in complained
    assert "another process of this run ended early; what it said stands above" in complained
    assert not (home / "none").exists()


def test_a_run_whose_images_other_processes_read_ends_with_them(home: Path) -> None:
    changes = ("data.workers=2", "trainer.max_epochs=1", "--run", "workers")
    said, _ = run(home, "fit", "small.yaml", *changes)
    assert "run: workers" in said
