"""What may still change once a model is trained."""

import pytest

from polyhead.errors import UserError
from polyhead.running.afterwards import check_changes
from polyhead.running.outcome import Outcome
from polyhead.running.training import evaluate

RECIPE = {"task": {"heads": {"boxes": {"name": "detection", "one_to_one": True}, "label": {"name": "classification"}}}}


def test_how_a_trained_head_predicts_may_change_and_what_it_learned_may_not() -> None:
    check_changes(RECIPE, ["task.heads.boxes.nms=false", "data.batch=4", "seed=3", "data=PATH", "trainer.devices=1"])
    for change in ("task.heads.boxes.depth=1", "task.heads.label.nms=false", "task.heads=nms", "task.lr=3"):
        with pytest.raises(
            UserError, match=r"stays as it is; only data, trainer, task\.heads\.boxes\.nms and seed may"
        ):
            check_changes(RECIPE, [change])


def test_a_run_is_measured_with_its_head_told_how_to_predict(outcome: Outcome) -> None:
    same = evaluate(outcome.run, "test", ["task.heads.boxes.nms=true"], outcome.run.parent / "again")
    assert same.metrics == pytest.approx(outcome.metrics)
    with pytest.raises(UserError, match=r"one_to_one=True"):  # it never learned to do without
        evaluate(outcome.run, "test", ["task.heads.boxes.nms=false"])


def test_a_head_may_be_left_out_and_the_others_answer_as_before(outcome: Outcome) -> None:
    found = evaluate(outcome.run, "test", ["task.heads.mask=null"], outcome.run.parent / "without").metrics
    for head in ("label", "boxes"):
        expected = {name: value for name, value in outcome.metrics.items() if name.startswith(f"test/{head}/")}
        assert expected
        assert {name: found[name] for name in expected} == pytest.approx(expected, nan_ok=True)
    assert not any("mask" in name for name in found)
