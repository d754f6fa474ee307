"""A table in a text file, CSV or TSV: named columns, and rows that know their line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from polyhead.data._folders import is_image
from polyhead.findings.collecting import refuse
from polyhead.findings.reading import cells_of, mark_of, named, read_text

TABLES: Final = frozenset({".csv", ".tsv"})


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
    mark = mark_of(text, tabs=file.suffix.lower() == ".tsv")
    lines = [(line, cells) for line, cells in cells_of(file, text, mark) if any(cells)]
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
