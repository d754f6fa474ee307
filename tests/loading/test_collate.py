"""Items -> Batch."""

from typing import Any

import torch
from torch import Tensor
from torchvision import tv_tensors

from polyhead.contracts import Frame
from polyhead.loading.collate import collate
from polyhead.loading.source import DenseMap, Item
from polyhead.ops.censored import Censored

FRAME = Frame((8, 8), (1.0, 1.0), (0, 0))


def sample(**targets: Any) -> tuple[Item, Frame]:
    """Return an item of 8 x 8 pixels with some targets."""
    return Item(tv_tensors.Image(torch.zeros(3, 8, 8, dtype=torch.uint8)), targets), FRAME


def boxes(count: int) -> dict[str, Tensor]:
    """Return some boxes."""
    corners = tv_tensors.BoundingBoxes(torch.zeros(count, 4), format="XYXY", canvas_size=(8, 8))
    return {"boxes": corners, "labels": torch.zeros(count, dtype=torch.long)}


def test_each_target_holds_the_items_that_carry_it_and_says_which() -> None:
    batch = collate([sample(label=3), sample(boxes=boxes(2)), sample(label=1, boxes=boxes(0)), sample()])
    assert batch.inputs.shape == (4, 3, 8, 8)
    assert batch.inputs.dtype == torch.uint8
    assert batch.targets["label"].tolist() == [3, 1]
    assert batch.targets["label"].dtype == torch.long
    assert batch.rows["label"].tolist() == [0, 2]
    assert [len(target["labels"]) for target in batch.targets["boxes"]] == [2, 0]
    assert batch.rows["boxes"].tolist() == [1, 2]
    assert batch.frames == (FRAME,) * 4


def test_a_target_that_no_item_carries_is_left_out() -> None:
    batch = collate([sample(), sample()])
    assert batch.targets == {} == batch.rows


def test_values_masks_and_maps_are_stacked() -> None:
    one = sample(values=torch.ones(2), mask=tv_tensors.Mask(torch.zeros(8, 8)), depth=DenseMap(torch.ones(8, 8)))
    batch = collate([one, one, one])
    assert {name: target.shape for name, target in batch.targets.items()} == {
        "values": (3, 2),
        "mask": (3, 8, 8),
        "depth": (3, 8, 8),
    }


def test_only_plain_tensors_leave() -> None:
    full = sample(mask=tv_tensors.Mask(torch.zeros(8, 8)), depth=DenseMap(torch.ones(8, 8)), boxes=boxes(1))
    batch = collate([full])
    leaves = [batch.inputs, batch.targets["mask"], batch.targets["depth"], *batch.targets["boxes"][0].values()]
    assert {type(leaf) for leaf in leaves} == {Tensor}


def test_values_that_may_be_bounds_are_stacked_part_by_part() -> None:
    one, other = (Censored(torch.tensor([value, 2.0]), torch.tensor([-1, 0])) for value in (1.0, 3.0))
    found = collate([sample(amount=one), sample(), sample(amount=other)]).targets["amount"]
    assert isinstance(found, Censored)
    assert found.values.tolist() == [[1, 2], [3, 2]]
    assert found.bounds.tolist() == [[-1, 0], [-1, 0]]
