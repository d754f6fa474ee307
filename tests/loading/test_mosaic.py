"""Mosaic: what is on the canvas is what its boxes, masks and labels say."""

from collections import Counter
from itertools import cycle
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.ops import masks_to_boxes

from polyhead.contracts import Frame
from polyhead.errors import UserError
from polyhead.loading.augment import Augment
from polyhead.loading.image_module import ImageModule
from polyhead.loading.letterbox import letterbox_item
from polyhead.loading.mosaic import Mosaic
from polyhead.loading.source import DenseMap, InstanceMasks, Item, Source, Split

SIDE = 64
GREY, UNLABELLED = 114, 255
PLACES = ((3, 2, 19, 10), (30, 5, 40, 25), (8, 30, 36, 52), (45, 28, 60, 31))
"""Corners x1, y1, x2, y2 of the objects of every image; none lies over another."""


def photo(number: int, height: int = SIDE, width: int = SIDE) -> Item:
    """Return an image of four rectangles, each of one value that no other image has, which its mask and depth have too.

    The label of an object is the remainder of its value divided by 3; the background is 0.
    """
    mask = torch.zeros(height, width, dtype=torch.uint8)
    values = [1 + 4 * number + place for place in range(4)]
    for value, (x1, y1, x2, y2) in zip(values, PLACES, strict=True):
        mask[y1:y2, x1:x2] = value
    corners = torch.tensor(PLACES).float()
    boxes = tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=(height, width))
    labels = torch.tensor([value % 3 for value in values])
    targets = {
        "boxes": {"boxes": boxes, "labels": labels, "value": torch.tensor(values)},
        "mask": tv_tensors.Mask(mask),
        "depth": DenseMap(mask.float()),
    }
    return Item(tv_tensors.Image(mask.repeat(3, 1, 1)), targets)


def mosaics(count: int = 30, **options: Any) -> list[Item]:
    """Return mosaics of images that are all different."""
    mosaic = Mosaic(share=1.0, **options)
    samples = cycle([letterbox_item(photo(number), SIDE) for number in range(60)])
    return [mosaic(next(samples), range(60), lambda _: next(samples), (0, n)) for n in range(count)]


def ink(item: Item) -> dict[int, Tensor]:
    """Return the box around the pixels of each object that the mask shows, by its value."""
    mask, found = item.targets["mask"].as_subclass(Tensor), {}
    for value in sorted(set(mask.unique().tolist()) - {0, UNLABELLED}):
        rows, columns = (mask == value).nonzero().unbind(1)
        found[value] = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        assert (found[value][2:] - found[value][:2]).prod() == len(rows)  # a rectangle
    return found


def whole_area(value: int) -> int:
    """Return the area of an object of the images, by its value."""
    x1, y1, x2, y2 = PLACES[(value - 1) % 4]
    return (x2 - x1) * (y2 - y1)


def test_without_scaling_boxes_and_labels_are_those_of_the_pixels_on_the_canvas() -> None:
    cut = whole = gone = 0
    for item in mosaics(scale=(1, 1), visible=0.2):
        expected: Counter[Any] = Counter()
        for value, box in ink(item).items():
            sides = box[2:] - box[:2]
            share = float(sides.prod()) / whole_area(value)
            if share == 1 or (share >= 0.2 and sides.min() >= 2):
                expected[value % 3, value, *box.tolist()] += 1
            cut, whole, gone = cut + (0.2 <= share < 1), whole + (share == 1), gone + (share < 0.2)
        target = item.targets["boxes"]
        rows = zip(target["labels"].tolist(), target["value"].tolist(), target["boxes"].tolist(), strict=True)
        assert Counter((label, value, *box) for label, value, box in rows) == expected
        assert target["boxes"].canvas_size == (SIDE, SIDE)
    assert min(cut, whole, gone) > 5  # all three happened


def test_image_mask_and_depth_stay_aligned_and_what_nothing_covers_is_grey_unlabelled_unmeasured() -> None:
    for image, targets in mosaics(scale=(0.4, 0.4)):
        nothing = targets["mask"] == UNLABELLED
        assert nothing.any()
        assert torch.equal(targets["depth"].isnan(), nothing)
        assert image[:, nothing].unique().tolist() == [GREY]
        assert torch.equal(targets["depth"][~nothing], targets["mask"][~nothing].float())
        assert type(targets["depth"]) is DenseMap
        assert image.shape[1:] == targets["mask"].shape == (SIDE, SIDE)


