"""After how many steps a compiled backbone has paid for its compilation, in training.

    python benchmarks/compiling.py [--rounds 8] [--steps 3]

The step is forward, losses and backward of a recipe's network on one batch. What is counted is the processor's time on
one thread, but of the compilation what one waits for; compiled and plain steps alternate.
"""

import argparse
import statistics
import time
from typing import Any

import torch

from _results import write
from polyhead.memory import keep_memory
from polyhead.precision import automatic
from polyhead.recipes.resolving import resolve
from polyhead.running.building import build_task, load_data, with_labels
from polyhead.running.trainer import quiet

CASES = {"classification": (32, 64), "detection": (320, 16)}


def step(task: Any, batch: Any) -> float:
    """Return the processor's time of one step, without the optimiser."""
    begin = time.process_time()
    with torch.autocast("cpu", torch.bfloat16, enabled=automatic("cpu").startswith("bf16")):
        losses = [loss.total / loss.count.clamp(min=1) for _, some in task.losses(batch) for loss in some.values()]
    torch.stack(losses).sum().backward()
    task.zero_grad()
    return time.process_time() - begin


def compare(name: str, rounds: int, steps: int) -> dict[str, Any]:
    """Return a row: both medians, the time of the compilation, and how many steps it takes to come back."""
    size, batch = CASES[name]
    options = {"size": size, "batch": batch, "images": 2 * batch + 20, "workers": 0}
    recipe = resolve(name, [f"data.{key}={value}" for key, value in options.items()]).recipe
    data = load_data(recipe)
    recipe = with_labels(recipe, data)
    given = next(iter(data.train_dataloader()))
    tasks = {"compiled": build_task(recipe), "plain": build_task(recipe)}
    tasks["compiled"].model.backbone.compile()
    begin = time.perf_counter()
    step(tasks["compiled"], given)
    waited = time.perf_counter() - begin
    step(tasks["plain"], given)
    times: dict[str, list[float]] = {side: [] for side in tasks}
    for _ in range(rounds):
        for side, task in tasks.items():
            times[side] += [step(task, given) for _ in range(steps)]
    compiled, plain = (statistics.median(times[side]) for side in ("compiled", "plain"))
    return {
        "what": f"a compiled backbone in a step of {name} at {size} px, batch {batch}",
        "ours": f"{1000 * compiled:.1f} ms",
        "peer": f"{1000 * plain:.1f} ms",
        "compilation": f"{waited:.0f} s",
        "pays after": f"{waited / (plain - compiled):.0f} steps" if plain > compiled else "never",
    }


def main() -> None:
    """Measure, print, and write benchmarks/results/compiling.json and compiling.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()
    quiet()
    keep_memory()
    torch.set_num_threads(1)
    rows = [compare(name, options.rounds, options.steps) for name in CASES]
    write("compiling", rows, rounds=options.rounds, steps=options.steps, threads=1, precision=automatic("cpu"))


if __name__ == "__main__":
    main()
