"""A run that was stopped, and went on, is the run that was not."""

import multiprocessing
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from pytorch_lightning import LightningModule
from stopped_runs import Interrupt, assert_same, last

from polyhead.errors import Stopped, UserError
from polyhead.recipes.resolving import resolve
from polyhead.recipes.text import read
from polyhead.running import training
from polyhead.running.continuation import Continuation
from polyhead.running.resuming import taken_up

CHANGES = ["data.images=32", "trainer.max_epochs=3", "task.heads.label.dropout=0.5"]
"""Four steps an epoch, and random numbers in the network."""


@pytest.fixture(scope="module")
def changed(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return a run of twelve steps, with dropout."""
    return resolve(recipe, CHANGES).recipe


@pytest.fixture(scope="module")
def whole(changed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the run ends with that nothing stopped."""
    return last(training.fit(changed, tmp_path_factory.mktemp("whole") / "run").run)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_same_seed_gives_the_same_weights_bit_for_bit_whoever_reads_the_images(
    workers: int, changed: dict[str, Any], whole: dict[str, Any], tmp_path: Path
) -> None:
    again = resolve(changed, [f"data.workers={workers}"]).recipe
    assert_same(last(training.fit(again, tmp_path / "run").run), whole)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("when", "steps"),
    [
        (("on_train_batch_end", 1), 1),
        (("on_train_batch_end", 6), 6),  # in the middle of the second epoch
        (("on_train_batch_end", 8), 8),  # in its last step
        (("on_validation_start", 2), 4),  # in the first validation after the check before training
    ],
)
def test_a_run_stopped_by_ctrl_c_goes_on_bit_for_bit(  # noqa: PLR0917  # fixtures
    when: tuple[str, int],
    steps: int,
    changed: dict[str, Any],
    whole: dict[str, Any],
    interrupt: Interrupt,
    tmp_path: Path,
) -> None:
    interrupt(*when)
    with pytest.raises(Stopped, match=r"interrupted after \d+%; to go on: polyhead fit --resume .*run") as stop:
        training.fit(changed, tmp_path / "run")
    assert stop.value.signal == signal.SIGINT
    assert last(tmp_path / "run")["global_step"] == steps
    assert not (tmp_path / "run" / "test.json").exists()
    outcome = training.fit(taken_up(tmp_path / "run", None, []).recipe, tmp_path / "run", resumed=True)
    assert_same(last(outcome.run), whole)
    assert "test/main" in outcome.metrics


@pytest.mark.parametrize("call", [4, 6])
def test_a_run_of_some_steps_goes_on_bit_for_bit_too(
    call: int, changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path
) -> None:
    steps = resolve(changed, ["trainer.max_epochs=-1", "trainer.max_steps=10"]).recipe
    reference = last(training.fit(steps, tmp_path / "whole").run)
    interrupt("on_train_batch_end", call)  # at the end of the first epoch, and in the middle of the second
    with pytest.raises(Stopped):
        training.fit(steps, tmp_path / "run")
    training.fit(taken_up(tmp_path / "run", None, []).recipe, tmp_path / "run", resumed=True)
    assert last(tmp_path / "run")["global_step"] == 10
    assert_same(last(tmp_path / "run"), reference)


@pytest.mark.parametrize("call", [5, 10])
def test_a_run_of_mosaics_and_varied_sizes_goes_on_bit_for_bit_whoever_reads_the_images(
    call: int, changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path
) -> None:
    options = ["data.augment=[mosaic, random_horizontal_flip]", "data.multi_scale=0.5", "data.plain_end=0.4"]
    laid = resolve(changed, ["task.heads.label=null", *options]).recipe
    reference = last(training.fit(resolve(laid, ["data.workers=2"]).recipe, tmp_path / "whole").run)
    interrupt("on_train_batch_end", call)  # before the plain end, and in it
    with pytest.raises(Stopped):
        training.fit(laid, tmp_path / "run")
    training.fit(taken_up(tmp_path / "run", None, []).recipe, tmp_path / "run", resumed=True)
    assert_same(last(tmp_path / "run"), reference)


def test_steps_of_several_batches_are_not_cut(changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path) -> None:
    accumulating = resolve(changed, ["trainer.accumulate_grad_batches=2"]).recipe
    reference = last(training.fit(accumulating, tmp_path / "whole").run)
    interrupt("on_train_batch_end", 5)
    with pytest.raises(Stopped):
        training.fit(accumulating, tmp_path / "run")
    assert last(tmp_path / "run")["global_step"] == 3
    training.fit(taken_up(tmp_path / "run", None, []).recipe, tmp_path / "run", resumed=True)
    assert_same(last(tmp_path / "run"), reference)


