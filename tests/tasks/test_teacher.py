"""What heads learn from those of a trained model."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from polyhead import checkpoints
from polyhead.contracts import Batch
from polyhead.errors import UserError

MakeTask = Callable[..., Any]
BODY = {"name": "convnet", "channels": [8, 8], "depth": 1}
HEADS: dict[str, dict[str, Any]] = {
    "label": {"name": "classification"},
    "mask": {"name": "segmentation", "width": 8},
}


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes a model as `fit` does, and returns where."""

    def write(
        task: Any, heads: dict[str, Any], labels: dict[str, Any], weights: dict[str, Tensor] | None = None
    ) -> str:
        recipe = {"task": {"name": "multitask", "backbone": BODY, "heads": heads, "labels": labels}}
        weights = weights or task.model.state_dict()
        stored = {checkpoints.PREFIX + name: value for name, value in weights.items()}
        torch.save({"polyhead": checkpoints.stamp(recipe), "state_dict": stored}, tmp_path / "teacher.ckpt")
        return str(tmp_path / "teacher.ckpt")

    return write


def labels_of(task: Any) -> dict[str, Any]:
    """Return the class names of a task's targets."""
    return {task.targets[name]: list(head.labels) for name, head in task.model.named_heads().items()}


def batch(rows: dict[str, list[int]]) -> Batch:
    """Return three images, of which `rows` carry a target."""
    inputs = torch.randint(256, (3, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    whole = {"label": torch.tensor([0, 1, 2]), "mask": torch.zeros(3, 32, 32, dtype=torch.long)}
    targets = {name: whole[name][some] for name, some in rows.items()}
    return Batch(inputs, targets, {name: torch.tensor(some) for name, some in rows.items()}, {}, ())


def distilled(task: Any, rows: dict[str, list[int]] | None = None) -> dict[str, Any]:
    """Return what each head learns from the teacher of a batch, in eval mode, as BatchNorm is then the same."""
    found = dict(task.eval().losses(batch(rows or {})))
    return {name: losses["distil"] for name, losses in found.items() if "distil" in losses}


def test_from_a_teacher_of_the_same_weights_there_is_nothing_to_learn(make_task: MakeTask, keep: Any) -> None:
    student, teacher = make_task(), make_task()
    path = keep(teacher, HEADS, labels_of(teacher))
    student.teacher = make_task(teacher=path).teacher
    assert all(loss.total > 0 for loss in distilled(student).values())
    student.model.load_state_dict(teacher.model.state_dict())
    assert all(loss.total.item() == pytest.approx(0, abs=1e-3) for loss in distilled(student).values())


def test_every_image_is_learned_from_labelled_or_not(make_task: MakeTask, keep: Any) -> None:
    teacher = make_task()
    student = make_task(teacher=keep(teacher, HEADS, labels_of(teacher)))
    some, none = distilled(student, {"label": [1]}), distilled(student)
    assert (some["label"].count, some["mask"].count) == (3, 3 * 32 * 32)
    torch.testing.assert_close(some["label"].total, none["label"].total)


def test_the_weight_multiplies_and_the_teacher_gets_no_gradient(make_task: MakeTask, keep: Any) -> None:
    teacher = make_task()
    path = keep(teacher, HEADS, labels_of(teacher))
    student = make_task(teacher=path, teacher_weight=3.0)
    other = make_task(teacher=path)
    other.model.load_state_dict(student.model.state_dict())
    mine = distilled(student)["label"].total
    torch.testing.assert_close(mine, 3 * distilled(other)["label"].total)
    mine.backward()
    assert student.model.heads["label"].layer[1].weight.grad.any()
    assert not any(p.requires_grad or p.grad is not None for p in student.teacher.model.parameters())


def test_the_teacher_is_no_part_of_the_student(make_task: MakeTask, keep: Any) -> None:
    teacher, plain = make_task(), make_task()
    student = make_task(teacher=keep(teacher, HEADS, labels_of(teacher)))
    distilled(student)
    assert student.state_dict().keys() == plain.state_dict().keys()
    assert len(list(student.parameters())) == len(list(plain.parameters()))
    student.train()
    assert not student.teacher.model.training


def test_loading_a_teacher_takes_no_random_numbers(make_task: MakeTask, keep: Any) -> None:
    teacher = make_task()
    student = make_task(teacher=keep(teacher, HEADS, labels_of(teacher)))
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    distilled(student)
    assert torch.equal(torch.rand(2), expected)


def test_classes_are_matched_by_name(make_task: MakeTask, keep: Any) -> None:
    teacher = make_task(heads={"label": HEADS["label"]})
    labels = labels_of(teacher)
    weights = deepcopy(teacher.model.state_dict())
    for part in ("weight", "bias"):
        weights[f"heads.label.layer.1.{part}"] = weights[f"heads.label.layer.1.{part}"].flip(0)
    path = keep(teacher, {"label": HEADS["label"]}, {"label": labels["label"][::-1]}, weights)
    student = make_task(heads={"label": HEADS["label"]}, teacher=path)
    student.model.load_state_dict(teacher.model.state_dict())
    assert distilled(student)["label"].total.item() == pytest.approx(0, abs=1e-4)


def test_a_head_of_the_same_target_teaches_where_none_has_the_name(
    make_task: MakeTask, keep: Any, caplog: pytest.LogCaptureFixture
) -> None:
    heads = {"digit": {"name": "classification", "target": "label"}}
    teacher = make_task(heads=heads)
    student = make_task(teacher=keep(teacher, heads, labels_of(teacher)))
    assert distilled(student).keys() == {"label"}
    assert "task.heads.mask: has nobody to learn from" in caplog.text


def test_other_classes_are_refused_with_those_that_differ(make_task: MakeTask, keep: Any) -> None:
    heads = {"label": HEADS["label"]}
    teacher = make_task(heads=heads)
    labels = labels_of(teacher)["label"]
    path = keep(teacher, heads, {"label": [*labels[:-1], "ten"]})
    with pytest.raises(UserError, match=rf"only it has: ten; only the data have: {labels[-1]}; take a teacher"):
        distilled(make_task(heads=heads, teacher=path))


def test_an_answer_to_another_question_is_refused(make_task: MakeTask, keep: Any) -> None:
    several = {"label": {"name": "classification", "multilabel": True}}
    teacher = make_task(heads=several)
    path = keep(teacher, several, labels_of(teacher))
    with pytest.raises(
        UserError, match=r"task\.heads\.label: multilabel is False, and True of its teacher; take another"
    ):
        distilled(make_task(teacher=path))


def test_a_teacher_that_has_nothing_to_teach_is_refused(make_task: MakeTask, keep: Any) -> None:
    teacher = make_task(heads={"label": HEADS["label"]})
    path = keep(teacher, {"label": HEADS["label"]}, labels_of(teacher))
    with pytest.raises(
        UserError, match=r"has the heads label \(Classification\), and none teaches mask \(Segmentation\)"
    ):
        distilled(make_task(heads={"mask": HEADS["mask"]}, teacher=path))


def test_a_teacher_that_is_gone_is_missed_when_it_is_needed(make_task: MakeTask) -> None:
    task = make_task(teacher="runs/gone")
    with pytest.raises(UserError, match=r"task\.teacher: no run folder and no checkpoint at runs/gone; a run needs"):
        distilled(task)


@pytest.mark.parametrize(("option", "value"), [("temperature", 0.0), ("teacher_weight", -1.0)])
def test_impossible_numbers_are_named(option: str, value: float, make_task: MakeTask) -> None:
    with pytest.raises(UserError, match=rf"task\.{option}: .* does not fit; it takes"):
        make_task(**{option: value})
