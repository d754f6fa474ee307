"""What it costs a run of several heads to log how they pull the features that they share, every N steps.

    python benchmarks/conflict_cost.py [--rounds 15] [--steps 8] [--every 50]

`train/gradient/HEAD` and `train/cosine/A-B` take one more backward through each head in every step that loggers write,
Lightning's N is 50. Blocks of steps that all log them alternate with blocks that all log, but without these, in one
process and one run of `multitask` on digits, one batch in memory. What is counted is the time of the processor on one
thread: on a machine that others use too, time on the wall says nothing. The difference of the medians is what one such
step costs more; over N steps it is a share of 1 / N of that.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from _results import write
from polyhead.contracts import Batch
from polyhead.memory import keep_memory
from polyhead.precision import automatic
from polyhead.recipes.resolving import resolve
from polyhead.running.building import build_task, load_data, with_labels
from polyhead.running.callbacks import Stamp
from polyhead.running.continuation import Continuation
from polyhead.running.trainer import make_trainer, quiet
from polyhead.tasks import _task

SIZE, BATCH = 128, 16
GOAL = 0.05
WARM = 5


class Switch:
    """Looks at the heads' pulls only where it is on.

    Args:
        look: What does.
    """

    def __init__(self, look: Any) -> None:
        self.look, self.on = look, True

    def __call__(self, losses: Mapping[str, Tensor], shared: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return what is to be logged."""
        found: dict[str, Tensor] = self.look(losses, shared) if self.on else {}
        return found


class Blocks:
    """A loader of one batch again and again, that takes the time of blocks of steps with the switch on, and off.

    Args:
        batch: What it gives.
        switch: Of what is measured.
        rounds: How many blocks of each.
        steps: Of a block.
    """

    batch_sampler = None

    def __init__(self, batch: Batch, switch: Switch, rounds: int, steps: int) -> None:
        self.batch, self.switch, self.rounds, self.steps = batch, switch, rounds, steps
        self.times: dict[bool, list[float]] = {True: [], False: []}

    def __len__(self) -> int:
        return WARM + 2 * self.rounds * (self.steps + 1)

    def __iter__(self) -> Iterator[Batch]:
        """Give batches; the loop asks for the next one when a step is done."""
        for _ in range(WARM):
            yield self.batch
        for turn in range(2 * self.rounds):
            self.switch.on = turn % 2 == 0
            yield self.batch  # the step in which the caches are cold
            begin = time.process_time()
            for _ in range(self.steps):
                yield self.batch
            self.times[self.switch.on].append((time.process_time() - begin) / self.steps)


def measure(rounds: int, steps: int, every: int) -> dict[str, Any]:
    """Return a row: the medians of a step with and without, and what the first costs more, every so many steps."""
    still = [
        "trainer.limit_val_batches=0",
        "trainer.max_epochs=1",
        "trainer.accelerator=cpu",
    ]
    size = [
        f"data.size={SIZE}",
        f"data.batch={BATCH}",
        "data.images=400",
        "trainer.log_every_n_steps=1",
    ]
    recipe = resolve("multitask", [*size, *still, "trainer.max_time=null"]).recipe
    data = load_data(recipe)
    recipe = with_labels(recipe, data)
    switch = Switch(_task.shared_gradients)
    blocks = Blocks(next(iter(data.train_dataloader())), switch, rounds, steps)
    data.train_dataloader = lambda: blocks  # type: ignore[method-assign]  # the batch that is in memory
    _task.shared_gradients = switch  # type: ignore[assignment]  # the product has no switch of its own
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        make_trainer(recipe, run, [Continuation(run), Stamp(recipe)]).fit(build_task(recipe), data)
    ours, plain = (1000 * statistics.median(blocks.times[on]) for on in (True, False))
    more = ours / plain - 1
    return {
        "what": f"multitask at {SIZE} px, batch {BATCH}: how heads pull, logged every {every} steps",
        "ours": f"{more / every:.2%} of a step",
        "goal": f"< {GOAL:.0%}",
        "met": more / every < GOAL,
        "a step that logs them": f"{ours:.1f} ms",
        "one that does not": f"{plain:.1f} ms",
        "more": f"{more:.1%}",
    }


def main() -> None:
    """Measure, print, and write benchmarks/results/conflict_cost.json and conflict_cost.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--every", type=int, default=50)
    options = parser.parse_args()
    quiet()
    keep_memory()
    torch.set_num_threads(1)
    rows = [measure(options.rounds, options.steps, options.every)]
    settings = {"rounds": options.rounds, "steps": options.steps, "threads": 1}
    write("conflict_cost", rows, **settings, precision=automatic("cpu"))


if __name__ == "__main__":
    main()
