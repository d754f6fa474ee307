"""Heads alone, together and on a frozen backbone: the runs, and what they leave."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from polyhead import checkpoints
from polyhead.checkpoints import part_of
from polyhead.errors import Stopped, UserError
from polyhead.recipes.resolving import resolve
from polyhead.running import comparing, comparing_costs, comparing_plot, training
from polyhead.running.comparing_advice import Expense, Scores
from polyhead.running.comparing_result import Comparison, told
from polyhead.running.outcome import Outcome

TWO = ["task.heads.boxes=null", "trainer.max_epochs=1", "trainer.enable_progress_bar=false", "trainer.logger=false"]
RUNS = ["alone-label-7", "alone-mask-7", "frozen-7", "together-7"]


@pytest.fixture(scope="module")
def two(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return two heads that learn for one epoch of two steps."""
    return resolve(recipe, [*TWO, "seed=7"]).recipe


@pytest.fixture(scope="module")
def compared(two: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Return their comparison."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(comparing_costs, "ROUNDS", 2)
        return comparing.compare(two, tmp_path_factory.mktemp("compared") / "all")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure forwards for two rounds only."""
    monkeypatch.setattr(comparing_costs, "ROUNDS", 2)


def test_every_run_takes_the_steps_of_the_recipe_and_has_a_folder(compared: Comparison) -> None:
    assert sorted(path.name for path in compared.folder.iterdir() if path.is_dir()) == RUNS
    assert compared.steps == 2
    for name in RUNS:
        found = told(compared.folder / name, "training.json")
        assert (found["steps"], found["images"]) == (2, 16)
    lengths = {name: resolve(compared.folder / name).recipe["trainer"] for name in RUNS}
    assert lengths["together-7"]["max_epochs"] == 1
    assert all(lengths[name]["max_steps"] == 2 and lengths[name]["max_epochs"] == -1 for name in RUNS[:3])


def test_the_frozen_run_has_the_backbone_of_the_joint_one_and_heads_of_its_own(compared: Comparison) -> None:
    joint, frozen = (checkpoints.read(compared.folder / name).weights for name in ("together-7", "frozen-7"))
    assert all(
        torch.equal(value, part_of(frozen, "backbone.")[name]) for name, value in part_of(joint, "backbone.").items()
    )
    start = comparing.backbone_of(compared.folder / "together-7")
    assert start.stored.recipe["task"]["heads"] == {}
    assert all(name.startswith("backbone.") for name in start.stored.weights)
    assert (joint.keys(), json.loads((compared.folder / "frozen-7" / "environment.json").read_text())["from"]) == (
        frozen.keys(),
        str(compared.folder / "together-7"),
    )


def test_each_head_has_its_main_metric_in_all_three_settings(compared: Comparison) -> None:
    assert list(compared.heads) == ["label", "mask"]
    mask = compared.heads["mask"]
    assert mask.metric == "miou"
    assert mask.alone == [compared.metrics["alone-mask-7"]["test/mask/miou"]]
    assert mask.together == [compared.metrics["together-7"]["test/mask/miou"]]
    assert mask.frozen == [compared.metrics["frozen-7"]["test/mask/miou"]]


def test_costs_are_counted_and_measured_for_each_network(compared: Comparison) -> None:
    label, mask, together, frozen = (
        compared.costs[name] for name in ("alone-label", "alone-mask", "together", "frozen")
    )
    backbone = compared.parts["backbone"]
    assert together.parameters == label.parameters + mask.parameters - backbone.parameters
    assert together.flops == label.flops + mask.flops - backbone.flops
    assert frozen.milliseconds == together.milliseconds > 0
    for name, cost in compared.costs.items():
        seconds = told(compared.folder / f"{name}-7", "training.json")["seconds"]
        assert (cost.seconds, cost.speed) == ([seconds], [pytest.approx(16 / seconds)])


def test_the_result_is_plain_data_beside_the_runs(compared: Comparison) -> None:
    stored = json.loads((compared.folder / "compare.json").read_text())
    assert (stored["steps"], stored["seeds"], stored["split"], stored["batch"]) == (2, [7], "test", 8)
    assert stored["heads"]["mask"]["alone"] == compared.heads["mask"].alone
    assert stored["costs"]["together"]["parameters"] == compared.costs["together"].parameters
    assert stored["advice"] == compared.advice


def test_runs_that_are_whole_are_not_made_again(
    compared: Comparison, two: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit", lambda *_, **__: pytest.fail("a run was made again"))
    again = comparing.compare(two, compared.folder)
    assert (again.heads, again.metrics, again.steps) == (compared.heads, compared.metrics, compared.steps)
    assert again.costs["together"].seconds == compared.costs["together"].seconds


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("task.lr=0.5", r"together-7 is there already, with task\.lr 0\.\d+, and is to have 0\.5; take another folder"),
        ("trainer.max_epochs=9", r"with trainer\.max_epochs 1, and is to have 9"),
    ],
)
def test_runs_of_another_recipe_are_refused(
    override: str, said: str, compared: Comparison, two: dict[str, Any]
) -> None:
    with pytest.raises(UserError, match=said):
        comparing.compare(resolve(two, [override]).recipe, compared.folder)


def test_a_comparison_that_was_stopped_goes_on_where_it_was(
    two: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit, made = training.fit, list[str]()

    def counted(recipe: dict[str, Any], run: Path, resumed: bool, start: Any) -> Outcome:
        made.append(run.name)
        if len(made) == 2:
            raise Stopped("interrupted after 50%; to go on: polyhead fit --resume", 2)
        return fit(recipe, run, resumed, start)

    monkeypatch.setattr(training, "fit", counted)
    with pytest.raises(
        Stopped, match=rf"alone-label-7; to go on, give the same command with --run {tmp_path}"
    ) as caught:
        comparing.compare(two, tmp_path, steps=1)
    assert caught.value.signal == 2
    comparing.compare(two, tmp_path, steps=1)
    assert made == ["together-7", "alone-label-7", "alone-label-7", "alone-mask-7", "frozen-7"]


def test_a_run_that_was_trained_and_not_measured_is_measured(
    compared: Comparison, two: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(compared.folder, tmp_path / "all")
    for file in ("training.json", "test.json"):
        (tmp_path / "all" / "frozen-7" / file).unlink()
    again = comparing.compare(two, tmp_path / "all")
    assert (again.heads, again.costs["frozen"].seconds) == (compared.heads, compared.costs["frozen"].seconds)


def test_several_processes_are_refused(two: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="compare makes its runs with one process each"):
        comparing.compare(resolve(two, ["trainer.devices=2"]).recipe, tmp_path / "several")
    assert not (tmp_path / "several").exists()


def test_data_without_a_measured_split_are_refused(
    two: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit", lambda *_, **__: Outcome({}, tmp_path, None))
    with pytest.raises(UserError, match="neither a test nor a val split"):
        comparing.compare(two, tmp_path)


def test_the_plot_shows_every_head_and_network(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the plot is optional: pip install 'polyhead[plots]'")
    from PIL import Image

    heads = {name: Scores("map", [0.5, 0.6], [0.4, 0.5], [0.3, 0.2]) for name in ("boxes", "mask")}
    costs = {name: Expense(9, 9, 1.0, [2.0], [3.0]) for name in ("alone-boxes", "alone-mask", "together", "frozen")}
    assert comparing_plot.draw(heads, costs, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert min(image.size) > 500


def test_without_matplotlib_there_is_no_plot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(comparing_plot, "find_spec", lambda _: None)
    assert not comparing_plot.draw({}, {}, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
