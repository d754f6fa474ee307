"""Text files and the tables in them, read or refused in one line."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from polyhead.findings.collecting import refusal

MARKS: Final = (",", "\t", ";")
"""What may stand between two cells."""
HEAD: Final = 20
"""Lines that are looked at to see which of them does."""
LONGEST: Final = 2**31 - 1
"""Characters that a cell may have: a molecule may be longer than the 131,072 that csv reads unless told."""


def read_text(file: Path) -> str:
    """Return the content of a text file, also of a .gz, without a byte order mark, its lines ended in one way.

    Raises:
        UserError: If it cannot be read as UTF-8 text; it names the file.
    """
    try:
        with (gzip.open if file.suffix.lower() == ".gz" else open)(file, "rt", encoding="utf-8-sig") as opened:
            return opened.read()
    except UnicodeDecodeError:
        raise refusal("text-unreadable", file, "is not UTF-8 text", "save it as such") from None
    except (OSError, EOFError, zlib.error) as error:
        what = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise refusal("text-unreadable", file, what, "check the path") from None


def cells_of(file: Path, text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the same as `rows_of`, without spaces around the cells."""
    for line, cells in rows_of(file, text, mark):
        yield line, [cell.strip() for cell in cells]


def rows_of(file: Path, text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row of a table, as they stand there; empty lines are none.

    Spaces before cells are left out of a table in which some stand before quotes, which they would make letters.

    Args:
        file: Where the text is from, for messages.
        text: What stands in it.
        mark: What stands between two cells.

    Raises:
        UserError: If it is no table; it names file and line.
    """
    spaced = re.search(f'(?:^|{mark}) +"', text, re.MULTILINE) is not None
    csv.field_size_limit(LONGEST)
    reader = csv.reader(io.StringIO(text), delimiter=mark, skipinitialspace=spaced, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise refusal("table-broken", file, f"is not read as a table ({error})", "export it again", line=line) from None


def mark_of(text: str, *, tabs: bool) -> str:
    """Return what stands between two cells: what cuts the first lines into equally many, else the most frequent.

    Args:
        text: The table's.
        tabs: Whether tabs are likelier than all else.
    """
    csv.field_size_limit(LONGEST)
    head = text.splitlines()[:HEAD]
    marks = sorted(MARKS, key=lambda mark: mark != "\t") if tabs else MARKS
    for mark in marks:
        widths = {len(cells) for cells in csv.reader(head, delimiter=mark) if cells}
        if len(widths) == 1 and widths != {1}:
            return mark
    return max(marks, key=head[0].count) if head else ","


def named(file: Path, line: int, header: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns, numbers for those without.

    Raises:
        UserError: If two have one name.
    """
    columns = [name or f"column {number}" for number, name in enumerate(header, 1)]
    for name in columns:
        if columns.count(name) > 1:
            raise refusal("table-broken", file, f"has two columns {name!r}", "rename or delete one", line=line)
    return tuple(columns)