def test_scaled_boxes_stay_around_the_pixels_of_their_objects() -> None:
    for item in mosaics(scale=(0.5, 2.0)):
        target, seen = item.targets["boxes"], item.targets["mask"].as_subclass(Tensor)
        for value, box in zip(target["value"].tolist(), target["boxes"].as_subclass(Tensor), strict=True):
            x1, y1, x2, y2 = box.round().int().tolist()
            inner, outer = (
                seen[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1],
                seen[max(0, y1 - 1) : y2 + 1, max(0, x1 - 1) : x2 + 1],
            )
            assert (inner == value).all()
            assert abs(int((outer == value).sum()) - float((box[2:] - box[:2]).prod())) <= 1.5 * sum(outer.shape)


def test_scaling_by_half_halves_an_object_that_is_seen_whole() -> None:
    for item in mosaics(scale=(0.5, 0.5)):
        target = item.targets["boxes"]
        areas = {value: [] for value in target["value"].tolist()}
        for value, box in zip(target["value"].tolist(), target["boxes"], strict=True):
            areas[value].append(float((box[2:] - box[:2]).prod()))
        assert all(max(found) <= whole_area(value) / 4 * 1.1 for value, found in areas.items())
    assert any(max(found) == pytest.approx(whole_area(value) / 4, rel=0.1) for value, found in areas.items())


def test_objects_with_masks_keep_them_and_a_box_around_what_is_left() -> None:
    def masked(number: int) -> Item:
        item = photo(number)
        layers = item.targets["mask"] == item.targets["boxes"]["value"][:, None, None]
        oval = torch.ones(SIDE, SIDE).tril(8).triu(-30).bool()  # so that masks do not fill their boxes
        masks = {"masks": InstanceMasks((layers & oval).byte())}
        return Item(item.image, {"instances": item.targets["boxes"] | masks, "mask": item.targets["mask"]})

    samples = cycle([letterbox_item(masked(number), SIDE) for number in range(60)])
    for number in range(20):
        targets = Mosaic(1.0, (0.6, 1.6))(next(samples), range(60), lambda _: next(samples), (number,)).targets
        masks, boxes = (targets["instances"][key].as_subclass(Tensor) for key in ("masks", "boxes"))
        assert type(targets["instances"]["masks"]) is InstanceMasks
        assert len(masks) == len(boxes) == len(targets["instances"]["labels"]) > 0
        expected = masks_to_boxes(masks) + torch.tensor([0, 0, 1, 1])
        assert torch.equal(boxes, expected)
        for value, mask in zip(targets["instances"]["value"].tolist(), masks, strict=True):
            assert targets["mask"][mask == 1].unique().tolist() == [value]


def test_a_part_without_objects_adds_none() -> None:
    empty = photo(0)
    boxes = tv_tensors.BoundingBoxes(torch.zeros(0, 4), format="XYXY", canvas_size=(SIDE, SIDE))
    none = {
        "boxes": boxes,
        "labels": torch.zeros(0, dtype=torch.long),
        "masks": InstanceMasks(torch.zeros(0, SIDE, SIDE)),
    }
    first = letterbox_item(Item(empty.image, {"instances": none}), SIDE)
    laid = Mosaic(1.0)(first, range(1), lambda _: first, (0,)).targets["instances"]
    assert laid["boxes"].shape == (0, 4)
    assert laid["masks"].shape == (0, SIDE, SIDE)
    assert laid["labels"].dtype == torch.long


def test_the_padding_of_the_letterbox_stays_out() -> None:
    samples = [letterbox_item(photo(number, SIDE, 2 * SIDE), SIDE) for number in range(5)]
    for number in range(10):
        image, targets = Mosaic(1.0, (2.0, 2.0))(samples[0], range(5), samples.__getitem__, (number,))
        assert not (image == GREY).any()
        assert not (targets["mask"] == UNLABELLED).any()


