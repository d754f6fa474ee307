"""From the cells of a row to what it says for a target."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from polyhead.data._csv_columns import BLANK, Target, cells, names_in, number_of
from polyhead.data._csv_table import Row
from polyhead.data._photos import ClassName, Label
from polyhead.data._tags import Value, tags_of
from polyhead.findings.collecting import refusal

WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
"""A whole number, also as tables with gaps spell it: 3.0."""


class Reading(NamedTuple):
    """How cells are read.

    Attributes:
        target: What for.
        names: Its classes in the order of their numbers, () of numbers.
        called: The class that a cell stands for, where it is one.
    """

    target: Target
    names: tuple[str, ...]
    called: Mapping[str, str]

    def label(self, row: Row) -> Label | None:
        """Return what a row says, None where it is blank.

        Raises:
            UserError: If a cell holds what it cannot; it names file and line.
        """
        held = [row.cells.get(name, "") for name in self.target.columns]
        if self.target.kind == "class":
            return ClassName(self.called[held[0]]) if held[0] in self.called else None
        if self.target.kind == "tags":
            found = names_in(held[0], self.target.separator)
            return tags_of([float(name in found) for name in self.names], self.names) if held[0] else None
        if self.target.kind == "value":
            number = read_number(row, self.target.columns[0])
            return None if math.isnan(number) else Value(number)
        states = tuple(read_flag(row, name) for name in self.target.columns)
        return None if all(map(math.isnan, states)) else tags_of(states, self.names)


def reading_of(target: Target, rows: Sequence[Row]) -> Reading:
    """Return how the cells of a target are read, whose classes are those that stand in rows."""
    if target.kind == "value":
        return Reading(target, (), {})
    if target.kind == "flag":
        return Reading(target, target.columns, {})
    held = cells(rows, target.columns[0])
    if target.kind == "tags":
        return Reading(target, tuple(sorted({name for cell in held for name in names_in(cell, target.separator)})), {})
    called = classes_called(held)
    numbers = all(map(WHOLE.fullmatch, called))
    return Reading(target, tuple(sorted(set(called.values()), key=int if numbers else None)), called)


def classes_called(held: Sequence[str]) -> dict[str, str]:
    """Return the class that each cell stands for: what it says, and of whole numbers 3 for 3.0, and none for NaN."""
    whole = [cell for cell in set(held) if WHOLE.fullmatch(cell)]
    if whole and all(WHOLE.fullmatch(cell) or cell.lower() in BLANK for cell in held):
        return {cell: str(int(float(cell))) for cell in whole}
    return {cell: cell for cell in held}


def read_number(row: Row, column: str) -> float:
    """Return the number in a cell, NaN where nobody measured.

    Raises:
        UserError: If something else stands there.
    """
    number = number_of(row.cells.get(column, ""))
    if number is None:
        what = f"{column} is {row.cells[column]!r}, which is no number"
        cure = "mend it, or leave it blank where nobody measured"
        raise refusal("cell-value", row.file, what, cure, line=row.line)
    return number


def read_flag(row: Row, column: str) -> float:
    """Return 1, 0, or NaN where nobody says.

    Raises:
        UserError: If something else stands there.
    """
    number = number_of(row.cells.get(column, ""))
    if number is None or (number not in {0.0, 1.0} and not math.isnan(number)):
        cure = "it takes 1 (belongs to it), 0 (does not), or nothing (unlabelled)"
        raise refusal("cell-value", row.file, f"{column} is {row.cells[column]!r}", cure, line=row.line)
    return number
