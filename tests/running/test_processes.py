"""Two processes do what one does, whoever starts them."""

import json
from pathlib import Path

import pytest
from commands import SHARED, TORCHRUN, logged, run

pytestmark = pytest.mark.slow


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


def test_weights_of_a_backbone_that_learns_are_those_of_one_process(home: Path) -> None:
    body = ("task.backbone={name: timm, model: convnext_atto}", "task.freeze=[]", "data.size=32")  # LayerNorm alone
    run(home, "fit", "small.yaml", *body, "--run", "one-learns")
    run(home, "fit", "small.yaml", *body, *SHARED, "--run", "two-learn")
    assert_agree(home / "one-learns", home / "two-learn")
