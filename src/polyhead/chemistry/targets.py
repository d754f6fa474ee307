"""What a table says of its molecules: columns of numbers, of 0 and 1, and, where told, of words."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple, final

import numpy as np

from polyhead.chemistry.tables import Table
from polyhead.errors import UserError, choices, nearest

Kind = Literal["flag", "class", "value"]
Array = np.ndarray[Any, np.dtype[Any]]
KINDS: Final[dict[Kind, str]] = {"flag": "0 or 1", "class": "a class", "value": "a number"}
TRUTH: Final = {"true": 1.0, "false": 0.0}
BOUNDS: Final = {"<": -1, "<=": -1, "≤": -1, ">": 1, ">=": 1, "≥": 1}
"""What stands before a number that a true value lies below (-1) or above (1)."""
NEARLY: Final = 0.9
"""Share of the cells of a column of numbers that are such: the others are mistakes."""
NUMBERING: Final = frozenset({"id", "idx", "index", "cid", "sid", "key"})
"""Last words of the names of columns that tell rows apart."""
NAMELESS: Final = re.compile(r"column \d+|Unnamed: \d+|__index_level_\d+__")
"""Names of columns that nobody named, as `Table`, pandas and Parquet call them: pandas writes its index so."""
SPLIT: Final = frozenset({"fold", "set", "split"})
"""Last words of those that say which split a row is in."""


class Cell(NamedTuple):
    """A number, NaN where there is none, and on which side of it the true value lies: -1 below, 0 at it, 1 above."""

    value: float
    bound: int = 0


@final
@dataclass(frozen=True, slots=True)
class Target:
    """A column that is learned; R rows.

    Attributes:
        name: Its name.
        kind: `flag` of 0 and 1, `class` of words, `value` of numbers.
        values: (R,) float64: numbers, 0 and 1, or the places of words in `labels`; NaN where nothing is known.
        bounds: (R,) int8: -1 where the true value is known to lie below `values`, 1 above it, else 0.
        labels: The words of a `class`, sorted; () of others.
        strange: By row, from 0, what stands there that is no number; `values` is NaN there.
    """

    name: str
    kind: Kind
    values: Array
    bounds: Array
    labels: tuple[str, ...]
    strange: dict[int, str]

    def __str__(self) -> str:
        """Return its name and what it holds, for a reader."""
        censored = int(np.count_nonzero(self.bounds))
        return f"{self.name!r} ({KINDS[self.kind]}{f', {censored} with < or >' if censored else ''})"


class Targets(NamedTuple):
    """The targets of a table.

    Attributes:
        found: They.
        left: The other columns, each with the reason why it is none.
    """

    found: tuple[Target, ...]
    left: dict[str, str]

    @property
    def notes(self) -> list[str]:
        """The sentences to say aloud."""
        left = ", ".join(f"{name!r} ({why})" for name, why in self.left.items())
        strange = [
            f"{len(target.strange)} cells of {target.name!r} are no numbers: left blank (row {row + 1}: {cell!r})"
            for target in self.found
            for row, cell in list(target.strange.items())[:1]
        ]
        targets = ", ".join(map(str, self.found)) or "none"
        return [f"targets: {targets}" + (f"; not read: {left}" if left else ""), *strange]


def targets_of(
    table: Table,
    apart: Collection[str],
    told: Sequence[str] = (),
    kinds: Mapping[str, Kind] | None = None,
) -> Targets:
    """Return what a table says of its molecules: what is told, else all columns of numbers.

    Cells of rows with a flaw count as blank: they may stand under the name of another column.

    Args:
        table: The table.
        apart: Columns that serve another purpose: the molecules', a split's.
        told: The names of the targets, in their order; () to look for them.
        kinds: By name, what a target holds where looking would see something else.

    Raises:
        UserError: If a column is not there, or does not hold what it is told to.
    """
    kinds = kinds or {}
    for name in [*told, *kinds]:
        if name not in table.columns:
            known = choices(table.columns)
            raise UserError(f"{table.file}: has no column {name!r}{nearest(name, table.columns)}; choices: {known}")
        if name in apart:
            raise UserError(f"{table.file}: the column {name!r} serves another purpose, and cannot be a target")
    table = sound(table)
    if told:
        left = {name: "not asked for" for name in table.columns if name not in {*told, *apart}}
        return Targets(tuple(told_target(table, name, kinds.get(name)) for name in told), left)
    found, left = [], {}
    for name, cells in table.columns.items():
        if name in kinds:
            found.append(told_target(table, name, kinds[name]))
        elif name not in apart:
            why = "names rows" if table.sure and name == "name" else why_none(name, cells)
            left.update({name: why} if why else {})
            found += [] if why else [read_numbers(name, cells, None)]
    return Targets(tuple(found), left)


def sound(table: Table) -> Table:
    """Return a table with nothing in its rows that have a flaw."""
    if not table.flaws:
        return table
    columns = {
        name: ["" if row in table.flaws else cell for row, cell in enumerate(cells)]
        for name, cells in table.columns.items()
    }
    return replace(table, columns=columns)


def why_none(name: str, cells: Sequence[str]) -> str:
    """Return why a column is no target, "" where it is one."""
    held = [cell for cell in cells if cell]
    numbers = [cell for text in held if (cell := number_of(text)) is not None]
    word = (re.findall("[A-Z]?[a-z]+|[A-Z]+", name) or [""])[-1].lower()
    if not held:
        return "nothing in it"
    if word in SPLIT:
        return "says a split by its name"
    if len(numbers) < NEARLY * len(held):
        return f"texts: {held[0][:30]!r}"
    if word in NUMBERING or counts(numbers) or (NAMELESS.fullmatch(name) and rises(numbers)):
        return "tells rows apart"
    return f"{held[0]} in every row" if len(set(numbers)) == 1 else ""


def counts(cells: Sequence[Cell]) -> bool:
    """Whether numbers count up by one from 0 or 1 on, over three rows or more."""
    return rises(cells) and cells[0].value in {0, 1} and cells[-1].value - cells[0].value == len(cells) - 1


def rises(cells: Sequence[Cell]) -> bool:
    """Whether numbers are whole and each is above the one before, over three rows or more."""
    whole = all(cell.value.is_integer() and not cell.bound for cell in cells)
    return len(cells) > 2 and whole and all(a.value < b.value for a, b in pairwise(cells))


def told_target(table: Table, name: str, kind: Kind | None) -> Target:
    """Return the target in a column that somebody named.

    Raises:
        UserError: If its cells are not of that kind.
    """
    cells = table.columns[name]
    held = [cell for cell in cells if cell]
    numbers = sum(number_of(cell) is not None for cell in held)
    if not held:
        raise UserError(f"{table.file}: nothing stands in the column {name!r}; name another target")
    if kind == "class" or (kind is None and numbers < NEARLY * len(held)):
        return read_words(table, name, cells)
    if not numbers:
        raise UserError(f"{table.file}: no cell of {name!r} is a number ({held[0]!r}); its kind may be: class")
    target = read_numbers(name, cells, kind)
    odd = (np.isfinite(target.values) & ~np.isin(target.values, [0, 1])) | (target.bounds != 0)
    if kind == "flag" and odd.any():
        row = int(odd.argmax())
        raise UserError(f"{table.file}: {name!r} has {cells[row]!r} in {table.place(row)}, where a flag is 0 or 1")
    return target


def read_numbers(name: str, cells: Sequence[str], kind: Kind | None) -> Target:
    """Return a column of numbers as a target: of flags, where nothing but 0 and 1 stands in it."""
    read = [number_of(cell) if cell else Cell(math.nan) for cell in cells]
    strange = {row: cells[row] for row, cell in enumerate(read) if cell is None}
    values = np.array([math.nan if cell is None else cell.value for cell in read])
    bounds = np.array([0 if cell is None else cell.bound for cell in read], np.int8)
    flags = not bounds.any() and set(values[np.isfinite(values)].tolist()) <= {0.0, 1.0}
    return Target(name, kind or ("flag" if flags else "value"), values, bounds, (), strange)


def read_words(table: Table, name: str, cells: Sequence[str]) -> Target:
    """Return a column of words as a target of classes.

    Raises:
        UserError: If most words are there once only.
    """
    labels = sorted({cell for cell in cells if cell}, key=lambda cell: (number_of(cell) or Cell(math.inf), cell))
    if 2 * len(labels) > sum(map(bool, cells)):
        raise UserError(
            f"{table.file}: {name!r} has {len(labels)} different texts, too many for classes ({labels[0]!r})"
        )
    places = {"": math.nan, **{cell: float(place) for place, cell in enumerate(labels)}}
    values = np.array([places[cell] for cell in cells])
    return Target(name, "class", values, np.zeros(len(cells), np.int8), tuple(labels), {})


def number_of(cell: str) -> Cell | None:
    """Return the number in a cell, with the side on which the true value lies; None where it is none."""
    mark = re.match("[<>]=?|[≤≥]", cell)
    text = cell[mark.end() :].strip() if mark else cell
    try:
        value = TRUTH[text.lower()] if text.lower() in TRUTH and not mark else float(text)
    except ValueError:
        return None
    plain = math.isfinite(value) and "_" not in text  # Python takes 1_2 for a number
    return Cell(value, BOUNDS[mark.group()] if mark else 0) if plain else None
