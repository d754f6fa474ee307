"""Where the time of a training step goes: data, backbone, each head's forward and losses, backward, optimiser.

    python benchmarks/profile_step.py [--steps 20]

The networks and the data are those of the recipes. What is counted is the processor's time on one thread, as medians
over steps: other programs on the machine disturb it least. Data means augmenting and collating a batch whose images are
in memory already; the average of the weights is part of the optimiser's row.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from _results import write
from polyhead.memory import keep_memory
from polyhead.precision import automatic
from polyhead.recipes.resolving import resolve
from polyhead.running.building import build_task, load_data, with_labels
from polyhead.running.trainer import quiet

CASES = {"detection": (320, 16), "classification": (32, 64), "multitask": (128, 16)}
"""The recipe, and the side and the number of its images."""
WARM = 3


class Clock:
    """Adds up the processor's time by name."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Count what is done within."""
        begin = time.process_time()
        yield
        self.times.setdefault(name, []).append(time.process_time() - begin)

    def medians(self) -> dict[str, float]:
        """Return milliseconds by name, without the first steps."""
        return {name: 1000 * statistics.median(some[WARM:]) for name, some in self.times.items()}


def batches(data: Any) -> Iterator[Any]:
    """Yield training batches without end; all images are in memory before the first."""
    for index in range(len(data.training)):
        data.training.still(index)
    loader = data.train_dataloader()
    while True:
        yield from loader


def step(task: Any, given: Iterator[Any], optimizer: Any, average: Any, clock: Clock) -> None:
    """Train once."""
    with clock.of("data"):
        batch = next(given)
    losses, bf16 = [], automatic("cpu").startswith("bf16")
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        with clock.of("backbone"):
            images = batch.inputs.to(memory_format=torch.channels_last).float().div_(255)
            features = task.model.backbone(images)
        for name, head in task.model.named_heads().items():
            target = task.targets[name]
            if target not in batch.rows:
                continue
            with clock.of(f"{name}: forward"):
                outputs = head(features.take(batch.rows[target]))
            with clock.of(f"{name}: losses"):
                found = head.loss(outputs, batch.targets[target], None)
                losses += [one.total / one.count.clamp(min=1) for one in found.values()]
    with clock.of("backward"):
        torch.stack(losses).sum().backward()
    with clock.of("optimiser and average"), torch.no_grad():
        optimizer.step()
        optimizer.zero_grad()
        torch._foreach_lerp_(average, list(task.model.parameters()), 0.01)


def profile(name: str, steps: int) -> list[dict[str, Any]]:
    """Return a row for each part of a step of a recipe."""
    size, batch = CASES[name]
    options = {"size": size, "batch": batch, "images": 5 * batch, "workers": 0}
    recipe = resolve(name, [f"data.{key}={value}" for key, value in options.items()]).recipe
    data = load_data(recipe)
    task = build_task(with_labels(recipe, data))
    optimizer, clock = task.configure_optimizers(), Clock()
    average = [parameter.detach().clone() for parameter in task.model.parameters()]
    given = batches(data)
    for _ in range(steps + WARM):
        step(task, given, optimizer, average, clock)
    medians = clock.medians()
    whole = sum(medians.values())
    case = f"{name} at {size} px, batch {batch}"
    rows = [
        {"what": f"{case}: {part}", "ours": f"{taken:.2f} ms", "share": f"{taken / whole:.0%}"}
        for part, taken in medians.items()
    ]
    return [*rows, {"what": f"{case}: all", "ours": f"{whole:.2f} ms", "share": "100%"}]


def main() -> None:
    """Measure, print, and write benchmarks/results/profile_step.json and profile_step.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    quiet()
    keep_memory()
    torch.set_num_threads(1)
    rows = [row for name in CASES for row in profile(name, options.steps)]
    write("profile_step", rows, steps=options.steps, threads=1, precision=automatic("cpu"))


if __name__ == "__main__":
    main()
