"""From distances to boxes, and from many boxes to few."""

import pytest
import torch
from torchvision.ops import batched_nms

from polyhead.heads.detection.decode import grid, select, to_boxes

SIZE = (100, 100)


def test_anchor_points_are_the_middles_of_the_cells_row_by_row() -> None:
    points, strides = grid([(2, 3), (1, 1)], (8, 16))
    assert points.tolist() == [[4, 4], [12, 4], [20, 4], [4, 12], [12, 12], [20, 12], [8, 8]]
    assert strides.tolist() == [8] * 6 + [16]


def test_known_distances_give_known_boxes() -> None:
    points, strides = torch.tensor([[12.0, 20.0], [16.0, 16.0]]), torch.tensor([8.0, 32.0])
    distances = torch.tensor([[[1.0, 2.0, 0.5, 0.25], [0.5, 0.5, 1.0, 1.0]]])
    assert to_boxes(points, strides, distances).tolist() == [[[4, 4, 16, 22], [0, 0, 48, 48]]]


def test_of_two_overlapping_boxes_of_a_class_the_better_stays() -> None:
    boxes = torch.tensor([[10.0, 10, 50, 50], [11, 10, 50, 50], [60, 60, 90, 90]])
    found = select(boxes, torch.tensor([[0.5], [0.8], [0.3]]), SIZE)
    assert found["boxes"].tolist() == [[11, 10, 50, 50], [60, 60, 90, 90]]
    assert found["scores"].tolist() == torch.tensor([0.8, 0.3]).tolist()
    assert found["labels"].dtype == torch.int64


def test_boxes_of_another_class_stay_however_much_they_overlap() -> None:
    boxes = torch.tensor([[10.0, 10, 50, 50], [10, 10, 50, 50]])
    found = select(boxes, torch.tensor([[0.5, 0.0], [0.0, 0.8]]), SIZE)
    assert found["labels"].tolist() == [1, 0]


def test_overlap_up_to_the_limit_is_no_reason_to_go() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 6.9], [0, 0, 10, 7.1]])  # IoU 0.69 and 0.71 with the first
    found = select(boxes[:2], torch.tensor([[0.9], [0.8]]), SIZE)
    assert len(found["boxes"]) == 2
    assert len(select(boxes[[0, 2]], torch.tensor([[0.9], [0.8]]), SIZE)["boxes"]) == 1


def test_one_point_may_answer_for_two_classes() -> None:
    assert select(torch.tensor([[0.0, 0, 9, 9]]), torch.tensor([[0.4, 0.6]]), SIZE)["labels"].tolist() == [1, 0]


def test_low_scores_are_left_out_and_the_list_is_bounded() -> None:
    corner = torch.stack(torch.meshgrid(torch.arange(20.0), torch.arange(20.0), indexing="ij"), -1).flatten(0, 1) * 5
    boxes = torch.cat([corner, corner + 4], dim=1)
    assert len(select(boxes, torch.full((400, 1), 0.001), SIZE)["boxes"]) == 0
    assert len(select(boxes, torch.full((400, 1), 0.0011), SIZE)["boxes"]) == 300
    assert len(select(boxes, torch.full((400, 1), 0.5), SIZE, most=7)["boxes"]) == 7


def test_boxes_are_clamped_to_the_input_and_dropped_outside_it() -> None:
    found = select(torch.tensor([[-5.0, -6, 300, 40], [120, 0, 130, 9]]), torch.tensor([[0.5], [0.9]]), (60, 80))
    assert found["boxes"].tolist() == [[0, 0, 80, 40]]


def test_every_box_names_the_anchor_point_that_it_came_from() -> None:
    boxes = torch.tensor(
        [[200.0, 0, 210, 9], [11, 10, 50, 50], [60, 60, 90, 90], [10, 10, 50, 50]]
    )  # the first is outside
    found = select(boxes, torch.tensor([[0.9, 0.9], [0.5, 0.2], [0.3, 0.7], [0.8, 0.1]]), SIZE)
    assert found["points"].tolist() == [3, 2, 2, 1]
    assert torch.equal(found["boxes"], boxes[found["points"]])


@pytest.mark.parametrize("spread", [10, 4000])
def test_many_boxes_give_what_one_suppression_of_all_gives(spread: int) -> None:
    corner, extent = torch.rand(2, 2500, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor(
        [[[float(spread)]], [[30.0]]]
    )
    boxes, score = torch.cat([corner, corner + 30 + extent], dim=1), torch.rand(2500, generator=torch.Generator())
    labels = torch.arange(2500) % 2
    expected = batched_nms(boxes, score, labels, 0.7)
    expected = expected[score[expected] > 0.001][:300]
    found = select(boxes, torch.zeros(2500, 2).scatter(1, labels[:, None], score[:, None]), (5000, 5000))
    assert (len(expected) == 300) == (spread == 4000)
    assert torch.equal(found["boxes"], boxes[expected])
