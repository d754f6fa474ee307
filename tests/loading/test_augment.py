"""Augmentations by name: what they do to images and to the targets that go along."""

import pickle
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors

from polyhead.errors import UserError
from polyhead.loading.augment import Augment, catalogue, chosen, seen
from polyhead.loading.source import DenseMap, Item

SIDE = 64


def item(box: tuple[int, int, int, int] = (18, 10, 40, 38)) -> Item:
    """Return a white rectangle on black with its box, mask and depth."""
    x1, y1, x2, y2 = box
    mask = torch.zeros(SIDE, SIDE, dtype=torch.uint8)
    mask[y1:y2, x1:x2] = 1
    boxes = tv_tensors.BoundingBoxes(torch.tensor([box]).float(), format="XYXY", canvas_size=(SIDE, SIDE))
    return Item(
        tv_tensors.Image((mask * 255).repeat(3, 1, 1)),
        {
            "label": 1,
            "boxes": {"boxes": boxes, "labels": torch.tensor([7])},
            "mask": tv_tensors.Mask(mask),
            "depth": DenseMap(mask.float() + 1),
        },
    )


def augmented(named: list[Any], count: int = 20, what: Item | None = None) -> list[Item]:
    """Return an item augmented `count` times, each in another way."""
    augment = Augment(tuple(named), (SIDE, SIDE))
    return [augment(what or item(), (0, number)) for number in range(count)]


@pytest.mark.parametrize(
    "named",
    [
        ["random_horizontal_flip"],
        ["random_vertical_flip"],
        [{"name": "random_affine", "degrees": 0, "translate": [0.3, 0.3], "scale": [0.7, 1.3]}],
        [{"name": "scale_jitter", "scale_range": [0.5, 1.5]}, {"name": "random_crop", "pad_if_needed": True}],
        [{"name": "random_zoom_out", "p": 1.0}],
        ["random_iou_crop"],
    ],
)
def test_the_box_stays_around_the_ink_of_mask_depth_and_image(named: list[Any]) -> None:
    places = set()
    for image, targets in augmented(named):
        boxes = targets["boxes"]["boxes"]
        assert image.shape[1:] == targets["mask"].shape == boxes.canvas_size == (SIDE, SIDE)
        for ink in (targets["mask"] == 1, targets["depth"] == 2, image[0] > 127):
            rows, columns = ink.nonzero().unbind(1)
            if len(boxes):
                around = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
                assert (boxes[0].as_subclass(Tensor) - around).abs().max() <= 1.5
            else:
                assert not len(rows) or min(rows.max() - rows.min(), columns.max() - columns.min()) <= 2
        places.add(str(boxes.tolist()))
    assert len(places) > 1  # something happened at all


def test_what_comes_from_outside_is_grey_unlabelled_and_unmeasured() -> None:
    blank = Item(
        tv_tensors.Image(torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)),
        {
            "mask": tv_tensors.Mask(torch.zeros(SIDE, SIDE, dtype=torch.uint8)),
            "depth": DenseMap(torch.ones(SIDE, SIDE)),
        },
    )
    far = [{"name": "random_affine", "degrees": [45, 45], "scale": [0.6, 0.6]}]
    image, targets = augmented(far, 1, blank)[0]
    outside = image[0] == 114
    assert 0.1 < outside.float().mean() < 0.9
    assert torch.equal(targets["mask"] == 255, outside)
    assert torch.equal(targets["depth"].isnan(), outside)
    assert type(targets["depth"]) is DenseMap


def test_colours_change_the_image_and_no_target() -> None:
    grey = Item(tv_tensors.Image(torch.full((3, SIDE, SIDE), 100, dtype=torch.uint8)), item().targets)
    image, targets = augmented([{"name": "color_jitter", "brightness": [1.5, 1.5]}], 1, grey)[0]
    assert image.unique().tolist() == [150]
    assert torch.equal(targets["depth"], grey.targets["depth"])
    assert torch.equal(targets["mask"], grey.targets["mask"])


def test_boxes_that_left_the_image_go_with_their_labels() -> None:
    two = item()
    boxes = tv_tensors.BoundingBoxes(
        torch.tensor([[0.0, 0, 6, 6], [40, 40, 60, 60]]), format="XYXY", canvas_size=(SIDE, SIDE)
    )
    two.targets["boxes"] = {"boxes": boxes, "labels": torch.tensor([4, 5])}
    zoom = [{"name": "random_affine", "degrees": 0, "scale": [1.8, 1.8]}]
    targets = augmented(zoom, 1, two)[0].targets["boxes"]
    assert targets["labels"].tolist() == [5]
    assert len(targets["boxes"]) == 1


