"""Which anchor points answer for which box."""

import pytest
import torch
from torch import Tensor
from torchvision.ops import box_iou
from torchvision.tv_tensors import BoundingBoxes

from polyhead.heads.detection.assign import Assignment, assign, pad, pairwise_iou
from polyhead.heads.detection.decode import grid

CPU = torch.device("cpu")
POINTS, STRIDES = grid([(4, 4), (2, 2)], (8, 16))  # of a 32 x 32 input: 16 points at 4, 12, 20, 28, and 4 at 8, 24


def target(*boxes: list[float], labels: list[int] | None = None) -> dict[str, Tensor]:
    return {
        "boxes": torch.tensor(boxes).reshape(-1, 4),
        "labels": torch.tensor(labels or [0] * len(boxes), dtype=torch.int64),
    }


def run(predicted: Tensor, logits: Tensor, *targets: dict[str, Tensor], most: int = 10) -> Assignment:
    return assign(logits, predicted, POINTS, STRIDES, pad(targets, CPU), most=most)


def around(radius: float, batch: int = 1) -> Tensor:
    return torch.cat([POINTS - radius, POINTS + radius], dim=1).repeat(batch, 1, 1)


def test_a_hand_made_case_gives_the_scores_of_the_paper() -> None:
    predicted = torch.zeros(1, 20, 4)
    predicted[0, 0] = torch.tensor([0.0, 0, 8, 4])  # IoU 1/2 with the box, point (4, 4)
    predicted[0, 16] = torch.tensor([0.0, 0, 8, 8])  # IoU 1, point (8, 8): on the border, so not inside
    predicted[0, 5] = torch.tensor([0.0, 0, 8, 8])  # IoU 1, point (12, 12): outside
    found = run(predicted, torch.zeros(1, 20, 1), target([0, 0, 8, 8]))
    assert found.positive[0].nonzero().flatten().tolist() == [0]
    assert found.score[0, 0] == pytest.approx(0.5)


def test_scores_fall_with_alignment_from_the_highest_iou_of_the_box() -> None:
    predicted = torch.zeros(1, 20, 4)
    predicted[0, 0], predicted[0, 1] = torch.tensor([0.0, 0, 16, 8]), torch.tensor([0.0, 0, 16, 4])  # IoU 1/2, 1/4
    logits = torch.zeros(1, 20, 1)
    logits[0, 1] = torch.tensor(0.81).logit()
    found = run(predicted, logits, target([0, 0, 16, 16]))
    alignments = 0.5**0.5 * 0.5**6, 0.81**0.5 * 0.25**6
    assert found.score[0, 0] == pytest.approx(0.5)
    assert found.score[0, 1] == pytest.approx(0.5 * alignments[1] / alignments[0], rel=1e-5)


def test_a_box_claims_at_most_so_many_points_and_the_best_aligned() -> None:
    predicted = around(4)
    predicted[0, [5, 6, 9]] = torch.tensor([0.0, 0, 32, 32])
    found = run(predicted, torch.zeros(1, 20, 1), target([0, 0, 32, 32]), most=3)
    assert found.positive[0].nonzero().flatten().tolist() == [5, 6, 9]


def test_the_score_of_the_boxs_own_class_decides() -> None:
    logits = torch.full((1, 20, 2), -5.0)
    logits[0, 0, 0] = logits[0, 3, 1] = 5.0
    predicted = torch.tensor([0.0, 0, 32, 32]).repeat(1, 20, 1)
    found = run(predicted, logits, target([0, 0, 32, 32], labels=[1]), most=1)
    assert found.positive[0].nonzero().flatten().tolist() == [3]


def test_a_point_that_two_boxes_claim_goes_to_the_one_it_overlaps_more() -> None:
    targets = target([0, 0, 16, 16], [0, 0, 16, 8])
    predicted = torch.tensor([0.0, 0, 16, 9]).repeat(1, 20, 1)
    found = run(predicted, torch.zeros(1, 20, 1), targets)
    assert found.positive[0].nonzero().flatten().tolist() == [0, 1, 4, 5, 16]
    assert found.truth[0, [0, 1]].tolist() == [1, 1]
    assert found.truth[0, [4, 5, 16]].tolist() == [0, 0, 0]  # these are inside the first box only


