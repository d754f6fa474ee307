"""Environments of the tools that polyhead is measured beside: made once, apart from this one, and only run.

A peer sees this environment's packages, so that both run on the same torch; what it needs beyond them is installed into
a folder of its own under ~/.cache/polyhead/peers (or POLYHEAD_PEERS). Nothing of it is ever imported here.
"""

import json
import os
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "peers"


def environment(name: str, *packages: str) -> Path:
    """Return the Python of a peer's environment, which is made if it is not there.

    Args:
        name: Of the environment.
        packages: What pip installs into it, with versions.
    """
    home = Path(os.environ.get("POLYHEAD_PEERS", Path.home() / ".cache" / "polyhead" / "peers")) / name
    python, ready = home / "bin" / "python", home / "ready.json"
    if ready.is_file() and json.loads(ready.read_text()) == list(packages):
        return python
    venv.create(home, with_pip=True, clear=True)
    site = next((home / "lib").glob("python*/site-packages"))
    (site / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    ready.write_text(json.dumps(list(packages)))
    return python


def run(python: Path, script: str, *arguments: object, log: Path, go_on: bool = False) -> tuple[float, dict[str, Any]]:
    """Run a script of `peers/`, whose last line of output is JSON; return its seconds from start to end, and that.

    Args:
        python: Of the peer's environment.
        script: Its name without the ending.
        arguments: What it takes.
        log: Where all that it says goes.
        go_on: Takes what a former, finished run left there, instead of running.

    Raises:
        SystemExit: If it fails; the log says why.
    """
    seconds = taken(log) if go_on else None
    seconds = seconds or timed([python, SCRIPTS / f"{script}.py", *arguments], log)
    return seconds, json.loads(log.read_text().splitlines()[-1])


def polyhead(*arguments: object, log: Path) -> float:
    """Run our command line as a user would; return its seconds from start to end."""
    return timed([Path(sys.executable).with_name("polyhead"), *arguments], log)


def timed(command: list[Any], log: Path) -> float:
    """Run a command with all that it says in a file, and return its seconds, which are kept beside the file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = log.with_suffix(".seconds")
    kept.unlink(missing_ok=True)
    start = time.perf_counter()
    with log.open("w") as file:
        done = subprocess.run([*map(str, command)], stdout=file, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit code {done.returncode}, see {log}")
    seconds = time.perf_counter() - start
    kept.write_text(str(seconds))
    return seconds


def taken(log: Path) -> float | None:
    """Return the seconds of the finished command that wrote a log; None where there is none."""
    kept = log.with_suffix(".seconds")
    return float(kept.read_text()) if kept.is_file() else None
