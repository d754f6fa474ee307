"""Numbers that a run finds by trying: a learning rate, and a batch that keeps the machine busy."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from statistics import linear_regression
from typing import TYPE_CHECKING, Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer

from polyhead.errors import UserError
from polyhead.running.building import check_targets
from polyhead.running.trainer import are_several, make_trainer

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule

LOWEST, HIGHEST = 1e-6, 1.0
"""The learning rates between which one is looked for."""
STEPS = 100
"""Steps of the optimiser in which it rises from one to the other."""
SIGHT = 10
"""Steps on either side of one over which the loss is looked at: its slope there is that of a fitted line."""
SMOOTH = 0.9
"""How much of the smoothed loss each step leaves as it is."""
DIVERGED = 3.0
"""How many times its lowest value the smoothed loss may be before the search ends."""
FIRST = 4
"""The smallest batch that is tried."""
GAIN = 1.05
"""How many times as fast a batch of double size has to be to be taken."""
EPOCH = 16
"""Steps that an epoch keeps, however large the batch could be."""
WARM, TIMED = 2, 4
"""Steps before a batch is timed, and while it is."""


def tuned(recipe: dict[str, Any], data: "DataModule", make: Callable[[], Any]) -> dict[str, Any]:
    """Return the recipe with numbers where it says `auto`, and say them: first `data.batch`, then `task.lr`.

    Args:
        recipe: With its class names.
        data: Its data; `data.batch` is set.
        make: Returns the task as the run begins with it.

    Raises:
        UserError: If several processes would have to try together, or nothing helps.
    """
    batch, rate = recipe["data"].get("batch") == "auto", recipe["task"].get("lr") == "auto"
    if not batch and not rate:
        return recipe
    if are_several(recipe["trainer"]):
        key = "data.batch" if batch else "task.lr"
        raise UserError(f"{key}=auto is found by one process; run it with trainer.devices=1 once, and set what it says")
    check_targets(make(), data)
    sizing, data.sizing = data.sizing, data.sizing._replace(growing=())  # the largest batches have to fit
    if batch:
        data.batch = fastest_batch(recipe, data, make)
        recipe = {**recipe, "data": {**recipe["data"], "batch": data.batch}}
    if rate:
        recipe = {**recipe, "task": {**recipe["task"], "lr": steepest_rate(recipe, data, make)}}
    data.sizing = sizing
    return recipe


def steepest_rate(recipe: dict[str, Any], data: "DataModule", make: Callable[[], Any]) -> float:
    """Return the learning rate at which the loss falls fastest, of a range that a short run rises through.

    References:
        Smith, Cyclical learning rates, arXiv 1506.01186, section 3.3.
    """
    rise = Rise()
    attempt(recipe, data, make(), STEPS, rise)
    found = steepest(rise.rates, rise.losses)
    logging.getLogger("polyhead").warning("task.lr: %.2g, where the loss fell fastest (auto)", found)
    return found


class Rise(Callback):
    """Raises the learning rate at every step, and keeps the loss there; ends the run when that explodes.

    Groups of parameters keep the shares of the learning rate that they have.
    """

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.sum, self.lowest = 0.0, math.inf

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Set the learning rate of the step."""
        self.rates.append(LOWEST * (HIGHEST / LOWEST) ** (trainer.global_step / (STEPS - 1)))
        for group in optimizer.param_groups:
            group["lr"] = self.rates[-1] * group["initial_lr"] / float(pl_module.lr)  # type: ignore[arg-type]  # a Task's

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:  # noqa: ARG002  # Lightning's signature
        """Keep the loss before that step; it is smoothed, as Adam's moments are, to see whether it explodes."""
        self.losses.append(float(outputs["loss"]))
        self.sum = SMOOTH * self.sum + (1 - SMOOTH) * self.losses[-1]
        smoothed = self.sum / (1 - SMOOTH ** len(self.losses))
        self.lowest = min(self.lowest, smoothed)
        trainer.should_stop = not smoothed < DIVERGED * self.lowest


