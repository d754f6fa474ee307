"""Average precision of masks."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, distributed, multiprocessing
from torchmetrics.detection import MeanAveragePrecision

from polyhead.heads.instances.head import ellipses
from polyhead.heads.instances.metric import InstanceMetric

Images = list[dict[str, Tensor]]
SIZE = (48, 64)


def some(seed: int, images: int = 8, classes: int = 3) -> tuple[Images, Images]:
    """Return predictions and targets of images of 0 to 4 ellipses, of which most predictions are near a true one."""
    g = torch.Generator().manual_seed(seed)
    predictions, targets = [], []
    for _ in range(images):
        n = int(torch.randint(5, (1,), generator=g))
        corner = 30 * torch.rand(n, 2, generator=g)
        true = torch.cat([corner, corner + 8 + 20 * torch.rand(n, 2, generator=g)], dim=1)
        labels = torch.randint(classes - 1, (n,), generator=g)  # the last class has no true object
        found = torch.cat([true + 1.5 * torch.randn(n, 4, generator=g), torch.tensor([[0.0, 0, 20, 20]])])
        guess = torch.cat([labels, torch.randint(classes, (1,), generator=g)])
        scores = torch.rand(n + 1, generator=g)
        masks = ellipses(found, SIZE).bool()
        predictions.append({"boxes": found, "scores": scores, "labels": guess, "masks": masks})
        targets.append({"boxes": true, "labels": labels, "masks": ellipses(true, SIZE)})
    return predictions, targets


def ours(predictions: Images, targets: Images) -> dict[str, float]:
    metric = InstanceMetric()
    metric.update(predictions, targets)
    return {name: value.item() for name, value in metric.compute().items()}


def perfect(targets: Images) -> Images:
    """Return the targets as predictions."""
    return [{**one, "scores": torch.linspace(0.9, 0.5, len(one["labels"]))} for one in targets]


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_torchmetrics_on_masks_and_boxes(seed: int) -> None:
    predictions, targets = some(seed)
    theirs = MeanAveragePrecision(
        iou_type=("bbox", "segm"),
        iou_thresholds=np.linspace(0.5, 0.95, 10).tolist(),  # as in the metric of detection
        rec_thresholds=np.linspace(0, 1, 101).tolist(),
        backend="faster_coco_eval",
    )
    theirs.update(predictions, targets)
    expected = theirs.compute()
    values = ours(predictions, targets)
    assert 0.05 < values["mask_map"] < 0.95
    assert values["mask_map"] != values["box_map"]
    for name, other in (("map", "map"), ("map50", "map_50"), ("map75", "map_75")):
        assert values[f"mask_{name}"] == pytest.approx(expected[f"segm_{other}"].item(), abs=1e-6)
        assert values[f"box_{name}"] == pytest.approx(expected[f"bbox_{other}"].item(), abs=1e-6)


def test_a_perfect_prediction_scores_one() -> None:
    _, targets = some(0)
    values = ours(perfect(targets), targets)
    assert values.pop("threshold") == pytest.approx(0.5)
    assert list(values.values()) == pytest.approx([1] * len(values))


def test_right_boxes_with_masks_of_other_pixels_find_boxes_alone() -> None:
    _, targets = some(0)
    wrong = [{**one, "masks": ~one["masks"].bool()} for one in perfect(targets)]
    values = ours(wrong, targets)
    assert values["box_map"] == pytest.approx(1)
    assert values["mask_map"] == values["f1"] == 0


def test_the_iou_of_masks_decides_by_hand() -> None:
    true, found = torch.zeros(2, 1, 10, 10, dtype=torch.bool)
    true[:, :, :8] = True  # 80 pixels
    found[:, :, :6] = True  # 60 of them: an IoU of 0.75 is found at 0.5, 0.55 ... 0.75, which are 6 of 10
    box, label = torch.tensor([[0.0, 0, 8, 10]]), torch.tensor([0])
    values = ours(
        [{"boxes": box, "labels": label, "scores": torch.tensor([0.9]), "masks": found}],
        [{"boxes": box, "labels": label, "masks": true}],
    )
    assert values["mask_map"] == pytest.approx(0.6)
    assert values["mask_map75"] == values["box_map"] == pytest.approx(1)


def test_nothing_true_nothing_found_and_no_image_give_zeros() -> None:
    predictions, targets = some(1)
    none_found = [{key: part[:0] for key, part in one.items()} for one in predictions]
    none_true = [{key: part[:0] for key, part in one.items()} for one in targets]
    cases = ([], []), (none_found, none_true), (predictions, none_true), (none_found, targets)
    for found, true in cases:
        values = ours(list(found), list(true))
        assert values.pop("threshold") == 0.5
        assert set(values.values()) == {0.0}


def test_images_of_different_sizes_keep_to_themselves() -> None:
    small = torch.ones(1, 4, 6, dtype=torch.bool)
    box, label = torch.tensor([[0.0, 0, 6, 4]]), torch.tensor([0])
    _, targets = some(2)
    targets.insert(3, {"boxes": box, "labels": label, "masks": small})
    assert ours(perfect(targets), targets)["mask_map"] == pytest.approx(1)


@pytest.mark.parametrize("first", [0, 1, 8])
def test_states_of_unequal_ranks_merge_to_that_of_one(first: int) -> None:
    predictions, targets = some(6)
    left, right = InstanceMetric(), InstanceMetric()
    left.update(predictions[:first], targets[:first])
    right.update(predictions[first:], targets[first:])
    left.merge_state(right)
    assert {name: value.item() for name, value in left.compute().items()} == ours(predictions, targets)
    left.reset()
    left.update(predictions[:4], targets[:4])
    assert left.compute()["mask_map"].item() == ours(predictions[:4], targets[:4])["mask_map"]


def rank(number: int, folder: str) -> None:
    """Compute on one of two ranks, of which the second has no image."""
    os.environ |= {"GLOO_SOCKET_IFNAME": "lo"}
    distributed.init_process_group("gloo", f"file://{folder}/meet", rank=number, world_size=2)
    metric = InstanceMetric()
    if number == 0:
        metric.update(*some(9))
    torch.save({name: value.item() for name, value in metric.compute().items()}, f"{folder}/{number}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_ranks_with_and_without_images_agree_on_the_value(tmp_path: Path) -> None:
    multiprocessing.spawn(rank, (str(tmp_path),), nprocs=2)
    for number in range(2):
        assert torch.load(tmp_path / f"{number}.pt") == ours(*some(9))
