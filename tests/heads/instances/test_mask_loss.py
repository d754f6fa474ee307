"""What masks learn from."""

import math

import pytest
import torch
from scene import BOXES, SIZE, STRIDE, cells, masks, scene, truth
from torch import Tensor

from polyhead.contracts import Loss
from polyhead.heads.detection.loss import match
from polyhead.heads.instances.loss import mask_loss, shrink
from polyhead.heads.instances.outputs import InstanceOutputs
from polyhead.heads.instances.prototypes import within


def loss(outputs: InstanceOutputs, targets: list[dict[str, Tensor]], *, most: int = 9, dice: float = 0.0) -> Loss:
    layers = [target["masks"] for target in targets]
    return mask_loss(outputs, layers, match(outputs.found, targets), most=most, dice=dice)


@pytest.mark.parametrize("dice", [0.0, 1.0])
def test_coefficients_that_select_the_own_prototype_lose_nothing_and_swapped_ones_much(dice: float) -> None:
    right, wrong = loss(scene(), truth(), dice=dice), loss(scene(swapped=True), truth(), dice=dice)
    assert right.count == wrong.count == 2  # points
    assert right.total < 0.01
    assert wrong.total > 4 + dice


def test_masks_that_say_nothing_lose_the_logarithm_of_two_a_point() -> None:
    outputs = scene()
    silent = outputs._replace(coefficients=torch.zeros_like(outputs.coefficients))
    assert loss(silent, truth()).total.item() == pytest.approx(2 * math.log(2), rel=1e-5)


def test_cells_outside_the_box_teach_nothing_and_those_in_it_weigh_alike_in_sum() -> None:
    outputs = scene(strength=1.0)
    loss(outputs, truth()).total.backward()
    gradient = outputs.prototypes.grad
    assert gradient is not None
    touched = within(BOXES, tuple(cells().shape[1:]), STRIDE, 0.5).any(0)  # type: ignore[arg-type]  # two numbers
    assert (gradient[0].abs().sum(0) > 0).equal(touched)
    first = cells()[0].bool() & ~cells()[1].bool()  # cells of a kind: their gradient is that of one, over the area
    own = gradient[0, 0][first & within(BOXES[:1], (8, 10), STRIDE, 0.5)[0]]
    assert own.unique().numel() == 1
    assert own[0] == pytest.approx((torch.sigmoid(torch.tensor(0.5)) - 1).item() / 16, rel=1e-4)  # 4 x 4 cells


def test_as_many_points_are_looked_at_as_allowed() -> None:
    assert loss(scene(), truth(), most=1).count == 1


def test_objects_without_pixels_and_items_without_objects_teach_no_mask() -> None:
    bare = [{**truth()[0], "masks": torch.zeros_like(masks())}]
    none = [{key: part[:0] for key, part in truth()[0].items()}]
    for targets in (bare, none):
        found = loss(scene(), targets, dice=1.0)
        assert found.total == found.count == 0
        assert found.total.requires_grad


def test_cells_hold_the_share_of_their_pixels_also_at_an_edge_that_no_stride_divides() -> None:
    mask = torch.zeros(1, 6, 7, dtype=torch.uint8)
    mask[:, :3, :4] = 1
    mask[:, :, 4:] = 1
    found = shrink([mask, mask[:0]], torch.zeros(2, 5, 2, 2), 4)
    assert found.shape == (2, 1, 2, 2)
    assert found[0, 0].tolist() == [[0.75, 1], [0, 1]]  # 3 of 4 rows; then columns 4 to 6 alone
    assert not found[1].any()


@pytest.mark.parametrize(("reach", "count"), [(0.0, 4), (0.5, 9)])
def test_a_box_takes_the_cells_whose_middles_are_in_it_or_all_that_it_touches(reach: float, count: int) -> None:
    assert within(torch.tensor([[3.0, 3, 13, 13]]), (5, 5), 4, reach).sum() == {4: 4, 9: 16}[count]
    assert within(torch.tensor([[5.0, 5, 6, 6]]), (5, 5), 4, 0.5).sum() == 1  # smaller than a cell: still seen
    assert within(torch.zeros(0, 4), SIZE, 4, reach).shape == (0, *SIZE)
