"""A table in a text file, CSV or TSV: named columns, and rows that know their line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from polyhead.data._folders import is_image
from polyhead.data._text import read_text
from polyhead.findings.collecting import refusal, refuse

TABLES: Final = frozenset({".csv", ".tsv"})
MARKS: Final = (",", "\t", ";")
"""What may stand between two cells."""
HEAD: Final = 20
"""Lines that are looked at to see which of them does."""


class Row(NamedTuple):
    """One row.

    Attributes:
        file: The table's.
        line: Where it begins, from 1.
        cells: By column, without spaces around them; "" where nothing stands.
    """

    file: Path
    line: int
    cells: Mapping[str, str]

    @property
    def place(self) -> str:
        """File and line, for messages."""
        return f"{self.file}:{self.line}"


class Table(NamedTuple):
    """What a file holds.

    Attributes:
        file: Its path.
        columns: Their names; "column 1" and so on where the file has none.
        rows: Those in which something stands.
    """

    file: Path
    columns: tuple[str, ...]
    rows: list[Row]


def read_table(file: Path, *, lenient: bool = False) -> Table:
    """Return the table in a file; its first line names the columns, unless an image is named there.

    Args:
        file: The file.
        lenient: Whether rows of another length, and letters that are not UTF-8, are no errors: for a first look.

    Raises:
        UserError: If it is no table, or two columns have one name; it names file and line.
    """
    text = file.read_text(encoding="utf-8-sig", errors="replace") if lenient else read_text(file)
    mark = mark_of(file, text)
    lines = list(cells_of(file, text, mark))
    if not lines:
        return Table(file, (), [])
    start, first = lines[0]
    bare = any(map(is_image, first))
    columns = named(file, start, [""] * len(first) if bare else first)
    if lenient:
        lines = [(line, cells) for line, cells in lines if len(cells) == len(columns)]
    for line, cells in lines:
        if len(cells) != len(columns):
            what = f"has {len(cells)} cells, and line {start} has {len(columns)}"
            refuse("label-columns", file, what, f"mend it, and put cells with {mark!r} in them into quotes", line=line)
    whole = [(line, cells) for line, cells in lines[not bare :] if len(cells) == len(columns)]
    rows = [Row(file, line, dict(zip(columns, cells, strict=True))) for line, cells in whole]
    return Table(file, columns, rows)


def cells_of(file: Path, text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row in which something stands; errors as `read_table`."""
    reader = csv.reader(io.StringIO(text), delimiter=mark, skipinitialspace=True)
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as error:
        raise refusal("table-broken", file, f"is not read as a table ({error})", "export it again", line=line) from None


def mark_of(file: Path, text: str) -> str:
    """Return what stands between two cells: what cuts the first lines into equally many, else the most frequent."""
    head = text.splitlines()[:HEAD]
    marks = sorted(MARKS, key=lambda mark: mark != "\t") if file.suffix.lower() == ".tsv" else MARKS
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
