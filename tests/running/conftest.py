"""A run of a few seconds, shared by the tests that look at what it left."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from stopped_runs import Interrupt

from polyhead.recipes.resolving import resolve
from polyhead.recipes.text import write
from polyhead.running.callbacks import Bar
from polyhead.running.outcome import Outcome
from polyhead.running.training import fit

RECIPE: dict[str, Any] = {
    "task": {
        "name": "multitask",
        "backbone": {
            "name": "pyramid",
            "width": 16,
            "levels": 2,
            "body": {"name": "convnet", "channels": [8, 16, 16], "depth": 1},
        },
        "heads": {"label": {}, "boxes": {}, "mask": {"width": 8}},
    },
    "data": {"name": "digits", "images": 16, "canvas": 64, "size": 64, "batch": 8, "workers": 0},
    "trainer": {"max_epochs": 2, "accelerator": "cpu"},
}


TWO_STEPS: dict[str, Any] = {
    "trainer": {"max_epochs": 2, "accelerator": "cpu", "precision": "32-true", "enable_progress_bar": False},
    "data": {"name": "digits", "images": 4, "canvas": 64, "size": 64, "batch": 2, "workers": 0},
}
"""Two steps an epoch; of the one image to validate on and the one to test on, the second process gets none."""


@pytest.fixture(scope="session")
def recipe() -> dict[str, Any]:
    """Return three small heads on sixteen scenes of 64 pixels."""
    return RECIPE


@pytest.fixture(scope="session")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return the outcome of a fit of three heads on sixteen scenes."""
    return fit(resolve(RECIPE).recipe, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def home(recipe: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a recipe of three heads, whose only BatchNorms are frozen."""
    folder = tmp_path_factory.mktemp("processes")
    write({"task": {**recipe["task"], "freeze": ["backbone"]}, **TWO_STEPS}, folder / "small.yaml")
    return folder


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """Return a function that has a signal sent at the call of a given number of one of the progress bar's hooks."""

    def prepare(hook: str, call: int, number: int = signal.SIGINT) -> None:
        own, calls = getattr(Bar, hook), [0]

        def counted(self: Bar, *arguments: Any) -> None:
            own(self, *arguments)
            calls[0] += 1
            if calls[0] == call:
                os.kill(os.getpid(), number)

        monkeypatch.setattr(Bar, hook, counted)

    return prepare
