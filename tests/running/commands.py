"""Commands in processes of their own, and what their runs logged."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

SHARED = ("data.batch=1", "trainer.devices=2")
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "polyhead")


def start(home: Path, *arguments: str, program: tuple[str, ...] = ("-m", "polyhead")) -> "subprocess.Popen[str]":
    """Start a command in a process that is the first of its group."""
    own = {name: value for name, value in os.environ.items() if name not in {"LOCAL_RANK", "RANK", "WORLD_SIZE"}}
    command = [sys.executable, *program, *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=home, env=own, start_new_session=True, **pipes)


def run(home: Path, *arguments: str, code: int = 0, program: tuple[str, ...] = ("-m", "polyhead")) -> tuple[str, str]:
    """Run a command to its end, and return what it wrote to stdout and stderr."""
    process = start(home, *arguments, program=program)
    try:
        said, complained = process.communicate(timeout=240)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == code, complained
    assert "Traceback" not in complained
    return said, complained


def logged(run: Path) -> list[dict[str, float]]:
    """Return the rows of a run's metrics.csv."""
    with (run / "metrics.csv").open() as file:
        return [{name: float(cell) for name, cell in row.items() if cell} for row in csv.DictReader(file)]
