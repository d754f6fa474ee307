"""The batches of an epoch: their keys, their sizes, and what changes at the end of a run."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import torch
from pytorch_lightning import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import BatchSampler
from torchvision import tv_tensors

from polyhead.contracts import Batch
from polyhead.errors import UserError
from polyhead.loading.batches import Batches, begun
from polyhead.loading.image_module import ImageModule
from polyhead.loading.order import Key, Order
from polyhead.loading.sizing import Sizing, varied
from polyhead.loading.source import Item, Source, Split

SIZES = varied((64, 64), 0.5)


def keys(
    rank: int = 0, done: int = 0, epoch: int = 0, progress: Callable[[int, int], float] = begun
) -> list[list[Key]]:
    """Return the keys of an epoch of 41 items of two ranks, in batches of 4 of varied size."""
    order = Order(41, 5, shuffle=True, rank=rank, ranks=2)
    order.set_epoch(epoch)
    order.done = done
    return list(Batches(order, 4, Sizing(varied=SIZES, plain_end=0.1), progress))


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("batch", [1, 3, 4, 12, 20])
def test_keys_are_grouped_as_torch_groups_them(shuffle: bool, batch: int) -> None:
    order = Order(12, 0, shuffle=shuffle)
    theirs = BatchSampler([*order], batch, drop_last=shuffle and batch < 12)  # type: ignore[arg-type]  # any items do
    assert list(Batches(order, batch)) == list(theirs)
    assert len(Batches(order, batch)) == len(theirs)


def test_a_batch_has_one_size_by_seed_epoch_and_place_alone() -> None:
    sizes = [[key.size for key in batch] for batch in keys()]
    assert all(len(set(batch)) == 1 for batch in sizes)
    assert {size for epoch in range(20) for batch in keys(epoch=epoch) for size in [batch[0].size]} == set(SIZES)
    assert sizes == [[key.size for key in batch] for batch in keys(rank=1)]
    assert sizes != [[key.size for key in batch] for batch in keys(epoch=1)]


def test_a_run_that_goes_on_has_the_keys_that_were_left() -> None:
    def progress(epoch: int, number: int) -> float:
        return (epoch * 5 + number) / 15

    whole = keys(epoch=2, progress=progress)
    assert keys(epoch=2, done=12, progress=progress) == whole[3:]
    assert [batch[0].late for batch in whole] == [False, False, False, False, True]
    assert {key.size for key in whole[4]} == {None}


class Frames(Source):
    """Black images of 48 x 48 pixels with one white rectangle, its box and its mask."""

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"boxes": ("white",), "mask": ("black", "white")}

    def size(self, _split: Split) -> int:
        return 16

    def item(self, _split: Split, index: int) -> Item:
        mask = torch.zeros(48, 48, dtype=torch.uint8)
        mask[6 : 20 + index, 3 : 40 - index] = 1
        corners = torch.tensor([[3.0, 6, 40 - index, 20 + index]])
        boxes = tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=(48, 48))
        targets = {"boxes": {"boxes": boxes, "labels": torch.tensor([0])}, "mask": tv_tensors.Mask(mask)}
        return Item(tv_tensors.Image((mask * 255).repeat(3, 1, 1)), targets)

    def fingerprint(self) -> str:
        return "frames"


def data(**options: Any) -> ImageModule:
    """Return the images in batches of 4, of 32 or 64 pixels where nothing else is said."""
    given: dict[str, Any] = {"size": 48, "batch": 4, "workers": 0, "augment": "none", "multi_scale": 0.4, **options}
    return ImageModule(Frames(), **given)


def test_images_boxes_and_masks_have_the_size_of_the_batch() -> None:
    for batch in data().train_dataloader():
        side = batch.inputs.shape[-1]
        assert batch.inputs.shape == (4, 3, side, side)
        assert batch.targets["mask"].shape == (4, side, side)
        assert side in {32, 64}
        for mask, target in zip(batch.targets["mask"], batch.targets["boxes"], strict=True):
            rows, columns = (mask == 1).nonzero().unbind(1)
            ink = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            assert (target["boxes"][0] - ink).abs().max() <= 1
    assert {batch.inputs.shape[-1] for batch in data().val_dataloader()} == {48}


def test_late_items_are_no_mosaics() -> None:
    laid = data(multi_scale=0.0, augment=[{"name": "mosaic", "share": 1}]).training
    plain = data(multi_scale=0.0).training
    (early, _), (late, _), (still, _) = laid[Key(0, 3)], laid[Key(0, 3, late=True)], plain[Key(0, 3)]  # type: ignore[misc]
    assert torch.equal(late.image, still.image)
    assert not torch.equal(early.image, still.image)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"multi_scale": 0.1}, r"multi_scale=0\.1 leaves sides of 48 no two multiples of 32"),
        ({"multi_scale": 1.0}, "multi_scale must be 0 or more and below 1, not 1"),
        ({"plain_end": 1.5}, r"plain_end must be from 0 to 1, not 1\.5"),
        ({"grow": -0.1}, r"grow must be from 0 to 0\.9, where plain_end=0\.1 begins, not -0\.1"),
        ({"grow": 0.6, "plain_end": 0.5}, r"grow must be from 0 to 0\.5, where plain_end=0\.5 begins, not 0\.6"),
    ],
)
def test_impossible_shares_are_named(options: dict[str, float], says: str) -> None:
    with pytest.raises(UserError, match=says):
        data(**options)


class Sides(LightningModule):
    """Keeps the sides of its training batches, each for a while, and learns nothing."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seconds = seconds
        self.seen: list[int] = []

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        self.seen.append(batch.inputs.shape[-1])
        time.sleep(self.seconds)
        return self.weight.sum()

    def validation_step(self, batch: Batch, _index: int) -> None:
        """Measure nothing: there is no validation."""

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def sides(loaded: ImageModule, seconds: float = 0.0, **limits: Any) -> list[int]:
    """Return the sides of the batches of a run."""
    module, off = Sides(seconds), dict.fromkeys(["logger", "enable_checkpointing", "enable_progress_bar"], False)
    trainer = Trainer(accelerator="cpu", enable_model_summary=False, limit_val_batches=0, **off, **limits)
    trainer.fit(module, datamodule=loaded)
    return module.seen


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("limits", [{"max_epochs": 3}, {"max_steps": 12, "max_epochs": -1}])
def test_the_last_share_of_a_run_has_one_size_however_far_ahead_it_is_read(
    workers: int, limits: dict[str, Any]
) -> None:
    seen = sides(data(workers=workers, plain_end=0.25), **limits)
    assert seen[9:] == [48, 48, 48]
    assert seen[:9] == sides(data(plain_end=0.0), max_epochs=3)[:9]
    assert set(seen[:9]) == {32, 64}


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_grow_from_half_of_their_size_to_it_in_the_first_share_of_a_run(workers: int) -> None:
    growing = {"size": 128, "multi_scale": 0.0, "grow": 0.5, "workers": workers}
    assert sides(data(**growing), max_epochs=3) == [64, 64, 64, 96, 96, 96, *[128] * 6]


def test_the_end_of_a_run_is_that_of_its_time_where_time_limits_it() -> None:
    seen = sides(data(plain_end=0.5), seconds=0.05, max_time=timedelta(seconds=1), max_epochs=-1)
    plain = seen.index(48)
    assert 0 < plain < len(seen)
    assert set(seen[:plain]) <= {32, 64}
    assert set(seen[plain:]) == {48}
