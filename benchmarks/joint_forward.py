"""What one forward for three heads costs, beside three forwards for one head each.

    python benchmarks/joint_forward.py [--batch 16] [--rounds 30]

The networks are those of the recipes `multitask`, `classification`, `detection` and `segmentation`, in evaluation, at
their input size, on the CPU. Rounds interleave the four, so that a busy machine slows all of them alike; the ratio of
the medians counts.
"""

import argparse
import statistics
import time

import torch

from _results import write
from polyhead.memory import keep_memory
from polyhead.model import Model, build_model
from polyhead.precision import automatic
from polyhead.recipes.build import build_source
from polyhead.recipes.resolving import resolve

SINGLE = ("classification", "detection", "segmentation")
GOAL = 0.45
"""The share of the single forwards that one joint forward may cost."""


def network(recipe: str) -> tuple[Model, int]:
    """Return the network of a recipe, and the side of its inputs."""
    resolved = resolve(recipe).recipe
    labels = build_source(resolved["data"]).labels()
    model = build_model({**resolved["task"], "labels": labels})
    return model.deploy().to(memory_format=torch.channels_last), resolved["data"]["size"]


@torch.inference_mode()
def seconds(model: Model, images: torch.Tensor, bf16: bool) -> float:
    """Return how long one forward takes."""
    start = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        model(images)
    return time.perf_counter() - start


def main() -> None:
    """Measure, print, and write benchmarks/results/joint_forward.json and joint_forward.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    keep_memory()
    bf16 = automatic("cpu").startswith("bf16")
    networks = {name: network(name) for name in ("multitask", *SINGLE)}
    times: dict[str, list[float]] = {name: [] for name in networks}
    for round_ in range(options.rounds + 3):
        for name, (model, size) in networks.items():
            images = torch.rand(options.batch, 3, size, size).to(memory_format=torch.channels_last)
            taken = seconds(model, images, bf16)
            if round_ >= 3:  # the first ones compile kernels and warm caches
                times[name].append(taken)
    medians = {name: 1000 * statistics.median(some) for name, some in times.items()}
    singles = sum(medians[name] for name in SINGLE)
    ratio = medians["multitask"] / singles
    row = {"what": "one forward of three heads, beside three of one", "ours": f"{medians['multitask']:.1f} ms"}
    row |= {"peer": f"{singles:.1f} ms", "goal": f"<= {GOAL} of it", "met": ratio <= GOAL, "ratio": round(ratio, 3)}
    settings = {"batch": options.batch, "rounds": options.rounds, "precision": "bf16" if bf16 else "fp32"}
    settings |= {"threads": torch.get_num_threads()}
    write("joint_forward", [row], milliseconds={name: round(one, 2) for name, one in medians.items()}, **settings)


if __name__ == "__main__":
    main()
