"""How far a run is, and the learning rate there."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from pytorch_lightning import Trainer


def fraction_done(trainer: "Trainer") -> float:
    """Return how much of a training run is done, in [0, 1], by whichever of its limits comes first.

    The limits are `max_epochs`, `max_steps` and `max_time`; a run without any stays at 0. All ranks get rank 0's answer
    where it depends on the clock; they ask for it once a step, however often this is called.
    """
    done = [0.0]
    if trainer.max_steps > 0:
        done.append(trainer.global_step / trainer.max_steps)
    if trainer.max_epochs and trainer.max_epochs > 0 and math.isfinite(trainer.num_training_batches):
        in_epoch = trainer.fit_loop.epoch_loop.batch_progress.current.processed  # type: ignore[attr-defined]  # it has
        batches = trainer.current_epoch * trainer.num_training_batches + in_epoch
        done.append(batches / max(1, trainer.max_epochs * trainer.num_training_batches))
    clocks = [passed / max(1e-9, passed + left) for passed, left in _clocks(trainer)]
    done += [told_by_first(trainer, max(clocks))] if clocks else []
    return min(1.0, max(done))


def fraction_at(trainer: "Trainer", epoch: int, batch: int) -> float:
    """Return how much of a training run is done at a batch, in [0, 1], by whichever of its limits comes first.

    Unlike `fraction_done` it may be asked ahead, from where batches are read before they are needed. Of limits in
    epochs and steps the answer is a function of the place alone; of the clock it is this rank's own.

    Args:
        trainer: While it fits.
        epoch: Of the batch, from 0.
        batch: Its number in the epoch, from 0.
    """
    batches, together = trainer.num_training_batches, trainer.accumulate_grad_batches
    done = [passed / max(1e-9, passed + left) for passed, left in _clocks(trainer)]
    if trainer.max_steps > 0 and math.isfinite(batches):
        done.append((epoch * math.ceil(batches / together) + batch // together) / trainer.max_steps)
    if trainer.max_epochs and trainer.max_epochs > 0 and math.isfinite(batches):
        done.append((epoch * batches + batch) / max(1, trainer.max_epochs * batches))
    return min(1.0, max(done, default=0.0))


def _clocks(trainer: "Trainer") -> Iterator[tuple[float, float]]:
    """Yield the seconds that passed and those left, by each limit of time."""
    from pytorch_lightning.callbacks import Timer

    for timer in trainer.callbacks:  # type: ignore[attr-defined]  # a Trainer has them; its stub does not say so
        if isinstance(timer, Timer) and (left := timer.time_remaining()) is not None:
            yield timer.time_elapsed(), left


TOLD: WeakKeyDictionary["Trainer", tuple[tuple[int, int], float]] = WeakKeyDictionary()
"""By trainer, the batches and steps done when rank 0 last told how much of the time has passed, and what it said."""


def told_by_first(trainer: "Trainer", share: float) -> float:
    """Return rank 0's `share` of the time, of several ranks the one that it told since the last batch."""
    if trainer.world_size == 1:
        return share
    batches = trainer.fit_loop.epoch_loop.batch_progress.total.processed  # type: ignore[attr-defined]  # it has
    now = (batches, trainer.global_step)
    if trainer not in TOLD or TOLD[trainer][0] != now:
        TOLD[trainer] = now, float(trainer.strategy.broadcast(share))
    return TOLD[trainer][1]


def warm_cosine(progress: float, warmup: float, final: float) -> float:
    """Return the factor of the learning rate: linear from 0 to 1 over the warm-up, then a cosine down to `final`.

    Args:
        progress: How much of the run is done, in [0, 1].
        warmup: Share of the run that warms up, in [0, 1).
        final: The factor at the end.

    References:
        Loshchilov and Hutter, SGDR, arXiv 1608.03983.
    """
    if progress < warmup:
        return progress / warmup
    turn = (progress - warmup) / (1 - warmup)
    return final + (1 - final) * (1 + math.cos(math.pi * turn)) / 2
