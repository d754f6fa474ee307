"""Runs that go on: `last.ckpt` is always there to be taken up again, also when a run is told to stop."""

import logging
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Checkpoint

from polyhead import ranks
from polyhead.running.respread import Spread, ranks_of, respread
from polyhead.schedule import fraction_done

EVERY = 300.0
"""Seconds after which `last.ckpt` is written again, where no validation did it."""
ASKED = 10
"""Steps of the optimiser after which the ranks ask each other, where the device would have to wait for the answer."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
NEVER = 1 << 30
LAST = "last.ckpt"


class Continuation(Checkpoint):
    """Keeps `last.ckpt`, from which a run goes on as if it had never ended.

    It is written after epochs that were validated, every five minutes, at the end, and when Ctrl-C or SIGTERM tells the
    run to stop: the step at hand is finished, and all ranks stop at the same one. A second signal does what it always
    does. With the state of Lightning's loops it holds that of torch's random numbers; order and augmentation need none.

    Args:
        folder: Where `last.ckpt` goes.

    Attributes:
        stopped: The signal that ended the run before its time; 0 if none did.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LAST
        self.told = self.stopped = 0
        self.validated = False
        self.written = 0.0
        self.handlers: dict[int, Any] = {}
        self.random: dict[str, Any] = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002  # Lightning's signature
        """Take the first rank's path: the clocks that name run folders differ."""
        self.path = Path(trainer.strategy.broadcast(str(self.path)))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Listen to signals, and take up the random numbers where a checkpoint left them."""
        self.written = time.monotonic()
        if threading.current_thread() is threading.main_thread():
            self.handlers = {number: signal.signal(number, self.tell) for number in SIGNALS}
        if self.random:
            torch.set_rng_state(self.random["cpu"])
            if len(self.random["cuda"]) == torch.cuda.device_count():
                torch.cuda.set_rng_state_all(self.random["cuda"])

    def tell(self, number: int, frame: Any) -> None:  # noqa: ARG002  # a handler's signature
        """Remember a signal, and hear no further one."""
        self.told = number
        self.unlisten()
        if ranks.first():
            sys.stderr.write("\nstopping after the step or validation at hand; Ctrl-C again stops at once\n")

    def unlisten(self) -> None:
        """Let signals do what they did before."""
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        self.handlers = {}

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002  # Lightning's signature
        outputs: Any,  # noqa: ARG002
        batch: Any,  # noqa: ARG002
        batch_idx: int,
    ) -> None:
        """After a step of the optimiser: write when it is time, and stop when told.

        The last step of an epoch leaves both to the end of the epoch.
        """
        steps, begun = divmod(batch_idx + 1, trainer.accumulate_grad_batches)
        if begun or trainer.is_last_batch:
            return
        if trainer.world_size > 1 and trainer.strategy.root_device.type != "cpu" and steps % ASKED:
            return
        self.settle(trainer, wanted=self.validated)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Remember that there is something worth keeping."""
        self.validated = not trainer.sanity_checking

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Write after a validation, at the end of the run, when it is time, or when told to stop.

        After an epoch that was cut short it was done already.
        """
        if not self.stopped:
            self.settle(trainer, wanted=self.validated or trainer.should_stop or fraction_done(trainer) >= 1)

    def settle(self, trainer: Trainer, wanted: bool = False) -> None:
        """Write if that is wanted, it is time, or the run was told to stop; and stop if it was.

        One rank that was told, or whose clock says so, speaks for all.
        """
        due = wanted or time.monotonic() - self.written > EVERY
        if trainer.world_size > 1:
            mine = torch.tensor([self.told, int(due)], device=trainer.strategy.root_device)
            self.stopped, due = trainer.strategy.reduce(mine, reduce_op="max").tolist()
        else:
            self.stopped = self.told
        if due or self.stopped:
            self.write(trainer)
        if self.stopped:
            self.stop(trainer)

    def write(self, trainer: Trainer) -> None:
        """Write `last.ckpt`, and what was logged until now."""
        trainer.save_checkpoint(self.path)
        for logger in trainer.loggers:
            logger.save()
        self.written, self.validated = time.monotonic(), False

    def stop(self, trainer: Trainer) -> None:
        """End the run without a validation, however long it was to be at least."""
        trainer.should_stop = True
        trainer.fit_loop.min_epochs = trainer.fit_loop.epoch_loop.min_steps = None
        trainer.check_val_every_n_epoch = NEVER

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Hear no more signals."""
        self.unlisten()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:  # noqa: ARG002  # Lightning's signature
        """Hear no more signals."""
        self.unlisten()

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:  # noqa: ARG002  # Lightning's signature
        """Add the state of the random numbers."""
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        checkpoint["random"] = {"cpu": torch.get_rng_state(), "cuda": cuda}

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:  # noqa: ARG002  # Lightning's signature
        """Keep it until training starts: what is built before draws random numbers too.

        A run folder may have moved since, and then the other keepers' files are where the folder is now; and there may
        be more processes now, or fewer.
        """
        self.random = checkpoint.get("random", {})
        self.share(trainer, checkpoint)
        for state in checkpoint.get("callbacks", {}).values():
            if isinstance(state, dict) and "dirpath" in state:
                moved(state, self.path.parent.resolve())

    def share(self, trainer: Trainer, checkpoint: dict[str, Any]) -> None:
        """Go on with as many processes as there are now, and say so where there were others."""
        before, now = ranks_of(checkpoint), trainer.world_size
        if trainer.state.fn != "fit" or before in {None, now}:
            return
        steps = len(trainer.datamodule.train_dataloader())  # type: ignore[attr-defined]  # a run's trainer has one
        most = trainer.limit_train_batches
        steps = min(steps, most) if isinstance(most, int) else int(steps * (most or 1.0))
        respread(checkpoint, Spread(now, steps, trainer.accumulate_grad_batches))
        logging.getLogger("polyhead").warning(
            "processes: %d before, and %d now; data.batch is of each, so that a step is %g times as large",
            before,
            now,
            now / before,
        )


def moved(state: dict[str, Any], folder: Path) -> None:
    """Let the state of a ModelCheckpoint name its files in another folder, resolved as it compares it with its own."""
    state["dirpath"] = str(folder)
    for key in ("best_model_path", "kth_best_model_path", "last_model_path"):
        state[key] = str(folder / Path(state[key]).name) if state.get(key) else ""
    state["best_k_models"] = {str(folder / Path(path).name): score for path, score in state["best_k_models"].items()}
