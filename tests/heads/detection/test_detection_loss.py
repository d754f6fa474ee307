"""What detection learns from."""

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torchvision.ops import complete_box_iou_loss

from polyhead.contracts import Loss
from polyhead.heads.detection.assign import assign, pad
from polyhead.heads.detection.decode import grid, to_boxes
from polyhead.heads.detection.loss import detection_loss, match
from polyhead.heads.detection.outputs import Boxes, DetectionOutputs

SHAPES = [(8, 8), (4, 4), (2, 2)]


def losses(out: DetectionOutputs, targets: Boxes, known: Tensor | None = None) -> dict[str, Loss]:
    return detection_loss(out, match(out, targets), known)


def outputs(batch: int, classes: int = 3) -> DetectionOutputs:
    generator = torch.Generator().manual_seed(0)
    points, strides = grid(SHAPES, (8, 16, 32))
    logits = torch.randn(batch, len(points), classes, generator=generator).requires_grad_()
    distances = 0.5 + 2 * torch.rand(batch, len(points), 4, generator=generator)
    boxes = to_boxes(points, strides, distances).requires_grad_()
    return DetectionOutputs(logits, boxes, points, strides, (64, 64))


@pytest.fixture
def targets() -> Boxes:
    return [
        {"boxes": torch.tensor([[5.0, 5, 30, 40], [20, 10, 60, 60]]), "labels": torch.tensor([0, 2])},
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
    ]


def test_box_loss_is_the_score_weighted_sum_of_torchvisions_ciou(targets: Boxes) -> None:
    out = outputs(2)
    truth = pad(targets, torch.device("cpu"))
    found = assign(out.logits.detach(), out.boxes.detach(), out.points, out.strides, truth)
    expected = sum(
        complete_box_iou_loss(out.boxes[i, a], truth.boxes[i, found.truth[i, a]]) * found.score[i, a]
        for i, a in found.positive.nonzero().tolist()
    )
    loss = losses(out, targets)["box"]
    torch.testing.assert_close(loss.total, 7.5 * expected)
    torch.testing.assert_close(loss.count, found.score.sum())


def test_class_loss_without_boxes_is_the_cost_of_every_score() -> None:
    out = outputs(1)
    loss = losses(out, [{"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}])
    torch.testing.assert_close(loss["class"].total, -0.5 * (1 - out.logits.sigmoid()).log().sum())
    assert loss["class"].count == 0
    assert loss["box"].total == 0


def test_class_gradient_is_the_score_less_its_soft_target(targets: Boxes) -> None:
    out = outputs(2)
    found = assign(out.logits.detach(), out.boxes.detach(), out.points, out.strides, pad(targets, torch.device("cpu")))
    soft = torch.zeros_like(out.logits)
    for i, a in found.positive.nonzero().tolist():
        soft[i, a, int(targets[i]["labels"][found.truth[i, a]])] = found.score[i, a]
    (grad,) = torch.autograd.grad(losses(out, targets)["class"].total, out.logits)
    torch.testing.assert_close(grad, 0.5 * (out.logits.detach().sigmoid() - soft))


def test_unknown_classes_get_exactly_no_gradient_and_the_rest_the_same(targets: Boxes) -> None:
    out = outputs(2)
    known = torch.tensor([[True, False, True], [False, True, True]])
    (every,) = torch.autograd.grad(losses(out, targets)["class"].total, out.logits)
    (some,) = torch.autograd.grad(losses(out, targets, known)["class"].total, out.logits)
    assert torch.equal(some[0, :, 1], torch.zeros(len(out.points)))
    assert torch.equal(some[1, :, 0], torch.zeros(len(out.points)))
    assert torch.equal(some[0, :, [0, 2]], every[0, :, [0, 2]])
    assert torch.equal(some[1, :, 1:], every[1, :, 1:])


def test_no_items_cost_nothing_and_stay_in_the_graph() -> None:
    out = outputs(0)
    for loss in losses(out, [], torch.zeros(0, 3, dtype=torch.bool)).values():
        assert loss.total == 0
        assert loss.count == 0
        loss.total.backward()
    assert out.logits.grad is not None
    assert out.boxes.grad is not None


def test_counts_carry_no_gradient(targets: Boxes) -> None:
    assert not any(loss.count.requires_grad for loss in losses(outputs(2), targets).values())


def test_a_batch_costs_the_sum_of_its_items(targets: Boxes) -> None:
    out = outputs(2)
    both = losses(out, targets)
    for name, loss in both.items():
        alone = [
            losses(out._replace(logits=out.logits[i, None], boxes=out.boxes[i, None]), targets[i : i + 1])[name]
            for i in range(2)
        ]
        torch.testing.assert_close(loss.total, alone[0].total + alone[1].total)
        torch.testing.assert_close(loss.count, alone[0].count + alone[1].count)


def test_boxes_without_area_in_the_labels_leave_loss_and_gradient_finite(targets: Boxes) -> None:
    out = outputs(2)
    flat: dict[str, Tensor] = {"boxes": torch.tensor([[9.0, 9, 9, 40], [3, 3, 3, 3]]), "labels": torch.tensor([1, 1])}
    total = sum(loss.total for loss in losses(out, [targets[0], flat]).values())
    grads = torch.autograd.grad(total, [out.logits, out.boxes])
    assert all(grad.isfinite().all() for grad in grads)


def test_no_shape_depends_on_values_so_that_a_gpu_is_never_waited_for() -> None:
    with FakeTensorMode():  # it knows shapes alone: item(), nonzero() and masks raise
        points, strides = grid(SHAPES, (8, 16, 32))
        out = DetectionOutputs(
            torch.zeros(2, 84, 3).requires_grad_(), torch.zeros(2, 84, 4).requires_grad_(), points, strides, (64, 64)
        )
        targets = [{"boxes": torch.zeros(n, 4), "labels": torch.zeros(n, dtype=torch.int64)} for n in (3, 0)]
        total = sum(loss.total for loss in losses(out, targets, torch.ones(2, 3, dtype=torch.bool)).values())
        grads = torch.autograd.grad(total, [out.logits, out.boxes])
        assert [grad.shape for grad in grads] == [(2, 84, 3), (2, 84, 4)]
