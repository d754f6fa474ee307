"""How far a run is, and the learning rate there."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytorch_lightning import Trainer


def fraction_done(trainer: "Trainer") -> float:
    """Return how much of a training run is done, in [0, 1], by whichever of its limits comes first.

    The limits are `max_epochs`, `max_steps` and `max_time`; a run without any stays at 0. All ranks get rank 0's answer
    where it depends on the clock.
    """
    from pytorch_lightning.callbacks import Timer

    done = [0.0]
    if trainer.max_steps > 0:
        done.append(trainer.global_step / trainer.max_steps)
    if trainer.max_epochs and trainer.max_epochs > 0 and math.isfinite(trainer.num_training_batches):
        in_epoch = trainer.fit_loop.epoch_loop.batch_progress.current.processed  # type: ignore[attr-defined]  # it has
        batches = trainer.current_epoch * trainer.num_training_batches + in_epoch
        done.append(batches / max(1, trainer.max_epochs * trainer.num_training_batches))
    for timer in trainer.callbacks:  # type: ignore[attr-defined]  # a Trainer has them; its stub does not say so
        if isinstance(timer, Timer) and (left := timer.time_remaining()) is not None:
            passed = timer.time_elapsed()
            done.append(float(trainer.strategy.broadcast(passed / max(1e-9, passed + left))))
    return min(1.0, max(done))


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
