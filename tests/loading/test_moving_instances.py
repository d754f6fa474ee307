"""Instances on their way into a batch: box, label and mask of an object stay together."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors

from polyhead.contracts import Frame
from polyhead.data.digits import Digits
from polyhead.loading.augment import Augment
from polyhead.loading.collate import collate
from polyhead.loading.letterbox import letterbox_item
from polyhead.loading.source import InstanceMasks, Item
from polyhead.ops.outlines import boxes_around

SIDE = 64


def item(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (SIDE, SIDE)) -> Item:
    """Return white rectangles on black, labelled 0, 1 ...; each is an instance."""
    masks = torch.zeros(len(boxes), *size, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
        mask[y1:y2, x1:x2] = 1
    image = tv_tensors.Image((masks.sum(0).clamp(max=1) * 255).byte().repeat(3, 1, 1))
    corners = tv_tensors.BoundingBoxes(torch.tensor(boxes).float().view(-1, 4), format="XYXY", canvas_size=size)
    labels = torch.arange(len(boxes))
    return Item(image, {"instances": {"boxes": corners, "labels": labels, "masks": InstanceMasks(masks)}})


TWO = item((10, 8, 40, 30), (30, 20, 60, 62))


@pytest.mark.parametrize(
    "named",
    [
        "random_horizontal_flip",
        {"name": "random_rotation", "degrees": 30},
        {"name": "random_affine", "degrees": 20, "translate": [0.3, 0.3], "scale": [0.5, 2], "shear": 10},
        {"name": "random_perspective", "p": 1.0},
        {"name": "elastic_transform"},
        {"name": "random_zoom_out", "p": 1.0},
        {"name": "random_iou_crop"},
        {"name": "random_resized_crop", "scale": [0.1, 0.5]},
    ],
)
def test_the_box_is_that_of_the_mask_and_both_are_where_the_image_shows_the_object(named: Any) -> None:
    augment = Augment((named,), (SIDE, SIDE))
    for number in range(15):
        for one in (TWO, item((5, 5, 25, 45))):
            image, targets = augment(one, (number,))
            boxes, labels, masks = targets["instances"].values()
            assert masks.shape == (len(labels), SIDE, SIDE)
            assert torch.equal(boxes.as_subclass(Tensor), boxes_around(masks.as_subclass(Tensor)))
            shown = (image[0] > 190) & (image[0] <= 255)
            union = masks.as_subclass(Tensor).any(0) if len(masks) else torch.zeros(SIDE, SIDE, dtype=torch.bool)
            assert (shown != union).float().mean() < 0.05


def test_an_object_that_is_cut_to_a_sliver_goes_with_box_label_and_mask() -> None:
    shift = Augment(({"name": "random_affine", "degrees": 0, "translate": [0, 0], "scale": [2, 2]},), (SIDE, SIDE))
    targets = shift(item((0, 0, 17, 30), (20, 20, 44, 44)), (0,)).targets["instances"]  # the middle half is left
    assert targets["labels"].tolist() == [0, 1]
    targets = shift(item((0, 0, 16, 30), (20, 20, 44, 44)), (0,)).targets["instances"]
    assert targets["labels"].tolist() == [1]
    assert targets["masks"].shape == (1, SIDE, SIDE)
    assert targets["boxes"].shape == (1, 4)


def test_scenes_without_objects_pass_every_step() -> None:
    steps: tuple[Any, ...] = (
        *Digits.augment,
        {"name": "random_affine", "degrees": 20, "scale": [0.5, 2]},
        "random_perspective",
        "elastic_transform",
        "random_zoom_out",
    )
    for number in range(5):
        found = Augment(steps, (SIDE, SIDE))(item(), (number,)).targets["instances"]
        assert [tuple(part.shape) for part in found.values()] == [(0, 4), (0,), (0, SIDE, SIDE)]


def test_the_letterbox_scales_every_layer_and_pads_it_with_nothing() -> None:
    (_, targets), frame = letterbox_item(item((0, 0, 40, 20), (10, 10, 20, 20), size=(20, 40)), 80)
    found = targets["instances"]
    assert frame == Frame((20, 40), (2.0, 2.0), (20, 0))
    assert found["boxes"].tolist() == [[0, 20, 80, 60], [20, 40, 40, 60]]
    assert torch.equal(boxes_around(found["masks"].as_subclass(Tensor)), found["boxes"].as_subclass(Tensor))
    assert found["masks"].unique().tolist() == [0, 1]
    assert letterbox_item(item(size=(20, 40)), 80)[0].targets["instances"]["masks"].shape == (0, 80, 80)


def test_a_batch_holds_a_plain_dict_an_item() -> None:
    frame = Frame((SIDE, SIDE), (1, 1), (0, 0))
    first, second = collate([(TWO, frame), (item(), frame)]).targets["instances"]
    assert [tuple(part.shape) for part in first.values()] == [(2, 4), (2,), (2, SIDE, SIDE)]
    assert {type(part) for part in (*first.values(), *second.values())} == {Tensor}
