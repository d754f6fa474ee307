"""How long a run trained, and how fast."""

import time
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from polyhead import ranks
from polyhead.files import json_text, write_text

TRAINING = "training.json"


class Stopwatch(Callback):
    """Counts images and the seconds that their steps took, reading included and validations left out.

    At the end `training.json` holds them, with the precision and the steps of the optimiser: of all of the run, where
    it was stopped and went on.

    Args:
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self.images, self.passed = 0, 0.0
        self.since: float | None = None

    @property
    def seconds(self) -> float:
        """The time until now."""
        return self.passed + (0.0 if self.since is None else time.monotonic() - self.since)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Start the watch."""
        self.since = time.monotonic()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:  # noqa: ARG002  # Lightning's signature
        """Count the images of the step that begins; other ranks have as many. A validation may have ended before it."""
        self.images += len(batch.inputs) * trainer.world_size
        self.since = time.monotonic() if self.since is None else self.since

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Hold the watch until the next step."""
        self.hold()

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002  # Lightning's signature
        """Write the file after the training, also after one that was over when it went on; the first rank does."""
        self.hold()
        if stage == "fit" and ranks.first():
            told = {"steps": trainer.global_step, "images": self.images, "seconds": self.passed}
            write_text(json_text(told | {"precision": trainer.precision}), self.run / TRAINING)

    def hold(self) -> None:
        """Add up what has passed."""
        self.passed, self.since = self.seconds, None

    def state_dict(self) -> dict[str, Any]:
        """Return what a run that goes on takes up."""
        return {"images": self.images, "seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it up."""
        self.images, self.passed = state_dict["images"], state_dict["seconds"]
