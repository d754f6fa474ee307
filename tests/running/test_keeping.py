"""Which checkpoints a run keeps."""

from pathlib import Path

import pytest
import torch
from pytorch_lightning import LightningModule, Trainer
from torch.utils.data import DataLoader

from polyhead.running.callbacks import keeper


class Told(LightningModule):
    """A parameter that counts the epochs, and a metric that is what it is told.

    Args:
        values: Of each epoch.
    """

    def __init__(self, values: list[float]) -> None:
        super().__init__()
        self.values = values
        self.epoch = torch.nn.Parameter(torch.zeros(()))

    def training_step(self, *_: object) -> torch.Tensor:
        return -self.epoch

    def validation_step(self, *_: object) -> None:
        self.log("val/main", self.values[self.current_epoch])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=1.0)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([0.1, 0.3, 0.2], 2),
        ([torch.nan, torch.nan, torch.nan], 3),
        ([torch.nan, 0.2, torch.nan], 2),
        ([0.2, torch.nan, 0.1], 1),
    ],
)
def test_the_best_is_kept_and_the_latest_where_none_is_known(values: list[float], kept: int, tmp_path: Path) -> None:
    trainer = Trainer(
        max_epochs=3,
        callbacks=[keeper(tmp_path, "best", "val/main")],
        logger=False,
        accelerator="cpu",
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Told(values), DataLoader([0]), DataLoader([0]))
    assert torch.load(tmp_path / "best.ckpt", weights_only=True)["state_dict"]["epoch"] == kept
