"""Heads trained and measured on sources of which each labels some classes only."""

from typing import Any

import pytest
import torch

from polyhead.contracts import Batch
from polyhead.data.digits import Digits
from polyhead.data.several import Several
from polyhead.loading.image_module import ImageModule
from polyhead.loading.member import Member
from polyhead.tasks.multitask import Multitask

TARGETS = ("label", "boxes", "mask")
ODD: dict[str, str | None] = dict.fromkeys("13579")
"""What leaves the odd digits out."""
HEADS: dict[str, dict[str, Any]] = {
    "label": {"name": "classification"},
    "boxes": {"name": "detection", "depth": 1, "one_to_one": True},
    "mask": {"name": "segmentation", "width": 8},
}


@pytest.fixture(scope="module")
def data() -> ImageModule:
    """Scenes of which the first source labels even digits alone."""
    even = Member(Digits(images=8, canvas=48), names=dict.fromkeys(TARGETS, ODD))
    every = Member(Digits(images=8, canvas=48, seed=1))
    return ImageModule(Several({"every": every, "even": even}), TARGETS, size=48, batch=8, workers=0, augment="none")


@pytest.fixture(scope="module")
def batch(data: ImageModule) -> Batch:
    """One of four items of each source."""
    return next(iter(data.train_dataloader()))


@pytest.fixture
def task(data: ImageModule) -> Multitask:
    """Three heads on a small pyramid."""
    torch.manual_seed(0)
    body = {"name": "convnet", "channels": [8, 8, 16, 16], "depth": 1}
    return Multitask({"name": "pyramid", "body": body, "width": 8}, HEADS, data.labels())


def of_source(batch: Batch, rows: range) -> Batch:
    """Return the items of one source."""
    found: dict[str, Any] = {"targets": {}, "rows": {}, "known": {}}
    for name, here in batch.rows.items():
        kept = [place for place, row in enumerate(here.tolist()) if row in rows]
        target = batch.targets[name]
        found["targets"][name] = [target[place] for place in kept] if isinstance(target, list) else target[kept]
        found["rows"][name] = here[kept] - rows.start
        found["known"][name] = batch.known[name][kept]
    return Batch(batch.inputs[rows.start : rows.stop], frames=(), **found)


def class_layers(task: Multitask) -> dict[str, list[torch.Tensor]]:
    """Return the weights whose rows are logits, classes first, of every head."""
    heads: Any = task.model.named_heads()
    boxes = [branches.to_logits.weight for branches in (heads["boxes"].branches, heads["boxes"].one_to_one)]
    return {"label": [heads["label"].layer[-1].weight], "boxes": boxes, "mask": [heads["mask"].paint.weight]}


def moved(task: Multitask, batch: Batch) -> dict[str, list[list[bool]]]:
    """Return whether each class of each head has a gradient of a batch."""
    task.zero_grad()
    total = torch.stack([loss.total for _, losses in task.losses(batch) for loss in losses.values()]).sum()
    total.backward()
    return {
        name: [
            layer.grad.unflatten(0, (-1, layer.shape[0] // classes)).flatten(1).ne(0).any(1).tolist()
            for layer in layers
        ]
        for name, layers in class_layers(task).items()
        for classes in [11 if name == "mask" else 10]
        if all(layer.grad is not None for layer in layers)
    }


def test_classes_that_a_source_does_not_label_get_exactly_no_gradient_from_it(task: Multitask, batch: Batch) -> None:
    digits = [bool(number % 2 == 0) for number in range(10)]
    assert moved(task, of_source(batch, range(4, 8))) == {
        "label": [digits], "boxes": [digits, digits], "mask": [[True, *digits]],
    }  # fmt: skip
    every = [True] * 10
    assert moved(task, of_source(batch, range(4))) == {"label": [every], "boxes": [every] * 2, "mask": [[True, *every]]}


def test_what_is_found_of_unknown_classes_is_not_measured(task: Multitask, batch: Batch) -> None:
    with torch.no_grad():
        for layers in class_layers(task).values():
            for layer in layers:
                layer.zero_()
        heads: Any = task.model.named_heads()
        heads["label"].layer[-1].bias[:] = 0
        heads["label"].layer[-1].bias[3], heads["label"].layer[-1].bias[4] = 9, 5
        stride = heads["mask"].stride ** 2
        heads["mask"].paint.bias.view(11, stride)[:] = 0
        heads["mask"].paint.bias.view(11, stride)[4] = 9  # the digit 3
    task.eval()
    seen: dict[str, Any] = {}
    for name, metrics in task.measures.items():
        metrics.update = lambda predictions, targets, name=name: seen.update({name: (predictions, targets)})  # type: ignore[method-assign]
    task.measure(batch)
    labels = seen["label"][0].argmax(1).tolist()
    rows = batch.rows["label"].tolist()
    assert labels == [3 if row < 4 else 4 for row in rows]
    for item, found in enumerate(seen["boxes"][0]):
        odd = found["labels"][found["scores"] > 0.001] % 2 == 1
        assert not (item >= 4 and odd.any())
    masks = seen["mask"][0]
    assert (masks[:4] == 4).all()
    assert not (masks[4:] == 4).any()
