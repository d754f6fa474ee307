"""Data modules: what its loaders give, in which order, and what happens when a file is broken."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning import LightningModule, Trainer
from torch import Tensor
from torchvision import tv_tensors

from polyhead.contracts import Batch
from polyhead.errors import UserError
from polyhead.loading.image_module import ImageModule
from polyhead.loading.module import spare_workers
from polyhead.loading.order import Key, Order
from polyhead.loading.source import Item, Source, Split
from polyhead.ranks import Launched


class Counted(Source):
    """Grey images of 8 x 12 pixels; the label of an item is its number, its value is twice that; counts its reads."""

    def __init__(self, items: int = 10, broken: int = -1) -> None:
        self.items = items
        self.broken = broken
        self.reads: Counter[tuple[Split, int]] = Counter()

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return one class an item."""
        return {"label": tuple(map(str, range(self.items))), "values": ()}

    def size(self, _split: Split) -> int:
        """Return the same for every split."""
        return self.items

    def item(self, split: Split, index: int) -> Item:
        """Return an item, or fail on the broken one."""
        self.reads[split, index] += 1
        if index == self.broken:
            raise UserError(f"photos/{index}.jpg: is truncated; replace it")
        image = tv_tensors.Image(torch.full((3, 8, 12), index, dtype=torch.uint8))
        return Item(image, self.targets(split, index))

    def targets(self, _split: Split, index: int) -> dict[str, Any]:
        """Return the label, and the value of items with odd numbers."""
        return {"label": index, "values": torch.tensor([2.0 * index])} if index % 2 else {"label": index}

    def fingerprint(self) -> str:
        """Return the number of items."""
        return str(self.items)


def order(data: ImageModule, epoch: int) -> list[int]:
    """Return the labels of a training epoch in the order in which they come."""
    loader = data.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return [label for batch in loader for label in batch.targets["label"].tolist()]


def test_the_training_order_differs_by_epoch_and_repeats_by_seed() -> None:
    first, second = (order(ImageModule(Counted(40), batch=4, seed=3), epoch) for epoch in (0, 1))
    assert first != second
    assert sorted(first) == sorted(second) == list(range(40))
    assert order(ImageModule(Counted(40), batch=4, seed=3), 1) == second
    assert order(ImageModule(Counted(40), batch=4, seed=4), 1) != second


