"""What a command leaves behind: columns and tables to read, JSON to keep."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from polyhead.errors import UserError
from polyhead.files import json_text, write_text

STDOUT = "-"
NARROWEST = 24
"""Characters that the last column gets at least, however wide the others are."""


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of texts as aligned columns; the last one is wrapped where a terminal would break it."""
    table = [list(row) for row in rows]
    if not table:
        return ""
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]) - 1)]
    indent = sum(widths) + 2 * len(widths)
    room = max(shutil.get_terminal_size().columns - indent, NARROWEST) if sys.stdout.isatty() else sys.maxsize
    lines: list[str] = []
    for row in table:
        start = "".join(text.ljust(width + 2) for text, width in zip(row, widths, strict=False))
        last = textwrap.wrap(row[-1], room) if room < sys.maxsize else [row[-1]]
        lines += [(start + (last[0] if last else "")).rstrip(), *(" " * indent + line for line in last[1:])]
    return "\n".join(lines)


def print_metrics(metrics: Mapping[str, float], to_stderr: bool) -> None:
    """Print metrics as a table."""
    from rich.console import Console  # a tenth of a second that only finished work pays
    from rich.table import Table

    table = Table("metric", "value")
    table.columns[1].justify = "right"
    for name, value in metrics.items():
        table.add_row(name, f"{value:.4f}")
    Console(stderr=to_stderr).print(table)


def check_file(path: str | None, option: str) -> None:
    """Check that a file can be written at `path` before hours of work depend on it; None and "-" are fine.

    Raises:
        UserError: If it cannot.
    """
    if path is None or path == STDOUT:
        return
    if Path(path).is_dir():
        raise UserError(f"{option} {path}: that is a folder, and a file is to be written")
    _check_folder(Path(path).resolve().parent, f"{option} {path}")


def check_folder(path: Path | None, option: str, empty: bool = False) -> None:
    """Check that files can be written into the folder `path`, which is made when need be.

    Args:
        path: The folder; None is fine.
        option: The option that names it.
        empty: Whether a folder that holds something already is refused.

    Raises:
        UserError: If they cannot.
    """
    if path is None:
        return
    _check_folder(path.resolve(), f"{option} {path}")
    if empty and path.is_dir() and any(path.iterdir()):
        raise UserError(f"{option} {path}: the folder is not empty; choose a new one")


def _check_folder(folder: Path, said: str) -> None:
    """Raise where the folder is none, or cannot be written into or made."""
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not nearest.is_dir():
        raise UserError(f"{said}: {nearest} is no folder")
    from tempfile import TemporaryFile  # takes time that `polyhead --help` does without

    try:  # permissions alone do not tell, of root or of a disk that is read-only
        with TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise UserError(f"{said}: {nearest} cannot be written to: {error.strerror}") from error


def write_json(value: Any, where: str) -> None:
    """Write plain data as JSON to a file, or to stdout for "-"."""
    write(json_text(value), where)


def write(text: str, where: str) -> None:
    """Write a text to stdout for "-", or to a file."""
    if where == STDOUT:
        sys.stdout.write(text)
    else:
        write_text(text, where)


@contextmanager
def stdout_kept(kept: bool) -> Iterator[None]:
    """Send to stderr whatever the work prints, where stdout is kept for JSON."""
    if not kept:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield
