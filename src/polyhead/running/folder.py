"""The run folder: where a run's recipe, surroundings, metrics, checkpoints and pictures stand."""

import json
import platform
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from polyhead.errors import UserError
from polyhead.files import json_text, write_text
from polyhead.recipes.text import write

OURS = ("recipe.yaml", "environment.json", "data.json", "metrics.csv", "hparams.yaml", "checkpoints")
EVENTS = "events.out.tfevents."
LIBRARIES = (
    "polyhead",
    "torch",
    "torchvision",
    "pytorch-lightning",
    "torchmetrics",
    "timm",
    "torch-geometric",
    "rdkit",
)


def new_run(name: str) -> Path:
    """Return a folder for a run of a task `name` that begins now; it is not made yet."""
    return Path("runs") / name / f"{datetime.now().astimezone():%Y-%m-%d_%H-%M-%S}"


def open_run(run: Path, recipe: dict[str, Any], fingerprint: str, start: Path | None = None) -> None:
    """Make the run folder, with the resolved recipe and what surrounded the run.

    What a run left that ended before its first checkpoint goes: nothing can be taken up there.

    Args:
        run: The folder.
        recipe: Complete.
        fingerprint: Of the data.
        start: The checkpoint whose weights the run starts from.

    Raises:
        UserError: If the folder is there and holds something else.
    """
    if is_abandoned(run):
        shutil.rmtree(run)
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise UserError(f"{run} is there already and holds something; choose a new folder for the run")
    (run / "checkpoints").mkdir(parents=True, exist_ok=True)
    write(recipe, run / "recipe.yaml")
    around = surroundings(recipe["seed"], fingerprint) | ({"from": str(start)} if start else {})
    write_text(json_text(around), run / "environment.json")


def is_abandoned(run: Path) -> bool:
    """Return whether a folder holds nothing but what a run leaves that is killed before its first checkpoint."""
    if not (run / "recipe.yaml").is_file():
        return False
    strange = [file for file in run.iterdir() if file.name not in OURS and not file.name.startswith(EVENTS)]
    return not strange and not any((run / "checkpoints").glob("*.ckpt"))


def reopen_run(run: Path, recipe: dict[str, Any], fingerprint: str) -> None:
    """Note in a run folder that the run goes on, and take up its length from the recipe.

    Raises:
        UserError: If the data are not those that it began with, or the folder does not say which those were.
    """
    file = run / "environment.json"
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
        known = before["data"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} is missing or broken, and a run cannot go on without it; begin anew") from error
    if known != fingerprint:
        raise UserError(
            f"{run}: its data have changed since it began (see `data` in {file}); bring them back or begin anew"
        )
    before.setdefault("resumed", []).append(surroundings(recipe["seed"], fingerprint))
    for unfinished in (run / "checkpoints").glob(".*.ckpt.*"):  # of a process that was killed while it wrote
        unfinished.unlink()
    write(recipe, run / "recipe.yaml")
    write_text(json_text(before), file)


def close_run(run: Path) -> None:
    """Take a folder that `open_run` made away again if it has no checkpoint yet."""
    if not any((run / "checkpoints").iterdir()):
        shutil.rmtree(run)


def surroundings(seed: int, fingerprint: str) -> dict[str, Any]:
    """Return what a run's numbers may depend on beside its recipe."""
    from importlib.metadata import version  # takes time that `polyhead --help` does without

    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "platform": platform.platform(),
        "git": commit(),
        "data": fingerprint,
        "seed": seed,
        "command": sys.argv,
    }


def commit() -> str | None:
    """Return the git commit of the working directory; None outside a checkout."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # a constant command
    except OSError:
        return None
    return done.stdout.strip() or None