@pytest.mark.parametrize("batch", [1, 4, 10, 16])
def test_training_drops_a_short_last_batch_but_never_the_only_one(batch: int) -> None:
    sizes = [len(b.inputs) for b in ImageModule(Counted(10), batch=batch).train_dataloader()]
    assert sizes == ([batch] * (10 // batch) or [10])


def test_validation_and_test_come_in_order_and_complete() -> None:
    data = ImageModule(Counted(10), batch=4)
    for loader in (data.val_dataloader(), data.test_dataloader()):
        assert [batch.targets["label"].tolist() for batch in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert len(loader) == 3


def test_only_the_named_targets_are_loaded() -> None:
    data = ImageModule(Counted(), ("values",), batch=10)
    assert data.labels() == {"values": ()}
    batch = next(iter(data.val_dataloader()))
    assert list(batch.targets) == ["values"]
    assert batch.rows["values"].tolist() == [1, 3, 5, 7, 9]
    with pytest.raises(UserError, match=r"no target named 'lable' .did you mean 'label'"):
        ImageModule(Counted(), ("lable",))


def test_images_are_letterboxed_to_the_size() -> None:
    batch = next(iter(ImageModule(Counted(), size=(16, 24), batch=2).val_dataloader()))
    assert batch.inputs.shape == (2, 3, 16, 24)
    assert batch.frames[0] == ((8, 12), (2.0, 2.0), (0, 0))


def test_an_item_is_read_once_and_augmented_anew_each_epoch() -> None:
    source = Counted()
    data = ImageModule(source, batch=10, workers=0, augment=[{"name": "random_affine", "degrees": 45}])
    loader = data.train_dataloader()
    epochs = []
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)
        epochs.append(next(iter(loader)).inputs.sum(0))
    assert set(source.reads.values()) == {1}
    assert not torch.equal(*epochs)


def test_epochs_do_not_depend_on_the_number_of_workers() -> None:
    def inputs(workers: int) -> Tensor:
        data = ImageModule(Counted(), batch=4, workers=workers, augment=[{"name": "random_affine", "degrees": 45}])
        return torch.cat([batch.inputs for batch in data.train_dataloader()])

    assert torch.equal(inputs(0), inputs(2))


def line(data: ImageModule) -> str:
    """Return what the loader says as it fails; the error itself would keep it, and its workers, alive."""
    try:
        return f"{len(list(data.val_dataloader()))} batches"
    except UserError as error:
        return str(error)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_file_is_its_one_line_also_from_a_worker(workers: int) -> None:
    data = ImageModule(Counted(broken=3), batch=4, workers=workers)
    assert line(data) == "photos/3.jpg: is truncated; replace it"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can tell who sent a signal")
def test_a_worker_hears_its_own_run_alone() -> None:
    loader = ImageModule(Counted(), batch=2, workers=1).train_dataloader()
    batches = iter(loader)
    next(batches)
    (worker,) = multiprocessing.active_children()
    stranger = [sys.executable, "-c", f"import os; os.kill({worker.pid}, {signal.SIGTERM})"]
    subprocess.run(stranger, check=True)
    os.kill(int(worker.pid or 0), signal.SIGINT)
    while "ShdPnd:\t0000000000000000" not in Path(f"/proc/{worker.pid}/status").read_text(encoding="utf-8"):
        time.sleep(0.01)  # of two equal signals that wait, the kernel keeps the first
    assert len(list(batches)) == 4
    assert worker.is_alive()
    worker.terminate()  # as Python does when it exits
    worker.join(20)
    assert not worker.is_alive()


def test_closing_ends_the_workers_and_the_loader_can_start_others() -> None:
    data = ImageModule(Counted(), batch=4, workers=2)
    loader = data.val_dataloader()
    assert len(list(loader)) == 3
    data.close()
    assert not multiprocessing.active_children()
    assert len(list(loader)) == 3
    loader.close()
    assert not multiprocessing.active_children()


def test_examples_are_the_training_targets_without_pixels() -> None:
    source = Counted(5)
    data = ImageModule(source, batch=2)
    assert [batch.tolist() for batch in data.examples("label")] == [[0, 1], [2, 3], [4]]
    assert [batch.tolist() for batch in data.examples("values")] == [[[2.0], [6.0]]]
    assert not source.reads


def test_ranks_share_training_evenly_and_evaluation_completely() -> None:
    shares = [[key.number for key in Order(11, 0, shuffle=True, rank=rank, ranks=4)] for rank in range(4)]
    assert {len(share) for share in shares} == {2}
    assert len(set().union(*shares)) == 8
    in_order = [[key.number for key in Order(11, 0, shuffle=False, rank=rank, ranks=4)] for rank in range(4)]
    assert sorted(index for share in in_order for index in share) == list(range(11))
    assert [len(Order(11, 0, shuffle=False, rank=rank, ranks=4)) for rank in range(4)] == [3, 3, 3, 2]


def test_what_workers_get_travels_to_spawned_processes() -> None:
    data = ImageModule(Counted(), batch=4, augment=["random_horizontal_flip"])
    there = pickle.loads(pickle.dumps(data.training))  # noqa: S301  # our own bytes
    assert there[Key(0, 3)][0].targets["label"] == 3


@pytest.mark.parametrize(("option", "value"), [("size", 0), ("batch", 0), ("workers", -1), ("seed", -1)])
def test_impossible_options_are_named(option: str, value: int) -> None:
    with pytest.raises(UserError, match=f"{option} must be"):
        ImageModule(Counted(), **{option: value})


def test_no_training_images_is_an_error_with_a_cure() -> None:
    with pytest.raises(UserError, match=r"no training images; check"):
        ImageModule(Counted(0)).train_dataloader()


class Recorder(LightningModule):
    """Keeps the labels of its training batches, and learns nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.seen: list[int] = []

    def training_step(self, batch: Batch, _index: int) -> None:
        """Note the labels."""
        self.seen += batch.targets["label"].tolist()

    def configure_optimizers(self) -> None:
        """Return no optimizer."""


@pytest.mark.filterwarnings("ignore:.*configure_optimizers", "ignore:.*no `validation_step`")  # it learns nothing
@pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec.*:FutureWarning")  # Lightning 2.6 on torch 2.14
def test_lightning_sets_the_epoch_and_leaves_the_order_to_us() -> None:
    model = Recorder()
    trainer = Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, datamodule=ImageModule(Counted(12), batch=4))
    expected = ImageModule(Counted(12), batch=4)
    assert model.seen == order(expected, 0) + order(expected, 1)


def test_a_batch_moves_to_a_device_with_its_frames_as_they_are() -> None:
    data = ImageModule(Counted(4), batch=4)
    batch = next(iter(data.val_dataloader()))
    assert data.transfer_batch_to_device(batch, torch.device("cpu"), 0) is batch
    moved = data.transfer_batch_to_device(batch, torch.device("meta"), 0)
    assert moved.inputs.device.type == moved.rows["label"].device.type == moved.targets["label"].device.type == "meta"
    assert moved.frames is batch.frames


def test_processes_of_a_launcher_share_the_cores_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyhead.loading.module.cores", lambda: 16)
    assert spare_workers() == 8
    monkeypatch.setattr("polyhead.ranks.launched", lambda: Launched(devices=4, nodes=1))
    assert spare_workers() == 2
    monkeypatch.setattr("polyhead.ranks.launched", lambda: Launched(devices=8, nodes=1))
    assert spare_workers() == 0


@pytest.mark.slow
def test_workers_make_batches_in_shared_memory_with_the_same_content() -> None:
    batches = [next(iter(ImageModule(Counted(6), batch=6, workers=workers).val_dataloader())) for workers in (0, 1)]
    assert batches[1].inputs.is_shared()
    assert batches[1].inputs.equal(batches[0].inputs)
    assert batches[1].targets["values"].equal(batches[0].targets["values"])
