"""When to validate."""

import time
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from polyhead.schedule import fraction_done

SHARE = 0.1
NEVER = 1 << 30


class Pace(Callback):
    """Validates after the first epoch, then as often as a tenth of the time allows, and always at the end of the run.

    Lightning's own settings know one of two evils: a validation after each short epoch, or a run that ends without one.
    """

    def __init__(self) -> None:
        self.begun = self.ended = self.cost = 0.0

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002  # Lightning's signature
        """Let callbacks that are set up later see that not every epoch validates: early stopping counts accordingly."""
        self.validate(trainer, False)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Decide for an epoch that goes on in its middle, which Lightning does not start again."""
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Decide whether this epoch ends with a validation; all ranks take the first one's word."""
        last = trainer.current_epoch + 1 == trainer.max_epochs
        due = time.monotonic() - self.ended >= self.cost / SHARE
        self.validate(trainer, bool(trainer.strategy.broadcast(last or due)))

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:  # noqa: ARG002  # Lightning's signature
        """End with a validation where steps or time are up in the middle of an epoch."""
        if fraction_done(trainer) >= 1:
            self.validate(trainer, True)
            trainer.should_stop = True

    def validate(self, trainer: Trainer, wanted: bool) -> None:
        """Tell the trainer whether the epoch that runs ends with a validation."""
        trainer.check_val_every_n_epoch = 1 if wanted else NEVER

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Start the watch."""
        self.begun = time.monotonic()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Keep what a validation costs; the check before training is none."""
        if not trainer.sanity_checking:
            self.ended = time.monotonic()
            self.cost = self.ended - self.begun
