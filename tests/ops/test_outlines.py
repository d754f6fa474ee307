"""Boxes around pixels."""

import torch
from torchvision.ops import masks_to_boxes

from polyhead.ops.outlines import boxes_around


def test_boxes_are_those_of_torchvision_up_to_the_far_side_of_the_last_pixel() -> None:
    masks = torch.rand(20, 9, 13, generator=torch.Generator().manual_seed(0)) > 0.93
    masks = masks[masks.flatten(1).any(1)]
    assert torch.equal(boxes_around(masks), masks_to_boxes(masks) + torch.tensor([0, 0, 1, 1]))
    assert torch.equal(boxes_around(masks.byte()), boxes_around(masks))


def test_an_empty_mask_has_an_empty_box_and_no_mask_has_none() -> None:
    assert boxes_around(torch.zeros(2, 5, 6, dtype=torch.uint8)).tolist() == [[0, 0, 0, 0]] * 2
    assert boxes_around(torch.zeros(0, 5, 6)).shape == (0, 4)
