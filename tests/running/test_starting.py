"""Runs that start from the weights of another: what is taken, what is proved, and other class names."""

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from polyhead import checkpoints
from polyhead.cli.entry import main
from polyhead.errors import UserError
from polyhead.heads.classification import Classification
from polyhead.recipes.resolving import resolve
from polyhead.recipes.text import write
from polyhead.running.building import build_task, load_data, say_slots, with_labels
from polyhead.running.other_names import Choice, Start, agreed, start_from
from polyhead.running.outcome import Outcome
from polyhead.running.proving import equal, prove_still
from polyhead.running.starting import begun_from, mapped, take_weights, task_of
from polyhead.running.training import evaluate, fit
from polyhead.trained import load

SHORT = "trainer.max_epochs=1"
OLD = ("label", "boxes", "mask")


def from_source(recipe: dict[str, Any], *overrides: str) -> dict[str, Any]:
    """Return a recipe with its source as the only one of several."""
    loader = ("size", "batch", "workers")
    data = {key: value for key, value in recipe["data"].items() if key in loader}
    source = {key: value for key, value in recipe["data"].items() if key not in loader}
    return resolve({**recipe, "data": {**data, "sources": {"data": source}}}, [SHORT, *overrides]).recipe


def test_a_head_is_added_and_the_old_ones_answer_bit_for_bit_as_before(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    more = ["task.heads.again={name: classification, target: label}", SHORT]
    frozen = "task.freeze=[backbone, heads.label, heads.boxes, heads.mask]"
    with caplog.at_level(logging.WARNING, "polyhead"):
        found = fit(resolve(recipe, [*more, frozen]).recipe, tmp_path / "run", start=start_from(outcome.run, None))
    assert f"from {outcome.run}: backbone, heads.boxes, heads.label, heads.mask; trained anew: again" in caplog.messages
    assert f"label, boxes, mask: frozen, and bit for bit as in {outcome.run} on 16 images" in caplog.messages
    before, after = (checkpoints.read(run).weights for run in (outcome.run, found.run))
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert after.keys() - before.keys() >= {"heads.again.layer.1.weight"}
    assert found.metrics["test/label/accuracy"] == outcome.metrics["test/label/accuracy"]


def test_a_head_that_did_not_stay_fails_the_run(outcome: Outcome, recipe: dict[str, Any]) -> None:
    full = resolve(recipe, ["task.freeze=[backbone, heads.label]"]).recipe
    data = load_data(full)
    full, start = with_labels(full, data), start_from(outcome.run, None)
    task = task_of(full, start)
    begun = begun_from(task, full, start, data)
    prove_still(task, begun, data)
    with torch.no_grad():
        task.model.named_heads()["label"].layer[-1].bias[0] += 1e-6
    with pytest.raises(RuntimeError, match=r"task\.heads\.label is frozen, and answers otherwise than in"):
        prove_still(task, begun, data)


def test_answers_in_which_there_is_no_tensor_prove_nothing() -> None:
    assert equal({"one": [torch.ones(2)], "two": 3}, {"one": [torch.ones(2)], "two": 4})
    assert not equal(torch.ones(2), torch.zeros(2))
    with pytest.raises(RuntimeError, match="no tensor is found in a object"):
        equal(object(), object())


def test_a_run_may_start_from_another_and_learn_on(outcome: Outcome, recipe: dict[str, Any], tmp_path: Path) -> None:
    still = ["task.heads.boxes=null", "task.heads.mask=null", "task.lr=0", SHORT]
    found = fit(resolve(recipe, still).recipe, tmp_path / "run", start=start_from(outcome.run, None))
    before, after = (checkpoints.read(run).weights for run in (outcome.run, found.run))
    kept = [name for name in after if name.startswith("heads.") and isinstance(after[name], Tensor)]
    assert kept
    assert all(torch.equal(before[name], after[name]) for name in kept if "extra_state" not in name)
    assert str(outcome.run) in (found.run / "environment.json").read_text()


def test_other_class_names_stop_the_run_with_a_table_and_the_choices(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = from_source(recipe, "data.sources.data.names={boxes: {'9': nine}}")
    with pytest.raises(UserError) as caught:
        fit(changed, tmp_path / "run", start=start_from(outcome.run, None))
    said, _, table = str(caught.value).partition("\n\n")
    assert said.startswith(
        f"class names of 'boxes' are others in {outcome.run} than in the data; choose: --labels keep"
    )
    assert table.splitlines()[0].split() == ["number", "checkpoint", "data"]
    assert table.splitlines()[-1].split() == ["9", "9", "nine"]
    assert not (tmp_path / "run").exists()
    write(changed, tmp_path / "changed.yaml")
    assert (
        main(["fit", str(tmp_path / "changed.yaml"), "--from", str(outcome.run), "--run", str(tmp_path / "run")]) == 2
    )
    assert capsys.readouterr().err == f"error: {said}\n\n{table}\n"


def loaded(
    outcome: Outcome, recipe: dict[str, Any], choice: Choice, *overrides: str
) -> tuple[dict[str, Any], dict[str, Any], frozenset[str]]:
    """Return the state of the boxes' head before and after it took its weights, and the names of what was taken."""
    full = from_source(recipe, *overrides)
    full = with_labels(full, load_data(full))
    task = build_task(full)
    fresh = {name: value.clone() for name, value in task.model.named_heads()["boxes"].state_dict().items()}
    taken = take_weights(task.model, full, start_from(outcome.run, choice))
    return fresh, task.model.named_heads()["boxes"].state_dict(), taken


def test_map_keeps_what_was_learned_of_names_that_both_have(outcome: Outcome, recipe: dict[str, Any]) -> None:
    names = "data.sources.data.names={boxes: {'0': zero, '9': null}}"
    fresh, after, taken = loaded(outcome, recipe, "map", names)
    before = checkpoints.part_of(checkpoints.read(outcome.run).weights, "heads.boxes.")
    assert "heads.boxes" in taken
    weight, old = after["branches.to_logits.weight"], before["branches.to_logits.weight"]
    assert (weight.shape[0], old.shape[0]) == (9, 10)
    assert torch.equal(weight[0], fresh["branches.to_logits.weight"][0])
    assert torch.equal(weight[1:], old[1:9])
    assert torch.equal(after["branches.to_distances.weight"], before["branches.to_distances.weight"])


def test_map_moves_rows_where_only_the_order_differs(outcome: Outcome, recipe: dict[str, Any]) -> None:
    order = "data.classes={boxes: ['1', '0', '2', '3', '4', '5', '6', '7', '8', '9']}"
    _, after, _ = loaded(outcome, recipe, "map", order)
    before = checkpoints.part_of(checkpoints.read(outcome.run).weights, "heads.boxes.")
    assert torch.equal(after["branches.to_logits.bias"], before["branches.to_logits.bias"][[1, 0, *range(2, 10)]])


def test_map_moves_the_pixels_of_a_class_together(outcome: Outcome, recipe: dict[str, Any]) -> None:
    full = from_source(recipe, "data.sources.data.names={mask: {'0': null}}")
    full = with_labels(full, load_data(full))
    task = build_task(full)
    take_weights(task.model, full, start_from(outcome.run, "map"))
    new = task.model.named_heads()["mask"].paint.bias.unflatten(0, (10, -1))
    old = checkpoints.read(outcome.run).weights["heads.mask.paint.bias"].unflatten(0, (11, -1))
    assert torch.equal(new, old[[0, *range(2, 11)]])


def test_reinit_starts_the_head_anew_and_no_other(outcome: Outcome, recipe: dict[str, Any]) -> None:
    fresh, after, taken = loaded(outcome, recipe, "reinit", "data.sources.data.names={boxes: {'0': zero}}")
    assert taken == {"backbone", "heads.label", "heads.mask"}
    assert torch.equal(after["branches.to_logits.weight"], fresh["branches.to_logits.weight"])


def test_keep_leaves_the_checkpoints_classes_and_those_the_data_lack_unknown(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path
) -> None:
    names = "data.sources.data.names={boxes: {'0': null}}"
    found = fit(from_source(recipe, names), tmp_path / "run", start=start_from(outcome.run, "keep"))
    labels = load(found.run).model.named_heads()["boxes"].labels
    assert labels == tuple("0123456789")
    data = load_data(resolve(found.run).recipe)
    assert data.parts[0].known["boxes"].tolist() == [False, *[True] * 9]
    with pytest.raises(UserError, match=r"--labels keep: the data have zero of 'boxes', which .* does not know; take"):
        fit(
            from_source(recipe, "data.sources.data.names={boxes: {'0': zero}}"),
            tmp_path / "other",
            start=start_from(outcome.run, "keep"),
        )


def test_keep_of_a_single_source_writes_its_classes_into_the_recipe(outcome: Outcome, recipe: dict[str, Any]) -> None:
    full = resolve(recipe).recipe
    labels = {"label": tuple("0123456789"), "boxes": tuple("012345678"), "mask": ("background", *"0123456789")}
    kept = agreed(full, labels, start_from(outcome.run, "keep"))["data"]
    assert kept["name"] == "several"
    assert kept["classes"] == {"boxes": list("0123456789")}
    assert (kept["sources"]["data"]["name"], kept["sources"]["data"]["images"], kept["batch"]) == ("digits", 16, 8)


def test_class_weights_are_those_of_the_new_run(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(Classification, "weigh", lambda _, targets: read.append(sum(map(len, targets))))
    changes = ["task.heads.label.class_weights=balanced", "task.heads.boxes=null", "task.heads.mask=null", SHORT]
    fit(resolve(recipe, changes).recipe, tmp_path / "run", start=start_from(outcome.run, None))
    assert read == [16]


def test_keep_is_refused_of_molecules_in_one_line(outcome: Outcome, recipe: dict[str, Any]) -> None:
    full = resolve(recipe).recipe | {"data": {"name": "molecules"}}
    with pytest.raises(UserError, match=r"--labels keep is of images.*take --labels map, or name the classes of"):
        agreed(full, {"label": ("toxic", "safe")}, start_from(outcome.run, "keep"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("task.backbone.width=8", r"its backbone is another than the recipe's \(size mismatch for .*take its options"),
        ("task.heads.mask.width=16", r"its head 'mask' is another than the recipe's"),
        (
            "task.heads.label={name: segmentation, target: mask}",
            r"task\.heads\.label is 'segmentation', and 'classification' in .*; call it otherwise to train it anew",
        ),
        (
            "task.backbone.body.activation=silu",
            r"task\.backbone answers otherwise .*: task\.backbone\.body\.activation is 'silu' and was 'relu'",
        ),
        ("task.freeze=[heads.new]", r"task\.freeze: heads\.new starts anew, and would never learn; take it out"),
    ],
)
def test_what_does_not_fit_is_named(
    override: str, said: str, outcome: Outcome, recipe: dict[str, Any], tmp_path: Path
) -> None:
    more = "task.heads.new={name: classification, target: label}"
    with pytest.raises(UserError, match=said):
        fit(resolve(recipe, [more, override, SHORT]).recipe, tmp_path / "run", start=start_from(outcome.run, None))
    assert not (tmp_path / "run").exists()


def test_options_of_losses_may_be_others(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = ["task.heads.mask.dice=0", "task.heads.mask.weight=3"]
    start = start_from(outcome.run, None)
    with caplog.at_level(logging.WARNING, "polyhead"):
        fit(resolve(recipe, [*other, SHORT]).recipe, tmp_path / "run", start=start)
    assert f"from {outcome.run}: backbone, heads.boxes, heads.label, heads.mask" in caplog.messages


def test_a_rate_that_is_looked_for_is_that_of_the_weights_of_the_start(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[frozenset[str]] = []

    def attempt(*arguments: Any) -> None:
        task, rise = arguments[2], arguments[-1]
        tried.append(task.started)
        rise.rates, rise.losses = [1e-4, 1e-3, 1e-2], [3.0, 2.0, 1.0]

    monkeypatch.setattr("polyhead.running.tuning.attempt", attempt)
    fit(resolve(recipe, ["task.lr=auto", SHORT]).recipe, tmp_path / "run", start=start_from(outcome.run, None))
    assert tried == [{"backbone", "heads.label", "heads.boxes", "heads.mask"}]


def test_what_map_cannot_place_is_left_to_be_refused_by_name() -> None:
    mine, theirs = ["a", "b"], ["b"]
    fresh = {"weight": torch.zeros(2, 4), "state": "any"}
    more = {"weight": torch.zeros(3, 4), "state": "any"}
    wider = mapped(fresh, {"weight": torch.ones(1, 8), "state": "old"}, more, mine, theirs)
    assert (tuple(wider["weight"].shape), wider["state"]) == ((1, 8), "old")
    assert mapped(fresh, {}, more, mine, theirs) == {}
    square = {"weight": torch.zeros(2, 2)}
    with pytest.raises(UserError, match=r"--labels map: weight has classes in two of its dimensions; take"):
        mapped(square, {"weight": torch.ones(1, 1)}, {"weight": torch.zeros(3, 3)}, mine, theirs)


def test_a_run_of_several_sources_says_what_a_batch_has_of_each(
    recipe: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    two = "data.sources={one: {name: digits, images: 6, share: 1}, two: {name: digits, images: 9, share: 20}}"
    fit(resolve(recipe, [two, SHORT]).recipe, tmp_path / "run")
    assert "data.sources: each batch of 8 has 1 of one, 7 of two" in caplog.messages
    every = dict.fromkeys("0123456789")
    caplog.clear()
    lone = resolve(recipe, [two, "task.heads.boxes=null", "task.heads.mask=null"]).recipe
    lone["data"]["sources"]["two"]["names"] = {"label": every}
    say_slots(load_data(lone))
    assert "data.sources: no training image is read of two" in caplog.messages


def test_an_unknown_choice_is_refused(outcome: Outcome) -> None:
    with pytest.raises(UserError, match=r"no value of --labels 'kep' \(did you mean 'keep'\?\)"):
        start_from(outcome.run, "kep")
    assert isinstance(start_from(outcome.run, "keep"), Start)


def test_data_of_other_class_names_are_measured_by_those_of_the_checkpoint_on_request(
    outcome: Outcome, recipe: dict[str, Any], tmp_path: Path
) -> None:
    source = {key: value for key, value in recipe["data"].items() if key not in ("size", "batch", "workers")}
    order = "data.classes={boxes: ['1', '0', '2', '3', '4', '5', '6', '7', '8', '9']}"
    other = [f"data.sources={{data: {source}}}".replace("'", ""), order]
    with pytest.raises(UserError, match=r"class names of 'boxes' are others .*; choose: --labels keep \(the classes"):
        evaluate(outcome.run, "test", other, tmp_path / "stopped")
    renamed = [other[0], "data.sources.data.names={boxes: {'9': nine}}"]
    with pytest.raises(
        UserError, match=r"the data have nine of 'boxes', which .* does not know; rename them, or leave"
    ):
        evaluate(outcome.run, "test", renamed, tmp_path / "stopped", "keep")
    fewer = [other[0], "data.sources.data.names={boxes: {'9': null}}"]
    found = evaluate(outcome.run, "test", fewer, tmp_path / "kept", "keep")
    assert found.metrics["test/mask/miou"] == pytest.approx(outcome.metrics["test/mask/miou"])
