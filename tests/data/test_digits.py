"""The made-up scenes of handwritten digits."""

import pytest
import torch
from torch import Tensor

from polyhead.data._digits import scans
from polyhead.data.digits import Digits
from polyhead.errors import UserError
from polyhead.loading.source import SPLITS

SCENES = 60


def scenes(count: int = SCENES, **options: int) -> list[tuple[Tensor, dict[str, object]]]:
    """Return some training scenes."""
    data = Digits(**options)
    return [data.item("train", index) for index in range(count)]


def test_the_splits_share_no_scan_and_use_all_of_them() -> None:
    used = {split: {scan.tobytes() for of_class in scans(split) for scan in of_class} for split in SPLITS}
    count = {split: sum(map(len, scans(split))) for split in SPLITS}
    assert sum(count.values()) == 1797  # scikit-learn's description of the data
    assert not used["train"] & used["val"]
    assert not used["train"] & used["test"]
    assert not used["val"] & used["test"]
    for split in SPLITS:  # stratified: about a tenth of each class
        assert all(0.08 < len(of_class) / count[split] < 0.12 for of_class in scans(split))


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    one, same, other = (
        Digits(seed=1).item("val", 7),
        Digits(images=99, seed=1).item("val", 7),
        Digits(seed=2).item("val", 7),
    )
    assert torch.equal(one.image, same.image)
    assert torch.equal(one.targets["depth"].nan_to_num(), same.targets["depth"].nan_to_num())
    assert not torch.equal(one.image, other.image)
    val, test = ([Digits().item(split, i).targets["label"] for i in range(12)] for split in ("val", "test"))
    assert val != test


def test_the_label_is_the_class_of_the_clearly_largest_box() -> None:
    for _, targets in scenes():
        boxes, labels = targets["boxes"]["boxes"].as_subclass(Tensor), targets["boxes"]["labels"]
        heights, areas = boxes[:, 3] - boxes[:, 1], (boxes[:, 2:] - boxes[:, :2]).prod(1)
        assert heights.argmax() == areas.argmax()
        assert targets["label"] == labels[heights.argmax()]
        rest = heights.sort(descending=True).values[1:]
        assert all(heights.max() >= 1.35 * rest - 1e-4)


def test_boxes_are_tight_around_the_ink_of_the_mask() -> None:
    for image, targets in scenes():
        boxes, labels, mask = targets["boxes"]["boxes"].long(), targets["boxes"]["labels"], targets["mask"]
        alone = torch.zeros_like(mask)
        for (x1, y1, x2, y2), label in zip(boxes.tolist(), labels.tolist(), strict=True):
            assert 0 <= x1 < x2 <= image.shape[2]
            assert 0 <= y1 < y2 <= image.shape[1]
            ink = mask[y1:y2, x1:x2] == label + 1
            alone[y1:y2, x1:x2] = 1
            if len(boxes) == 1:
                assert ink.any(0).all() | ink.any(0)[[0, -1]].all()
                assert ink.any(1)[[0, -1]].all()
            assert ink.float().mean() > 0.15
        assert not (mask[alone == 0] > 0).any()


def test_no_digit_is_mostly_hidden_and_scenes_hold_one_to_five() -> None:
    counts = set()
    for _, targets in scenes(150):
        boxes = targets["boxes"]["boxes"].as_subclass(Tensor)
        counts.add(len(boxes))
        corner = torch.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - torch.maximum(
            boxes[:, None, :2], boxes[None, :, :2]
        )
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        shared = corner.clamp(min=0).prod(-1).fill_diagonal_(0) / areas[:, None]
        assert shared.max() <= 0.06
    assert counts == {1, 2, 3, 4, 5}


def test_depth_is_nearer_for_larger_digits_and_has_holes() -> None:
    holes = 0
    for _, targets in scenes():
        boxes, mask, depth = targets["boxes"]["boxes"].long().tolist(), targets["mask"], targets["depth"]
        holes += int(depth.isnan().any())
        behind = depth[(mask == 0) & ~depth.isnan()]
        assert behind.min() > 5.9
        for (_, y1, _, y2), label in zip(boxes, targets["boxes"]["labels"].tolist(), strict=True):
            values = depth[(mask == label + 1) & ~depth.isnan()]
            assert (values - 0.75 * 128 / (y2 - y1)).abs().min() < 1e-3 or not len(values)
            assert not len(values) or values.max() < behind.min()
    assert 0 < holes < SCENES


def test_digits_stand_out_from_the_background() -> None:
    for image, targets in scenes():
        grey = image.as_subclass(Tensor).float().mean(0)
        ink = targets["mask"] > 0
        assert (grey[ink].median() - grey[~ink].median()).abs() > 50


def test_every_scan_leaves_ink_at_every_size_and_angle() -> None:
    from polyhead.data._digits import draw_ink

    for split in SPLITS:
        for of_class in scans(split):
            for scan in of_class[::9]:
                for height, degrees in ((21, -20), (64, 20)):
                    assert 0.6 * height < draw_ink(scan, height, degrees).shape[0] < 1.2 * height


@pytest.mark.parametrize("canvas", [32, 64, 200])
def test_scenes_come_in_any_size(canvas: int) -> None:
    image, targets = Digits(canvas=canvas).item("train", 0)
    assert image.shape == (3, canvas, canvas)
    assert image.dtype == torch.uint8
    assert targets["mask"].shape == targets["depth"].shape == (canvas, canvas)
    assert targets["depth"].dtype == torch.float32


def test_validation_and_test_have_a_quarter_of_the_scenes_and_at_least_one() -> None:
    assert [Digits(100).size(split) for split in SPLITS] == [100, 25, 25]
    assert [Digits(1).size(split) for split in SPLITS] == [1, 1, 1]


def test_labels_name_the_digits_and_the_background() -> None:
    labels = Digits().labels()
    assert labels["label"] == labels["boxes"] == labels["instances"] == tuple("0123456789")
    assert labels["mask"] == ("background", *"0123456789")
    assert labels["depth"] == ()


def test_impossible_options_are_named() -> None:
    for options in ({"images": 0}, {"canvas": 8}, {"seed": -1}):
        with pytest.raises(UserError, match=f"{next(iter(options))} of the digits must be"):
            Digits(**options)


def test_the_fingerprint_tells_one_set_of_scenes_from_another() -> None:
    assert Digits(seed=1).fingerprint() == Digits(seed=1).fingerprint() != Digits(seed=2).fingerprint()