def test_boxes_that_stick_out_are_cut_and_slivers_of_them_go_while_small_whole_ones_stay() -> None:
    corners = torch.tensor([[-9.0, 10, 20, 90], [60, 63, 64, 70], [5, 5, 6.5, 50]])
    boxes = tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=(SIDE, SIDE))
    kept = seen({"boxes": boxes, "labels": torch.tensor([0, 1, 2])})
    assert kept["boxes"].tolist() == [[0, 10, 20, 64], [5, 5, 6.5, 50]]
    assert kept["labels"].tolist() == [0, 2]


def test_slivers_that_a_transform_cuts_off_go_while_small_whole_ones_stay() -> None:
    two = item()
    corners = torch.tensor([[4.0, 20, 16.5, 30], [30, 30, 30.8, 40], [4, 20, 20, 30]])
    boxes = tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=(SIDE, SIDE))
    two.targets["boxes"] = {"boxes": boxes, "labels": torch.tensor([0, 1, 2])}
    targets = augmented([{"name": "center_crop", "size": [SIDE // 2, SIDE // 2]}], 1, two)[0].targets["boxes"]
    assert targets["labels"].tolist() == [1, 2]
    torch.testing.assert_close(targets["boxes"].as_subclass(torch.Tensor)[1], torch.tensor([0.0, 8, 8, 28]))


def test_the_same_entropy_gives_the_same_item_and_leaves_the_global_generator_alone() -> None:
    augment = Augment(({"name": "random_affine", "degrees": 30},), (SIDE, SIDE))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = augment(item(), (1, 2)), augment(item(), (1, 2)), augment(item(), (1, 3))
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first.image, again.image)
    assert not torch.equal(first.image, other.image)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("random_afine", "no augmentation 'random_afine' .did you mean 'random_affine'"),
        ({"name": "random_affine", "degres": 3}, "no option 'degres' .did you mean 'degrees'"),
        ({"name": "random_affine"}, "'random_affine' refuses its options.*degrees"),
        ({"name": "color_jitter", "brightness": -1}, "'color_jitter' refuses its options"),
        ({"name": "random_affine", "degrees": 3, "interpolation": "bilinar"}, "did you mean 'bilinear'"),
        ({"degrees": 3}, "needs a name"),
    ],
)
def test_a_wrong_recipe_is_told_what_is_right(named: Any, says: str) -> None:
    with pytest.raises(UserError, match=says):
        Augment((named,), (SIDE, SIDE))


def test_an_augmentation_that_needs_boxes_says_so_where_there_are_none() -> None:
    with pytest.raises(UserError, match="'random_iou_crop' cannot work on this data"):
        augmented(["random_iou_crop"], 1, Item(item().image, {"label": 1}))


@pytest.mark.parametrize("name", ["aug_mix", "auto_augment", "rand_augment", "trivial_augment_wide"])
def test_policies_change_images_alone_and_refuse_items_with_places(name: str) -> None:
    noise = tv_tensors.Image(torch.randint(256, (3, 28, 28), dtype=torch.uint8))
    changed = [Augment((name,), (28, 28))(Item(noise, {"label": 1}), (0, number)) for number in range(20)]
    assert {one.image.shape for one in changed} == {(3, 28, 28)}
    assert {one.image.dtype for one in changed} == {torch.uint8}
    assert len({int(one.image.sum()) for one in changed}) > 3
    with pytest.raises(UserError, match=f"'{name}' cannot work on this data: Inputs of type"):
        augmented([name], 1)


def test_the_policies_that_move_images_alone_are_named() -> None:
    assert (
        Augment(("random_horizontal_flip", {"name": "rand_augment", "magnitude": 5}), (8, 8)).image_only
        == "rand_augment"
    )
    assert Augment(("random_horizontal_flip", "color_jitter"), (8, 8)).image_only == ""


def test_auto_is_the_sources_own_and_none_is_nothing() -> None:
    assert chosen("auto", ("random_horizontal_flip",)) == ("random_horizontal_flip",)
    assert chosen("none", ("random_horizontal_flip",)) == ()
    assert chosen(["gaussian_blur"], ("random_horizontal_flip",)) == ("gaussian_blur",)
    with pytest.raises(UserError, match="'atuo' is none of them"):
        chosen("atuo", ())


def test_names_are_those_of_torchvision_in_snake_case() -> None:
    assert {"random_affine", "random_iou_crop", "jpeg", "trivial_augment_wide"} <= set(catalogue())
    assert not {"compose", "lambda", "transform", "normalize"} & set(catalogue())


def test_augmentations_travel_to_other_processes() -> None:
    augment = Augment(("random_horizontal_flip", {"name": "random_affine", "degrees": 10}), (SIDE, SIDE))
    there = pickle.loads(pickle.dumps(augment))  # noqa: S301  # our own bytes
    assert torch.equal(there(item(), (3,)).image, augment(item(), (3,)).image)