def test_two_equal_boxes_share_no_point() -> None:
    found = run(around(8), torch.zeros(1, 20, 1), target([0, 0, 32, 32], [0, 0, 32, 32]))
    assert found.positive.sum() == 10
    assert found.truth[found.positive].tolist() == [0] * 10


def test_a_box_too_small_for_a_point_takes_the_nearest_of_the_finest_level() -> None:
    found = run(around(8), torch.zeros(1, 20, 1), target([8.5, 8.5, 9.5, 9.5]))
    assert POINTS[found.positive[0]].tolist() == [[12, 12]]  # (8, 8) of the coarse level is nearer
    assert found.score[found.positive] > 0


def test_items_without_boxes_and_boxes_without_area_get_no_point() -> None:
    flat = target([4, 4, 4, 20], [10, 10, 5, 30])
    found = run(around(8, 3), torch.zeros(3, 20, 1), target(), flat, target([0, 0, 20, 20]))
    assert found.positive.any(dim=1).tolist() == [False, False, True]
    assert found.score[:2].sum() == 0


def test_boxes_may_be_torchvisions_own_of_any_number_type() -> None:
    boxes = BoundingBoxes([[0, 0, 20, 20]], format="XYXY", canvas_size=(32, 32), dtype=torch.int64)
    truth = pad([{"boxes": boxes, "labels": torch.tensor([1], dtype=torch.int32)}], CPU)
    assert truth.boxes.tolist() == [[[0.0, 0.0, 20.0, 20.0]]]
    assert (truth.boxes.dtype, truth.labels.dtype) == (torch.float32, torch.int64)


def test_no_items_give_an_empty_assignment() -> None:
    found = run(torch.zeros(0, 20, 4), torch.zeros(0, 20, 3))
    assert [tuple(each.shape) for each in found] == [(0, 20)] * 3 + [(0, 1, 10)] * 2


def test_both_forms_of_an_assignment_say_the_same() -> None:
    generator = torch.Generator().manual_seed(2)
    targets = [target([0, 0, 20, 20], [4, 4, 30, 30], [1, 1, 19, 21]), target([8.5, 8.5, 9.5, 9.5])]
    found = run(around(9, 2), torch.randn(2, 20, 1, generator=generator), *targets)
    score, truth = torch.zeros(2, 20), torch.zeros(2, 20, dtype=torch.int64)
    for item, box, claim in (found.goal > 0).nonzero().tolist():
        point = found.place[item, box, claim]
        assert score[item, point] == 0
        score[item, point], truth[item, point] = found.goal[item, box, claim], box
    assert torch.equal(found.score, score)
    assert torch.equal(found.truth, truth)
    assert torch.equal(found.positive, score > 0)


def test_items_do_not_see_each_other() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(3, 20, 2, generator=generator)
    targets = [target([0, 0, 20, 20], [4, 4, 30, 30]), target(), target([2, 2, 9, 31], labels=[1])]
    together = run(around(7, 3), logits, *targets)
    for row in range(3):
        alone = run(around(7), logits[row : row + 1], targets[row])
        assert torch.equal(alone.score[0], together.score[row])
        assert torch.equal(alone.truth[0], together.truth[row])


def test_pairwise_iou_agrees_with_torchvision() -> None:
    corner, extent = torch.rand(2, 2, 30, 2, generator=torch.Generator().manual_seed(0)) * 20
    boxes = torch.cat([corner, corner + extent], dim=-1)
    expected = torch.stack([box_iou(each[:10], each[10:]) for each in boxes])
    torch.testing.assert_close(pairwise_iou(boxes[:, :10], boxes[:, 10:]), expected)
