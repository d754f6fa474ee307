"""Processes that are stopped, killed or fail: none is left over, and what stopped goes on."""

import itertools
import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from commands import SHARED, logged, run, start
from PIL import Image

pytestmark = pytest.mark.slow


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