def test_a_run_that_never_validates_ends_with_a_checkpoint_which_is_tested(
    changed: dict[str, Any], tmp_path: Path
) -> None:
    outcome = training.fit(resolve(changed, ["trainer.limit_val_batches=0"]).recipe, tmp_path / "run")
    assert [file.name for file in (tmp_path / "run" / "checkpoints").iterdir()] == ["last.ckpt"]
    assert last(outcome.run)["global_step"] == 12
    assert "test/main" in outcome.metrics


def test_a_run_of_some_length_at_least_stops_all_the_same(
    changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path
) -> None:
    interrupt("on_train_batch_end", 6)
    with pytest.raises(Stopped):
        training.fit(resolve(changed, ["trainer.min_epochs=3"]).recipe, tmp_path / "run")
    assert last(tmp_path / "run")["global_step"] == 6


def test_a_run_folder_may_move_before_it_goes_on(changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path) -> None:
    interrupt("on_train_batch_end", 6)
    with pytest.raises(Stopped):
        training.fit(changed, tmp_path / "run")
    moved = (tmp_path / "run").rename(tmp_path / "elsewhere")
    training.fit(taken_up(moved, None, ["trainer.max_epochs=2"]).recipe, moved, resumed=True)
    assert read(moved / "recipe.yaml")["trainer"]["max_epochs"] == 2
    assert not (tmp_path / "run").exists()


def test_a_run_that_goes_on_remembers_how_good_its_best_weights_were(
    changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    interrupt("on_train_batch_end", 10)
    with pytest.raises(Stopped):
        training.fit(changed, Path("run"))  # a folder as a command line names it
    states = last(Path("run"))["callbacks"]
    (kept,) = [name for name in states if "'val/main'" in name and name.startswith("Keeper")]
    states[kept]["best_model_score"] = states[kept]["kth_value"] = torch.tensor(2.0)  # better than anything to come
    states[kept]["best_k_models"] = dict.fromkeys(states[kept]["best_k_models"], torch.tensor(2.0))
    stored = last(Path("run")) | {"callbacks": states}
    torch.save(stored, Path("run") / "checkpoints" / "last.ckpt")
    before = (Path("run") / "checkpoints" / "best.ckpt").read_bytes()
    training.fit(taken_up(Path("run"), None, []).recipe, Path("run"), resumed=True)
    assert (Path("run") / "checkpoints" / "best.ckpt").read_bytes() == before


def test_the_checkpoint_is_written_again_when_it_is_old(
    changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written: list[int] = []
    write = Continuation.write

    def counted(self: Continuation, trainer: Any) -> None:
        written.append(trainer.global_step)
        write(self, trainer)

    monkeypatch.setattr(Continuation, "write", counted)
    monkeypatch.setattr("polyhead.running.continuation.EVERY", 0.0)
    training.fit(changed, tmp_path / "run")
    assert written == list(range(1, 13))


def test_data_that_changed_since_are_refused(changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path) -> None:
    interrupt("on_train_batch_end", 1)
    with pytest.raises(Stopped):
        training.fit(changed, tmp_path / "run")
    other = resolve(taken_up(tmp_path / "run", None, []).recipe, ["data.seed=5"]).recipe
    logged = (tmp_path / "run" / "metrics.csv").read_text()
    with pytest.raises(UserError, match="its data have changed since it began"):
        training.fit(other, tmp_path / "run", resumed=True)
    assert (tmp_path / "run" / "metrics.csv").read_text() == logged
    (tmp_path / "run" / "environment.json").write_text("{")
    with pytest.raises(UserError, match=r"environment\.json is missing or broken"):
        training.fit(changed, tmp_path / "run", resumed=True)


def test_a_broken_checkpoint_is_named(changed: dict[str, Any], interrupt: Interrupt, tmp_path: Path) -> None:
    interrupt("on_train_batch_end", 1)
    with pytest.raises(Stopped):
        training.fit(changed, tmp_path / "run")
    (tmp_path / "run" / "checkpoints" / "last.ckpt").write_bytes(b"half")
    with pytest.raises(UserError, match=r"last\.ckpt is no checkpoint, or a broken one"):
        training.fit(changed, tmp_path / "run", resumed=True)


@pytest.mark.parametrize("accumulate", [1, 2, 3, 5, 10])
def test_gpus_ask_each_other_after_every_tenth_step_however_many_batches_that_is(
    accumulate: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(Continuation, "settle", lambda _, trainer, **__: asked.append(trainer.done))
    trainer: Any = SimpleNamespace(
        accumulate_grad_batches=accumulate,
        is_last_batch=False,
        world_size=2,
        strategy=SimpleNamespace(root_device=torch.device("cuda", 0)),
    )
    keeper, module = Continuation(tmp_path), LightningModule()
    for batch in range(25 * accumulate):
        trainer.done = batch + 1
        keeper.on_train_batch_end(trainer, module, None, None, batch)
    assert asked == [10 * accumulate, 20 * accumulate]
