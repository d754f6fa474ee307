"""Average precision of boxes."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, distributed, multiprocessing
from torchmetrics.detection import MeanAveragePrecision

from polyhead.contracts import FeatureSpec
from polyhead.heads.detection import Detection, matching
from polyhead.heads.detection.metric import DetectionMetric

Images = list[dict[str, Tensor]]


def some(seed: int, images: int = 12, classes: int = 4) -> tuple[Images, Images]:
    """Return predictions and targets of images of 0 to 7 boxes, of which most predictions are near a true one."""
    g = torch.Generator().manual_seed(seed)
    predictions, targets = [], []
    for _ in range(images):
        n = int(torch.randint(8, (1,), generator=g))
        corner = 200 * torch.rand(n, 2, generator=g)
        true = torch.cat([corner, corner + 10 + 90 * torch.rand(n, 2, generator=g)], dim=1)
        labels = torch.randint(classes - 1, (n,), generator=g)  # the last class has no true box
        near = true + 6 * torch.randn(n, 4, generator=g)
        far = torch.tensor([[0.0, 0, 30, 30], [50, 50, 90, 70]])
        found = torch.cat([near, far])
        guess = torch.cat([labels, torch.randint(classes, (2,), generator=g)])
        predictions.append({"boxes": found, "scores": torch.rand(n + 2, generator=g), "labels": guess})
        targets.append({"boxes": true, "labels": labels})
    return predictions, targets


def ours(predictions: Images, targets: Images) -> dict[str, float]:
    metric = DetectionMetric()
    metric.update(predictions, targets)
    return {name: value.item() for name, value in metric.compute().items()}


def image(*boxes: list[float], labels: list[int], scores: list[float] | None = None) -> dict[str, Tensor]:
    made = {"boxes": torch.tensor(boxes).reshape(-1, 4), "labels": torch.tensor(labels, dtype=torch.int64)}
    return made if scores is None else made | {"scores": torch.tensor(scores)}


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_torchmetrics(seed: int) -> None:
    predictions, targets = some(seed)
    theirs = MeanAveragePrecision(
        iou_thresholds=np.linspace(0.5, 0.95, 10).tolist(),  # its own are COCO's rounded to float32,
        rec_thresholds=np.linspace(0, 1, 101).tolist(),  # so that a recall of 3/10 misses 0.30000001
        backend="faster_coco_eval",
    )
    theirs.update(predictions, targets)
    expected = theirs.compute()
    values = ours(predictions, targets)
    assert 0.05 < values["map"] < 0.95
    for name, other in (("map", "map"), ("map50", "map_50"), ("map75", "map_75")):
        assert values[name] == pytest.approx(expected[other].item(), abs=1e-6)


def test_boxes_that_end_before_they_begin_count_nowhere() -> None:
    box, turned = [0.0, 0, 10, 10], [30.0, 0, 20, 10]
    found = [image(turned, box, labels=[0, 0], scores=[0.9, 0.5])]
    assert ours(found, [image(box, turned, labels=[0, 0])])["map"] == pytest.approx(1)
    assert ours(found, [image(turned, labels=[0])])["map"] == 0


def test_many_boxes_of_one_class_are_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    predictions, targets = some(3, images=30, classes=2)
    whole = ours(predictions, targets)
    monkeypatch.setattr(matching, "CHUNK", 5)
    assert ours(predictions, targets) == whole


def test_only_the_hundred_best_of_an_image_and_class_count() -> None:
    true = [10.0, 10, 50, 50]
    many = [[100.0 + i, 100, 120 + i, 120] for i in range(100)]
    predictions = [image(*many, true, labels=[0] * 101, scores=[0.9] * 100 + [0.5])]
    theirs = MeanAveragePrecision(backend="faster_coco_eval")
    with pytest.warns(UserWarning, match="more than 100 detections"):
        theirs.update(predictions, [image(true, labels=[0])])
    assert theirs.compute()["map"] == 0
    assert ours(predictions, [image(true, labels=[0])])["map"] == 0


def test_a_perfect_prediction_scores_one() -> None:
    boxes = [[0.0, 0, 10, 10], [20, 20, 40, 60]]
    values = ours([image(*boxes, labels=[0, 1], scores=[0.9, 0.6])], [image(*boxes, labels=[0, 1])])
    for name in ("map", "map50", "map75", "precision", "recall", "f1"):
        assert values[name] == pytest.approx(1)
    assert values["threshold"] == pytest.approx(0.6)


def test_the_threshold_is_that_of_the_best_f1_over_all_classes() -> None:
    true = [image([0, 0, 10, 10], [20, 0, 30, 10], labels=[0, 1])]
    found = [
        image(
            [0, 0, 10, 10], [50, 50, 60, 60], [20, 0, 30, 6], [70, 70, 80, 80], [0, 0, 10, 10],
            labels=[0, 0, 1, 2, 0], scores=[0.9, 0.8, 0.7, 0.6, 0.5],
        )
    ]  # fmt: skip  # right, wrong, right (IoU 0.6); then a class without a true box, and a box found twice
    values = ours(found, true)
    assert values["threshold"] == pytest.approx(0.7)
    assert values["precision"] == pytest.approx(2 / 3)
    assert values["recall"] == pytest.approx(1)
    assert values["f1"] == pytest.approx(0.8)


def test_a_threshold_does_not_part_equal_scores() -> None:
    true = [image([0, 0, 10, 10], labels=[0])]
    values = ours([image([0, 0, 10, 10], [50, 50, 60, 60], labels=[0, 0], scores=[0.5, 0.5])], true)
    assert values["precision"] == pytest.approx(0.5)
    assert values["f1"] == pytest.approx(2 / 3)


def test_no_images_no_true_boxes_and_no_predictions_give_zeros() -> None:
    nothing = image(labels=[], scores=[])
    box = [0.0, 0, 10, 10]
    cases: list[tuple[Images, Images]] = [
        ([], []),
        ([nothing], [image(labels=[])]),
        ([image(box, labels=[0], scores=[0.9])], [image(labels=[])]),
        ([nothing], [image(box, labels=[0])]),
    ]
    for predictions, targets in cases:
        values = ours(predictions, targets)
        assert values.pop("threshold") == 0.5
        assert set(values.values()) == {0.0}


def test_an_image_without_anything_changes_nothing() -> None:
    predictions, targets = some(5)
    plain = ours(predictions, targets)
    assert ours([image(labels=[], scores=[]), *predictions], [image(labels=[]), *targets]) == plain


def test_boxes_of_one_image_do_not_match_those_of_another() -> None:
    box = [0.0, 0, 10, 10]
    found = [image(box, labels=[0], scores=[0.9]), image(labels=[], scores=[])]
    assert ours(found, [image(labels=[]), image(box, labels=[0])])["map"] == 0


@pytest.mark.parametrize("first", [0, 1, 7, 12])
def test_states_of_unequal_ranks_merge_to_that_of_one(first: int) -> None:
    predictions, targets = some(6)
    left, right = DetectionMetric(), DetectionMetric()
    left.update(predictions[:first], targets[:first])
    for pair in zip(predictions[first:], targets[first:], strict=True):
        right.update([pair[0]], [pair[1]])
    left.merge_state(right)
    assert {name: value.item() for name, value in left.compute().items()} == ours(predictions, targets)


def test_a_reset_forgets_and_a_forward_gives_the_batch() -> None:
    predictions, targets = some(7)
    metric = DetectionMetric()
    metric.update(*some(8))
    metric.reset()
    batch = metric(predictions[:5], targets[:5])
    assert batch["map"].item() == ours(predictions[:5], targets[:5])["map"]
    metric(predictions[5:], targets[5:])
    assert metric.compute()["map"].item() == ours(predictions, targets)["map"]


def rank(number: int, folder: str) -> None:
    """Compute on one of two ranks, of which the second has no image."""
    os.environ |= {"GLOO_SOCKET_IFNAME": "lo"}
    distributed.init_process_group("gloo", f"file://{folder}/meet", rank=number, world_size=2)
    predictions, targets = some(9)
    metric = DetectionMetric()
    if number == 0:
        metric.update(predictions, targets)
    torch.save({name: value.item() for name, value in metric.compute().items()}, f"{folder}/{number}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_ranks_with_and_without_images_agree_on_the_value(tmp_path: Path) -> None:
    multiprocessing.spawn(rank, (str(tmp_path),), nprocs=2)
    expected = ours(*some(9))
    for number in range(2):
        assert torch.load(tmp_path / f"{number}.pt") == expected


def test_the_heads_metrics_are_flat_and_hold_the_main_one(spec: FeatureSpec) -> None:
    metrics = Detection(spec, ("a", "b")).metrics()
    metrics.update(*some(0, classes=2))
    values = metrics.compute()
    assert set(values) == {"map", "map50", "map75", "threshold", "precision", "recall", "f1"}
    assert Detection.main in values
    assert all(value.ndim == 0 for value in values.values())
    assert set(metrics.clone(prefix="val/").compute()) == {f"val/{name}" for name in values}
