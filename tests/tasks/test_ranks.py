"""Two processes do what one does with the same global batch."""

import atexit
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import distributed, nn
from torchvision import tv_tensors

from polyhead.loading.image_module import ImageModule
from polyhead.loading.source import Item, Source, Split
from polyhead.tasks._ranks import average_statistics, leave_together, sum_over_ranks
from polyhead.tasks.multitask import Multitask

pytestmark = pytest.mark.slow
BODY = {"name": "convnet", "channels": [4, 4], "depth": 1, "norm": "none"}
GROUPS = {"name": "convnet", "channels": [4, 32], "depth": 1, "norm": "group"}
BODIES: dict[str, dict[str, Any]] = {
    "no norms": BODY,
    "GroupNorm": GROUPS,
    "GroupNorm in the neck": {"name": "pyramid", "width": 16, "levels": 2, "norm": "group", "body": GROUPS},
}
HEADS = {"label": {"name": "classification"}, "mask": {"name": "segmentation", "width": 4, "dice": 0.0}}


class Uneven(Source):
    """Four images, all with a mask; the first alone has a class, so that one of two ranks has none."""

    augment = ()

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return two classes of each."""
        return {"label": ("a", "b"), "mask": ("background", "thing")}

    def size(self, split: Split) -> int:
        """Return 4 training images, and no others."""
        return 4 if split == "train" else 0

    def item(self, split: Split, index: int) -> Item:
        """Return noise."""
        generator = torch.Generator().manual_seed(index)
        image = torch.randint(256, (3, 16, 16), generator=generator, dtype=torch.uint8)
        mask = torch.randint(2, (16, 16), generator=generator, dtype=torch.uint8)
        targets: dict[str, Any] = {"mask": tv_tensors.Mask(mask)}
        return Item(tv_tensors.Image(image), targets | ({"label": 1} if index == 0 else {}))

    def fingerprint(self) -> str:
        """Return a name."""
        return "uneven"


class Losses(pl.Callback):
    """Writes down, on the first of several processes, what a step's losses are over all of them.

    Args:
        file: Where to.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any) -> None:
        """Take the mean of what each process has as its share."""
        found = {name: sum_over_ranks(loss) / trainer.world_size for name, loss in pl_module.recent.items()}
        if trainer.is_global_zero:
            torch.save(found, self.file)


def trained(devices: int, tmp_path: Path, body: dict[str, Any]) -> tuple[dict[str, torch.Tensor], ...]:
    """Return the losses of one step of SGD on all four images, shared among processes, and the weights after it."""
    pl.seed_everything(0, verbose=False)
    data = ImageModule(Uneven(), size=16, batch=4 // devices, workers=0)
    task = Multitask(body, HEADS, data.labels(), optimizer="sgd", lr=0.1, warmup=0.0, average=0.0)
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    strategy = "ddp_spawn" if devices > 1 else "auto"
    limits = {"max_steps": 1, "limit_val_batches": 0}
    told = Losses(tmp_path / "losses.pt")
    trainer = pl.Trainer(accelerator="cpu", devices=devices, strategy=strategy, callbacks=[told], **limits, **quiet)  # type: ignore[arg-type]
    trainer.fit(task, data)
    trainer.save_checkpoint(tmp_path / "weights.ckpt")
    weights: dict[str, torch.Tensor] = torch.load(tmp_path / "weights.ckpt", weights_only=True)["state_dict"]
    return torch.load(told.file, weights_only=True), weights


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_step_of_two_ranks_is_the_step_of_one_also_where_a_rank_has_no_labelled_row(
    body: dict[str, Any], tmp_path: Path
) -> None:
    (losses, one), (other_losses, two) = (trained(devices, tmp_path, body) for devices in (1, 2))
    assert losses.keys() == {"label/ce", "mask/ce"}
    torch.testing.assert_close(other_losses, losses, rtol=1e-5, atol=1e-6)
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-5, atol=1e-6)


def statistics_of(rank: int, meeting: str, found: str) -> None:
    """Write down, as one of two ranks that saw 3 rows and 1, what statistics become."""
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    norm, frozen = nn.BatchNorm2d(2), nn.BatchNorm2d(1)
    norm.running_mean, frozen.running_mean = torch.tensor([4.0 * rank, 8.0]), torch.tensor([float(rank)])
    average_statistics(nn.ModuleList([norm, nn.Sequential(frozen)]), 3 - 2 * rank, [nn.Sequential(frozen)])
    torch.save((norm.running_mean, frozen.running_mean, sum_over_ranks(torch.tensor([1.0 + rank]))), f"{found}.{rank}")
    distributed.destroy_process_group()


def test_batchnorm_statistics_become_the_mean_over_the_rows_of_all_ranks_unless_frozen(
    tmp_path: Path,
) -> None:
    torch.multiprocessing.spawn(statistics_of, (str(tmp_path / "meeting"), str(tmp_path / "found")), nprocs=2)
    for rank in range(2):
        mean, frozen, total = torch.load(tmp_path / f"found.{rank}", weights_only=True)
        assert mean.tolist() == [1.0, 8.0]
        assert frozen.tolist() == [rank]
        assert total.tolist() == [3.0]


def end_in_a_group(rank: int, meeting: str, found: str) -> None:
    """Write down, when Python ends, whether this process is still in a group."""
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    atexit.register(lambda: Path(f"{found}.{rank}").write_text(str(distributed.is_initialized())))
    leave_together()


def test_processes_leave_their_group_before_python_ends(tmp_path: Path) -> None:
    torch.multiprocessing.spawn(end_in_a_group, (str(tmp_path / "meeting"), str(tmp_path / "found")), nprocs=2)
    assert [(tmp_path / f"found.{rank}").read_text() for rank in range(2)] == ["False", "False"]


def test_a_single_process_agrees_with_itself() -> None:
    norm = nn.BatchNorm2d(2)
    norm.running_mean = torch.tensor([3.0, 4.0])
    average_statistics(norm, rows=5)
    assert norm.running_mean.tolist() == [3.0, 4.0]