def test_an_item_is_laid_only_beside_others_that_carry_its_targets() -> None:
    def mixed(number: int) -> tuple[Item, Frame]:
        item = photo(number)
        kept = ("boxes", "mask") if number < 3 else ("mask",)
        return letterbox_item(Item(item.image, {name: item.targets[name] for name in kept}), SIDE)

    mosaic = Mosaic(1.0, (1, 1))
    for number in range(20):
        both = mosaic(mixed(0), range(8), mixed, (number,))
        assert list(both.targets) == ["boxes", "mask"]
        assert max(set(both.image.unique().tolist()) - {GREY}) <= 12  # the values of the first three images
        assert list(mosaic(mixed(5), range(8), mixed, (number,)).targets) == ["mask"]


@pytest.mark.parametrize("more", [{"label": 3}, {"values": torch.zeros(2)}, None])
def test_who_says_something_of_the_whole_image_or_nothing_at_all_is_left_alone(more: dict[str, Any] | None) -> None:
    plain = photo(0)
    first = letterbox_item(Item(plain.image, {} if more is None else {**plain.targets, **more}), SIDE)
    assert Mosaic(1.0)(first, range(5), lambda number: letterbox_item(photo(number), SIDE), (0,)) is first[0]


def test_too_few_others_leave_an_item_alone() -> None:
    first, other = letterbox_item(photo(0), SIDE), letterbox_item(Item(photo(1).image, {}), SIDE)
    assert Mosaic(1.0)(first, range(9), lambda _: other, (0,)) is first[0]


def test_a_share_of_the_items_becomes_a_mosaic_the_same_ones_each_time() -> None:
    samples = [letterbox_item(photo(number), SIDE) for number in range(5)]
    mosaic = Mosaic(share=0.3)
    items = [[mosaic(samples[0], range(5), samples.__getitem__, (7, n)) for n in range(200)] for _ in range(2)]
    changed = [item is not samples[0][0] for item in items[0]]
    assert 40 < sum(changed) < 80
    assert all(torch.equal(one.image, other.image) for one, other in zip(*items, strict=True))


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (["random_horizontal_flip", "mosaic"], "stands first, once; move it to the front"),
        (["mosaic", "mosaic"], "stands first, once"),
        ([{"name": "mosaic", "share": 2}], "'mosaic' refuses its options: share must be from 0 to 1, not 2"),
        ([{"name": "mosaic", "scale": [2, 1]}], "scale must be two factors"),
        ([{"name": "mosaic", "scale": 1}], "'mosaic' refuses its options"),
        ([{"name": "mosaic", "scales": 2}], "no option 'scales' .did you mean 'scale'"),
        (["mosiac"], "did you mean 'mosaic'"),
    ],
)
def test_a_wrong_mosaic_is_told_what_is_right(named: list[Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        Augment(tuple(named), (SIDE, SIDE))


class Photos(Source):
    """Ten images of rectangles."""

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"boxes": ("a", "b", "c"), "mask": ()}

    def size(self, _split: Split) -> int:
        return 10

    def item(self, _split: Split, index: int) -> Item:
        item = photo(index)
        boxes = {key: item.targets["boxes"][key] for key in ("boxes", "labels")}
        return Item(item.image, {"boxes": boxes, "mask": item.targets["mask"]})

    def fingerprint(self) -> str:
        return "photos"


def test_only_training_is_mosaicked_alike_in_whichever_process() -> None:
    def loaded(workers: int, *augment: Any) -> list[Tensor]:
        data = ImageModule(Photos(), size=SIDE, batch=5, workers=workers, augment=[*augment])
        assert not any((batch.targets["mask"] == UNLABELLED).any() for batch in data.val_dataloader())
        batches = list(data.train_dataloader())
        data.close()
        return [batch.inputs for batch in batches] + [found["boxes"] for b in batches for found in b.targets["boxes"]]

    mosaic = {"name": "mosaic", "share": 1, "scale": [0.5, 1.5]}
    one, two = loaded(0, mosaic, "random_horizontal_flip"), loaded(2, mosaic, "random_horizontal_flip")
    assert all(map(torch.equal, one, two))
    assert not torch.equal(one[0], loaded(0, "random_horizontal_flip")[0])
