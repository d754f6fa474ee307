"""The run folder: where a run's recipe, surroundings, metrics, checkpoints and pictures stand."""

import json
import platform
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from polyhead import ranks
from polyhead.errors import UserError
from polyhead.files import json_text, write_text
from polyhead.recipes.text import write
from polyhead.running.holding import ALIVE, check_ended, hold, let_go, made

OURS = (
    *("recipe.yaml", "environment.json", "data.json", "metrics.csv", "hparams.yaml", "events.out.tfevents.*"),
    *("curation.csv", "splits.json", "leaks.csv", "pictures", "checkpoints", ".*.[0-9]*"),
)
"""What goes of a run that ended before its first checkpoint; anything else in its folder stays."""
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
    """Return a folder for a run of a task `name` that begins now.

    The first of a run's processes makes it, so that no other run gets the same one; the others only name it.
    """
    now, number = f"{datetime.now().astimezone():%Y-%m-%d_%H-%M-%S}", 1
    run = Path("runs") / name / now
    while ranks.first():
        try:
            run.mkdir(parents=True)
        except FileExistsError:
            number += 1
            run = run.with_name(f"{now}_{number}")
        else:
            made(run)
            break
    return run


def open_run(run: Path, recipe: dict[str, Any], fingerprint: str, start: Path | None = None) -> None:
    """Make the run folder, with the resolved recipe and what surrounded the run, and hold it until `letting_go` ends.

    What a run left that ended before its first checkpoint goes: nothing can be taken up there.

    Args:
        run: The folder.
        recipe: Complete.
        fingerprint: Of the data.
        start: The checkpoint whose weights the run starts from.

    Raises:
        UserError: If the folder is there and holds something else, or another process works in it.
    """
    if not is_abandoned(run) and run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise UserError(f"{run} is there already and holds something; choose a new folder for the run")
    run.mkdir(parents=True, exist_ok=True)
    hold(run)
    clear(run)
    (run / "checkpoints").mkdir()
    write(recipe, run / "recipe.yaml")
    around = surroundings(recipe["seed"], fingerprint) | ({"from": str(start)} if start else {})
    write_text(json_text(around), run / "environment.json")


def is_abandoned(run: Path) -> bool:
    """Return whether a folder is that of a run which ended before its first checkpoint.

    Such a run left its `alive.json`, or a recipe beside its surroundings. One that was trained to its end is none,
    whatever became of its checkpoints.

    Raises:
        UserError: If the run has not ended.
    """
    check_ended(run)
    begun = (run / ALIVE).is_file() or all((run / name).is_file() for name in ("recipe.yaml", "environment.json"))
    return begun and not is_kept(run) and not (run / "training.json").exists()


def is_kept(run: Path) -> bool:
    """Return whether a run has a whole checkpoint."""
    return any((run / "checkpoints").glob("*.ckpt"))


def clear(run: Path) -> None:
    """Delete what a run without a checkpoint left in its folder."""
    for path in [path for pattern in OURS for path in run.glob(pattern)]:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def reopen_run(run: Path, recipe: dict[str, Any], fingerprint: str) -> None:
    """Note in a run folder that the run goes on, take up its length from the recipe, and hold it as `open_run` does.

    Raises:
        UserError: If the data are not those that it began with, the folder does not say which those were, or another
            process works in it.
    """
    check_ended(run)
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
    hold(run)
    before.setdefault("resumed", []).append(surroundings(recipe["seed"], fingerprint))
    for unfinished in (run / "checkpoints").glob(".*.ckpt.*"):  # of a process that was killed while it wrote
        unfinished.unlink()
    write(recipe, run / "recipe.yaml")
    write_text(json_text(before), file)


def close_run(run: Path) -> None:
    """Take a folder that `open_run` made away again if it has no checkpoint yet and nothing of anybody else's."""
    if not is_kept(run):
        clear(run)
        let_go(run)


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
