"""The averaged weights are what is validated and saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from polyhead.tasks._average import tensors

MakeTask = Callable[..., pl.LightningModule]
Train = Callable[..., pl.Trainer]
WEIGHT = "model.heads.label.layer.1.weight"


class Ledger(pl.Callback):
    """Keeps the trained weight after each step, and the weight that validation saw."""

    def __init__(self) -> None:
        self.trained: list[Tensor] = []
        self.validated: list[Tensor] = []

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        self.trained.append(tensors(pl_module)[WEIGHT].detach().clone())

    def on_validation_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        self.validated.append(tensors(pl_module)[WEIGHT].detach().clone())


def averaged(start: Tensor, trained: list[Tensor], decay: float) -> Tensor:
    """Return the average by its definition, one step after the other."""
    average = start
    for step, weight in enumerate(trained, 1):
        share = max(1 - decay, 1 / (1 + step / 10))
        average = (1 - share) * average + share * weight
    return average


@pytest.mark.parametrize("decay", [0.5, 0.9998])
def test_validation_sees_the_average_and_training_goes_on_without_it(
    decay: float, make_task: MakeTask, train: Train
) -> None:
    task, ledger = make_task(average=decay), Ledger()
    start = tensors(task)[WEIGHT].detach().clone()
    train(task, ledger, max_epochs=2)
    torch.testing.assert_close(ledger.validated[0], averaged(start, ledger.trained[:2], decay))
    torch.testing.assert_close(ledger.validated[-1], averaged(start, ledger.trained, decay))
    assert not torch.equal(ledger.trained[2], ledger.validated[0])
    torch.testing.assert_close(tensors(task)[WEIGHT].detach(), ledger.validated[-1])


@pytest.mark.parametrize("when", ["in validation", "in training"])
def test_a_checkpoint_holds_the_average_whenever_it_is_saved(
    when: str, tmp_path: Path, make_task: MakeTask, train: Train
) -> None:
    task, ledger = make_task(), Ledger()
    start = tensors(task)[WEIGHT].detach().clone()
    keeper = ModelCheckpoint(tmp_path, filename="kept", save_on_train_epoch_end=when == "in training", monitor=None)
    train(task, ledger, keeper, max_epochs=1, enable_checkpointing=True)
    stored = torch.load(tmp_path / "kept.ckpt", weights_only=True)
    torch.testing.assert_close(stored["state_dict"][WEIGHT], averaged(start, ledger.trained, 0.9998))
    torch.testing.assert_close(stored["trained"][WEIGHT], ledger.trained[-1])


@pytest.mark.filterwarnings("ignore:Checkpoint directory")  # the second run saves beside the first
def test_a_run_that_goes_on_ends_like_one_that_never_stopped(tmp_path: Path, make_task: MakeTask, train: Train) -> None:
    def keeper() -> ModelCheckpoint:
        return ModelCheckpoint(tmp_path, filename="{epoch}", save_top_k=-1, monitor=None)

    whole, resumed = make_task(), make_task()
    train(whole, keeper(), max_epochs=3, enable_checkpointing=True)
    goes_on = {"ckpt_path": str(tmp_path / "epoch=0.ckpt"), "weights_only": True}
    trainer = train(resumed, keeper(), max_epochs=3, enable_checkpointing=True, fit=goes_on)
    assert trainer.global_step == 6
    for name, tensor in tensors(whole).items():
        torch.testing.assert_close(tensors(resumed)[name], tensor)
