"""What a run finds by trying."""

import logging
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.recipes.text import read
from polyhead.running import tuning
from polyhead.running.building import build_task, load_data, with_labels
from polyhead.running.training import fit


def test_the_rate_is_where_the_loss_falls_fastest_by_its_logarithm() -> None:
    rates = [1e-4, 1e-3, 1e-2, 1e-1]
    assert tuning.steepest(rates, [2.0, 1.9, 1.0, 5.0]) == 1e-3
    assert tuning.steepest(rates, [2.0, 1.9, 1.5, float("nan")]) == 1e-3


def test_noise_of_single_batches_does_not_lead_it_astray() -> None:
    rates = [1e-6 * 10 ** (6 * step / 99) for step in range(100)]
    true = [2 - 1.5 / (1 + (1e-3 / rate) ** 2) + 50 * rate**2 for rate in rates]  # falls fastest at 1e-3
    for seed in range(50):
        noise = torch.randn(100, generator=torch.Generator().manual_seed(seed)) * 0.1 + 1
        noisy = [loss * factor for loss, factor in zip(true, noise.tolist(), strict=True)]
        assert 2e-4 < tuning.steepest(rates, noisy) < 5e-3, seed


def test_no_rate_at_which_the_loss_falls_is_said() -> None:
    with pytest.raises(UserError, match="the loss falls at no learning rate; check the data, or set a number"):
        tuning.steepest([1e-4, 1e-3, 1e-2], [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("speeds", "best"),
    [
        ({4: 10.0, 8: 20.0, 16: 20.5, 32: 99.0}, 8),  # 16 gains too little, and so 32 is not tried
        ({4: 10.0, 8: 20.0, 16: 0.0}, 8),  # 16 does not fit into memory
        ({4: 10.0, 8: 20.0, 16: 40.0, 32: 80.0, 64: 160.0}, 32),  # 512 images are 16 steps of 32
    ],
)
def test_the_batch_is_doubled_while_that_pays(
    speeds: dict[int, float], best: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data: Any = SimpleNamespace(noun="image", source=SimpleNamespace(size={"train": 512}.get), parts=[None])
    monkeypatch.setattr(tuning, "images_a_second", lambda *arguments: speeds[arguments[-1]])
    assert tuning.fastest_batch({}, data, object) == best


def test_the_smallest_batch_has_a_slot_for_each_source(monkeypatch: pytest.MonkeyPatch) -> None:
    source = SimpleNamespace(size={"train": 64}.get)
    data: Any = SimpleNamespace(noun="image", source=source, parts=[None] * 5)
    tried: list[int] = []

    def speed(*arguments: Any) -> float:
        tried.append(arguments[-1])
        return 1.0

    monkeypatch.setattr(tuning, "images_a_second", speed)
    assert tuning.fastest_batch({}, data, object) == 8
    assert tried == [8]


def test_that_not_even_the_smallest_batch_fits_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    data: Any = SimpleNamespace(noun="image", source=SimpleNamespace(size={"train": 512}.get), parts=[None])
    monkeypatch.setattr(tuning, "images_a_second", lambda *_: 0.0)
    with pytest.raises(UserError, match=r"not even 4 images fit into memory; take a smaller data\.size"):
        tuning.fastest_batch({}, data, object)


def test_what_does_not_fit_into_memory_is_no_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(tuning, "attempt", full)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    data: Any = SimpleNamespace(batch=4, workers=1)
    assert tuning.images_a_second({}, data, object, 8) == 0


def test_the_numbers_that_were_found_stand_in_the_run_and_are_said(
    recipe: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    auto = ["task.lr=auto", "data.batch=auto", "data.images=64", "trainer.max_epochs=1"]
    run = fit(resolve(recipe, [*auto, "trainer.accumulate_grad_batches=2"]).recipe, tmp_path / "run").run
    found = read(run / "recipe.yaml")
    assert found["data"]["batch"] == 4  # of 64 images, 16 steps an epoch
    assert 1e-6 < found["task"]["lr"] < 1
    assert f"task.lr: {found['task']['lr']:.2g}" in caplog.text
    assert "data.batch: 4 (auto: 4 trains" in caplog.text


def test_numbers_are_found_with_images_of_the_full_size(
    recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def attempt(_recipe: dict[str, Any], data: Any, *_: Any) -> None:
        seen.append(data.sizing.growing)

    monkeypatch.setattr(tuning, "attempt", attempt)
    monkeypatch.setattr(tuning, "steepest", lambda *_: 0.01)
    whole = resolve(recipe, ["task.lr=auto", "data.size=96", "data.grow=0.5"]).recipe
    data = load_data(whole)
    whole = with_labels(whole, data)
    assert tuning.tuned(whole, data, partial(build_task, whole))["task"]["lr"] == 0.01
    assert seen == [()]
    assert data.sizing.growing == ((64, 64),)


def test_a_run_with_the_numbers_found_is_the_run_that_found_them(recipe: dict[str, Any], tmp_path: Path) -> None:
    short = ["trainer.max_epochs=1", "data.images=16"]
    one = fit(resolve(recipe, [*short, "task.lr=auto"]).recipe, tmp_path / "one").run
    again = fit(resolve(one).recipe, tmp_path / "again").run
    ours, theirs = (torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["trained"] for run in (one, again))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


@pytest.mark.parametrize("change", ["data.batch=auto", "task.lr=auto"])
def test_several_processes_are_told_to_find_it_alone(change: str, recipe: dict[str, Any], tmp_path: Path) -> None:
    key = change.partition("=")[0]
    with pytest.raises(UserError, match=f"{key}=auto is found by one process"):
        fit(resolve(recipe, [change, "trainer.devices=[0,1]"]).recipe, tmp_path / "run")
    with pytest.raises(UserError, match=r"the target 'boxes' is a list of boxes or the like .boxes, labels., and"):
        fit(resolve(recipe, [change, "trainer.devices=1", "task.heads.label.target=boxes"]).recipe, tmp_path / "run")
