"""Who works in a run folder, so that no two runs share one, and none is taken for abandoned while it lives."""

import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from polyhead.errors import UserError
from polyhead.files import json_text

ALIVE = "alive.json"
"""The file by which a process says that it works in a run folder: it is there as long as the process is."""
BEAT, SILENT = 20.0, 120.0
"""Seconds after which the process touches it again; and without a touch, until one of another host counts as ended."""
HELD: dict[Path, threading.Event] = {}
"""The folders that this process made or works in, each with what ends its touches."""


def made(run: Path) -> None:
    """Note that this process made a run folder, which goes again if it stays empty."""
    HELD[run.absolute()] = threading.Event()


def hold(run: Path) -> None:
    """Say in a run folder that this process works there, until `letting_go` ends.

    Raises:
        UserError: If another process says so, or the file cannot be written.
    """
    check_ended(run)
    file, aside = run / ALIVE, run / f".{ALIVE}.{os.getpid()}"
    with suppress(FileNotFoundError):
        file.replace(aside)  # and not deleted: since it was looked at, a third process may have put its own there
        if said := holder(aside):
            aside.replace(file)
            raise busy(run, said)
        aside.unlink()
    try:
        with file.open("x", encoding="utf-8") as alive:
            alive.write(this_process())
    except FileExistsError as error:
        raise busy(run, "another process") from error
    except OSError as error:
        file.unlink(missing_ok=True)
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from error
    over = HELD[run.absolute()] = threading.Event()
    threading.Thread(target=touch, args=(file.absolute(), over), daemon=True).start()


def touch(file: Path, over: threading.Event) -> None:
    """Touch a file again and again, until it is `over`: processes of other hosts see by its age that this one lives."""
    while not over.wait(BEAT):
        with suppress(OSError):
            os.utime(file)


@contextmanager
def letting_go() -> Iterator[None]:
    """Let go of the run folders that this process holds when what is done within ends, however it ends."""
    try:
        yield
    finally:
        for run in list(HELD):
            let_go(run)


def let_go(run: Path) -> None:
    """Say no more that this process works in a run folder, and take the folder away if it is empty."""
    if over := HELD.pop(run.absolute(), None):
        over.set()
    with suppress(OSError):
        if (run / ALIVE).read_text(encoding="utf-8") == this_process():
            (run / ALIVE).unlink()
    with suppress(OSError):
        run.rmdir()


def check_ended(run: Path) -> None:
    """Check that no process works in a run folder.

    Raises:
        UserError: If one does.
    """
    if said := holder(run / ALIVE):
        raise busy(run, said)


def busy(run: Path, said: str) -> UserError:
    """Return the error for a folder in which a process works, which is `said` in words."""
    return UserError(f"{run}: {said} works in this run folder; wait for its end, or choose another folder")


def holder(file: Path) -> str | None:
    """Return in words which process works in a run folder; None if none does.

    A process of this host is asked for itself, so that a run which was killed can go on at once; one of another host
    counts as alive for `SILENT` seconds after it last touched the file, but not if it was of this very SLURM job, which
    has been queued again since then. That does not see: processes but the first one
    of a run; one of another container with the same host name; one of another host that was suspended for longer, or
    whose clock is off by more.

    Args:
        file: The folder's `alive.json`.
    """
    try:
        silence, text = time.time() - file.stat().st_mtime, file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    said = None
    with suppress(ValueError):  # of a process that is about to write it, or was killed meanwhile
        said = json.loads(text)
    if said and said["host"] == platform.node():
        return named(said) if is_running(said["pid"], said["born"]) else None
    if silence > SILENT or (said and is_former(said["job"])):
        return None
    wait = f"heard of {max(silence, 0):.0f} s ago and taken for ended {SILENT:.0f} s after its last sign of life"
    return f"{named(said) if said else 'another process'} ({wait})"


def is_former(job: str | None) -> bool:
    """Return whether a SLURM job is the one that this process runs in, before that was queued again."""
    return job is not None and job == os.environ.get("SLURM_JOB_ID") and "SLURM_RESTART_COUNT" in os.environ


def named(said: dict[str, Any]) -> str:
    """Return what an `alive.json` says of its process, in words."""
    return f"process {said['pid']} on {said['host']}" + (f" in job {said['job']}" if said["job"] else "")


def this_process() -> str:
    """Return what an `alive.json` says of this process."""
    pid, job = os.getpid(), os.environ.get("SLURM_JOB_ID")
    return json_text({"host": platform.node(), "pid": pid, "born": born(pid), "job": job})


def is_running(pid: int, since: str | None) -> bool:
    """Return whether a process of this host runs, and is the one that began at `since` and no later one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        pass
    now = born(pid)
    return now is None or now == since


def born(pid: int) -> str | None:
    """Return when a process of this host began, in the system's own words, "" if it ended; None if that is not told."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return "" if state[0] in "ZX" else state[19]
