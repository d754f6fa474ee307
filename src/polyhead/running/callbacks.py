"""What a run adds to Lightning's loop: its recipe in every checkpoint, its best checkpoints, its progress."""

import time
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint, ProgressBar
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from torch import Tensor

from polyhead.checkpoints import Origin, stamp
from polyhead.schedule import fraction_done

BAR = 10
"""Characters of the progress bar; beside it stand the percentage and as much of the rest as there is room for."""


class Stamp(Callback):
    """Puts the resolved recipe into every checkpoint, so that a checkpoint alone suffices.

    Args:
        recipe: Plain data.
        origin: Where the run took weights from.
    """

    def __init__(self, recipe: dict[str, Any], origin: Origin | None = None) -> None:
        self.recipe, self.origin = recipe, origin

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:  # noqa: ARG002  # Lightning's signature
        """Add the stamp."""
        checkpoint["polyhead"] = stamp(self.recipe, self.origin)


def keepers(folder: Path, mains: dict[str, str]) -> list[Callback]:
    """Return the callbacks that keep checkpoints: the best mean of all heads, and of several heads each one's best.

    Args:
        folder: Where they go: `best.ckpt`, and of several heads `best-NAME.ckpt`.
        mains: Each head's metric to watch, by the head's name.
    """
    each = [keeper(folder, f"best-{name}", f"val/{name}/{main}") for name, main in mains.items() if len(mains) > 1]
    return [keeper(folder, "best", "val/main"), *each]


class Keeper(ModelCheckpoint):
    """Keeps the best checkpoint, and the latest one as long as what it watches is no number."""

    def check_monitor_top_k(self, trainer: Trainer, current: Tensor | None = None) -> bool:
        """Return whether a checkpoint is to be kept instead of the one that is."""
        best = self.best_model_score
        unknown = current is not None and bool(current.isnan()) and (best is None or not bool(best.isfinite()))
        return unknown or super().check_monitor_top_k(trainer, current)


def keeper(folder: Path, name: str, monitor: str) -> ModelCheckpoint:
    """Return the callback that keeps the checkpoint with the highest `monitor` as `name`.ckpt."""
    return Keeper(
        folder,
        filename=name,
        monitor=monitor,
        mode="max",
        save_on_train_epoch_end=False,
        auto_insert_metric_name=False,
        enable_version_counter=False,
    )


class Bar(ProgressBar):
    """How far the run is: losses, images a second, the watched metric, and the time left, on standard error.

    On a terminal it is a live bar; elsewhere, a line after each validation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.console = Console(stderr=True)
        columns = (BarColumn(BAR), TaskProgressColumn(), TextColumn("{task.fields[said]}"))
        self.live = Progress(*columns, console=self.console, transient=True)
        self.started = self.shown = self.done_before = 0.0
        self.images = 0
        self.training_time = 0.0
        self.since = 0.0
        self.enabled = True

    def disable(self) -> None:
        """Be silent, as Lightning asks on all ranks but the first."""
        self.enabled = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Start the clock, and the bar on a terminal."""
        self.started = time.monotonic()
        self.done_before = fraction_done(trainer)
        self.images = 0
        if self.enabled and self.console.is_terminal:
            self.live.start()
            self.live.add_task("fit", total=1.0, said="")

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:  # noqa: ARG002  # Lightning's signature
        """Count the images of the step that begins; other ranks have as many."""
        self.images += len(batch.inputs) * trainer.world_size
        self.since = self.since or time.monotonic()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Show the state, at most twice a second: reading the losses waits for the device."""
        now = time.monotonic()
        if self.live.live.is_started and now - self.shown > 0.5:
            self.shown = now
            done, room = progress_of(pl_module), self.console.width - BAR - 8
            self.live.update(self.live.task_ids[0], completed=done, said=self.state(trainer, pl_module, done)[:room])

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Leave the time of validations out of the images a second."""
        if self.since:
            self.training_time += time.monotonic() - self.since
            self.since = 0.0

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say where the run is, as a line that stays."""
        if self.enabled and trainer.state.fn == "fit" and not trainer.sanity_checking:
            done = progress_of(pl_module)
            self.console.print(
                f"epoch {trainer.current_epoch + 1:>3}  {self.state(trainer, pl_module, done)}",
                highlight=False,
                soft_wrap=True,
            )

    def state(self, trainer: Trainer, pl_module: LightningModule, done: float) -> str:
        """Return time left, images a second, watched metric and losses in words, what matters most first."""
        passed = time.monotonic() - self.started
        spent = self.training_time + (time.monotonic() - self.since if self.since else 0.0)
        since = done - self.done_before  # of a run that went on, an earlier process did the rest
        parts = [f"{clock(passed * (1 - done) / since)} left"] if since > 0 and done < 1 else []
        noun = getattr(getattr(trainer, "datamodule", None), "noun", "image")
        parts.append(f"{self.images / max(spent, 1e-9):.0f} {noun}s/s")
        if "val/main" in trainer.callback_metrics:
            parts.append(f"val/main {trainer.callback_metrics['val/main'].item():.3f}")
        recent: dict[str, torch.Tensor] = getattr(pl_module, "recent", {})
        return "  ".join([*parts, *(f"{name} {value.item():.3f}" for name, value in recent.items())])

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Take the bar away."""
        self.stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:  # noqa: ARG002  # Lightning's signature
        """Take the bar away before the error is said."""
        self.stop()

    def stop(self) -> None:
        """Take the bar away if it is there: rich ends even one that never began with an empty line."""
        if self.live.live.is_started:
            self.live.stop()


def progress_of(module: LightningModule) -> float:
    """Return how much of the training is done, as a Task says; 0 of another module."""
    return float(getattr(module, "progress", 0.0))


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
