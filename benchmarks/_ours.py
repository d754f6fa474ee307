"""Our runs, as a user starts them: recipes, lengths, and the spread of what several seeds or splits give."""

import json
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path

from scipy.stats import t as student

import _peer

METRICS = {
    "test/label/accuracy": "classification",
    "test/boxes/map": "detection",
    "test/mask/miou": "segmentation",
}
"""The main metric of each head of the joint recipe, and which recipe has that head alone."""


def length(budget: float) -> list[str]:
    """Return what limits a run to a number of seconds of training."""
    minutes, seconds = divmod(int(budget), 60)
    hours, minutes = divmod(minutes, 60)
    return [f"trainer.max_time=00:{hours:02d}:{minutes:02d}:{seconds:02d}", "trainer.max_epochs=-1"]


def fit(recipe: str, home: Path, budget: float | None, seed: int, *overrides: str, go_on: bool = False) -> float:
    """Run `polyhead fit` into the folder `home`; return the seconds that the whole command took.

    Args:
        recipe: Its name, or a file.
        home: The run's folder.
        budget: Seconds of training; None: as long as recipe and overrides say.
        seed: Of the run.
        overrides: key=value.
        go_on: Take a former, finished run there as it is.
    """
    log = home.with_suffix(".txt")
    if go_on and (seconds := _peer.taken(log)):
        return seconds
    shutil.rmtree(home, ignore_errors=True)
    arguments = ["fit", recipe, f"seed={seed}", *(length(budget) if budget else ()), *overrides, "--run", home]
    return _peer.polyhead(*arguments, log=log)


def measured(home: Path) -> dict[str, float]:
    """Return the test metrics of a run."""
    found: dict[str, float] = json.loads((home / "test.json").read_text())
    return found


def spread(values: Sequence[float]) -> str:
    """Return the mean of several seeds, with the lowest and the highest."""
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def interval(gains: Sequence[float]) -> str:
    """Return by how much ours is better over paired splits, with the 95 % interval of the mean, in words."""
    if len(gains) < 2:
        return ""
    half = student.ppf(0.975, len(gains) - 1) * statistics.stdev(gains) / len(gains) ** 0.5
    mean = statistics.mean(gains)
    return f" (better by {mean:.3f}, {mean - half:.3f} to {mean + half:.3f})"
