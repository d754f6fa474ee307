"""What a training step of ours costs beside a bare step in PyTorch on the same network and batch.

    python benchmarks/loop_overhead.py [--rounds 15] [--steps 8] [--profile detection]

Ours is `polyhead fit` without reading and validating: the Task in Lightning's loop, with logs, progress, schedule and
the average of the weights. The bare step is forward, losses, backward and a fused AdamW. Both have bf16 where it pays,
channels last, and one batch in memory. They alternate block by block in one process, and what is counted is the time of
the processor on one thread: on a machine that others use too, time on the wall says nothing. The ratio of the medians
counts. With --profile, Python's profiler counts our blocks of one case and prints the costliest.
"""

import argparse
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from _results import write
from polyhead.contracts import Batch
from polyhead.memory import keep_memory
from polyhead.model import build_model
from polyhead.precision import automatic
from polyhead.recipes.resolving import resolve
from polyhead.running.building import build_task, load_data, with_labels
from polyhead.running.callbacks import Stamp
from polyhead.running.continuation import Continuation
from polyhead.running.trainer import make_trainer, quiet

CASES = {"detection": (320, 16), "classification": (32, 64)}
"""The recipe, and the side and the number of its images."""
GOAL = 0.05
WARM = 5


class Bare:
    """The step that somebody would write without a framework.

    Args:
        recipe: Whose network, with its class names.
        batch: On what.
    """

    def __init__(self, recipe: dict[str, Any], batch: Batch) -> None:
        self.model = build_model(recipe["task"]).to(memory_format=torch.channels_last).train()
        self.batch = batch
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, fused=True)
        self.bf16 = automatic("cpu").startswith("bf16")

    def step(self) -> None:
        """Train once."""
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss = self.loss()
        loss.backward()
        self.optimizer.step()

    def loss(self) -> Tensor:
        """Return the sum of all losses."""
        inputs = self.batch.inputs.to(memory_format=torch.channels_last).float().div_(255)
        features = self.model.backbone(inputs)
        total = inputs.new_zeros(())
        for name, head in self.model.named_heads().items():
            target = next(iter(self.batch.targets)) if name not in self.batch.targets else name
            for loss in head.loss(head(features), self.batch.targets[target], None).values():
                total = total + loss.total / loss.count.clamp(min=1)
        return total


class Blocks:
    """A loader of one batch again and again, that takes the time of blocks of steps, and runs bare ones in between.

    Args:
        batch: What it gives.
        bare: What runs in between.
        rounds: How many blocks of each.
        steps: Of a block.
        profile: What counts our blocks.
    """

    batch_sampler = None

    def __init__(self, batch: Batch, bare: Bare, rounds: int, steps: int, profile: cProfile.Profile | None) -> None:
        self.batch, self.bare, self.rounds, self.steps = batch, bare, rounds, steps
        self.times: dict[str, list[float]] = {"ours": [], "bare": []}
        self.counted = profile

    def __len__(self) -> int:
        return WARM + self.rounds * (self.steps + 1)

    def __iter__(self) -> Iterator[Batch]:
        """Give batches; the loop asks for the next one when a step is done."""
        for _ in range(WARM):
            self.bare.step()
            yield self.batch
        for _ in range(self.rounds):
            yield self.batch  # the step in which the caches are cold
            with self.counted or nullcontext():
                begin = time.process_time()
                for _ in range(self.steps):
                    yield self.batch
                self.times["ours"].append((time.process_time() - begin) / self.steps)
            self.bare.step()
            begin = time.process_time()
            for _ in range(self.steps):
                self.bare.step()
            self.times["bare"].append((time.process_time() - begin) / self.steps)


def compare(name: str, rounds: int, steps: int, profile: cProfile.Profile | None = None) -> dict[str, Any]:
    """Return a row: the medians of a step, ours and bare, and how much more ours costs."""
    size, batch = CASES[name]
    still = ["trainer.limit_val_batches=0", "trainer.max_epochs=1", "trainer.accelerator=cpu"]
    recipe = resolve(name, [f"data.size={size}", f"data.batch={batch}", "data.images=400", *still]).recipe
    data = load_data(recipe)
    recipe = with_labels(recipe, data)
    given = next(iter(data.train_dataloader()))
    blocks = Blocks(given, Bare(recipe, given), rounds, steps, profile)
    data.train_dataloader = lambda: blocks  # type: ignore[method-assign]  # the batch that is in memory
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        make_trainer(recipe, run, [Continuation(run), Stamp(recipe)]).fit(build_task(recipe), data)
    ours, bare = (1000 * statistics.median(blocks.times[side]) for side in ("ours", "bare"))
    return {
        "what": f"a step of {name} at {size} px, batch {batch}",
        "ours": f"{ours:.1f} ms",
        "peer": f"{bare:.1f} ms",
        "goal": f"< {GOAL:.0%} more",
        "met": ours / bare - 1 < GOAL,
        "more": f"{ours / bare - 1:.1%}",
    }


def main() -> None:
    """Measure, print, and write benchmarks/results/loop_overhead.json and loop_overhead.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--profile", choices=CASES)
    options = parser.parse_args()
    quiet()
    keep_memory()
    torch.set_num_threads(1)
    if options.profile:
        profile = cProfile.Profile()
        print(compare(options.profile, options.rounds, options.steps, profile))
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)
        return
    rows = [compare(name, options.rounds, options.steps) for name in CASES]
    settings = {"rounds": options.rounds, "steps": options.steps, "threads": 1}
    write("loop_overhead", rows, **settings, precision=automatic("cpu"))


if __name__ == "__main__":
    main()