def steepest(rates: Sequence[float], losses: Sequence[float]) -> float:
    """Return the rate at which the losses fall fastest by its logarithm.

    Losses of single batches are noisy, so the slope at each rate is that of a line through the losses around it.

    Args:
        rates: Rising.
        losses: At each; what follows one that is not finite counts for nothing.

    Raises:
        UserError: If they never fall, or there are fewer than three.
    """
    count = next((place for place, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    sight = min(SIGHT, (count - 1) // 2)
    logs, slopes = [math.log(rate) for rate in rates], {}
    for place in range(sight, count - sight) if sight > 0 else ():
        near = slice(place - sight, place + sight + 1)
        slopes[place] = linear_regression(logs[near], losses[near]).slope
    if not slopes or min(slopes.values()) >= 0:
        raise UserError("task.lr=auto: the loss falls at no learning rate; check the data, or set a number")
    return float(f"{rates[min(slopes, key=slopes.__getitem__)]:.2g}")


def fastest_batch(recipe: dict[str, Any], data: "DataModule", make: Callable[[], Any]) -> int:
    """Return a power of two: doubled while that is faster, fits into memory, and leaves an epoch its steps.

    Raises:
        UserError: If not even the smallest batch fits.
    """
    best = batch = max(FIRST, 1 << (len(data.parts) - 1).bit_length())  # each source has a slot
    most = max(best, data.source.size("train") // EPOCH)
    tried: dict[int, float] = {}
    while batch <= most:
        speed = images_a_second(recipe, data, make, batch)
        if not speed or (tried and speed < GAIN * tried[best]):
            break
        tried[batch], best, batch = speed, batch, 2 * batch
    if not tried:
        smaller = "data.size" if data.noun == "image" else "network"
        raise UserError(f"data.batch=auto: not even {best} {data.noun}s fit into memory; take a smaller {smaller}")
    said = ", ".join(f"{batch} trains {speed:.0f} {data.noun}s/s" for batch, speed in tried.items())
    logging.getLogger("polyhead").warning("data.batch: %d (auto: %s)", best, said)
    return best


def images_a_second(recipe: dict[str, Any], data: "DataModule", make: Callable[[], Any], batch: int) -> float:
    """Return how fast a network trains with batches of a size; 0 where they do not fit into the device's memory."""
    watch, data.batch = Watch(), batch
    read_ahead(data, (WARM + TIMED) * batch)
    try:
        attempt(recipe, data, make(), WARM + TIMED, watch)
    except RuntimeError as error:  # of a CPU it is no OutOfMemoryError
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise
        torch.cuda.empty_cache()
        return 0.0
    return TIMED * batch / watch.seconds


def read_ahead(data: "DataModule", items: int) -> None:
    """Read the first training items into memory, from where all epochs but the first have them."""
    if not data.workers:  # else they read into their own
        for key in islice(data.train_dataloader().sampler, items):
            data.training.read_ahead(key.number)


class Watch(Callback):
    """Takes the time of the steps after the first few, data included."""

    def __init__(self) -> None:
        self.begun = self.seconds = 0.0

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Start the watch, or stop it, when the device has finished."""
        if trainer.global_step not in {WARM, WARM + TIMED}:
            return
        if pl_module.device.type == "cuda":
            torch.cuda.synchronize(pl_module.device)
        self.begun, self.seconds = time.perf_counter(), time.perf_counter() - self.begun


def attempt(recipe: dict[str, Any], data: "DataModule", task: Any, steps: int, callback: Callback) -> None:
    """Train a network for some steps, and leave nothing behind."""
    short = {
        "max_steps": steps,
        "max_epochs": -1,
        "max_time": None,
        "limit_val_batches": 0,
        "logger": False,
        "callbacks": None,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "accumulate_grad_batches": 1,
        "min_epochs": None,
        "min_steps": None,
        "limit_train_batches": None,
        "fast_dev_run": False,
    }
    data.suit(task.model.interpolation)
    trainer = make_trainer({**recipe, "trainer": {**recipe["trainer"], **short}}, Path(), [callback])
    trainer.fit(task, data)
