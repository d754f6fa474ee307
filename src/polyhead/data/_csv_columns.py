"""Which column of a table says what: as options tell, else by what stands in it and above it."""

import math
import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from polyhead.data._csv_table import Row
from polyhead.errors import UserError, choices, nearest

Kind = Literal["class", "flag", "tags", "value"]
LABELS: Final = frozenset({"label", "class", "classname", "category", "tag", "target"})
"""Words above columns that hold classes."""
NUMBERING: Final = frozenset({"id", "index", "name"})
"""Words that add nothing to these, and last above other columns say that those tell rows apart."""
SINGULAR: Final = {"class": "class", "classes": "class", "categories": "category", "indices": "index"}
BLANK: Final = frozenset({"", "na", "nan"})
"""What stands where nobody measured, in lower case."""
TRUTH: Final = {"true": 1.0, "false": 0.0}
SEPARATORS: Final = ("|", ";")
NEARLY: Final = 0.9
"""Share of the cells of a column of numbers that are such: others are mistakes."""
TARGET: Final = "label"
TAGS: Final = "tags"


class Asked(NamedTuple):
    """What options say of the columns; nothing of what is to be found by looking.

    Attributes:
        files: Column of the images.
        classes: Columns of one class an image.
        tags: Column of several names an image, or columns of 0 and 1, one for each class.
        values: Columns of numbers.
        split: Column of the split.
        separator: What stands between two names in a cell.
    """

    files: str | None = None
    classes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    split: str | None = None
    separator: str | None = None


class Target(NamedTuple):
    """A target and where it stands.

    Attributes:
        name: Its name.
        kind: Of what stands there.
        columns: One, or one for each class that is 0 or 1.
        separator: What stands between two names in a cell; "" if it holds one thing.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    separator: str = ""

    def __str__(self) -> str:
        what = {"class": "a class", "value": "a number"}.get(self.kind, "several classes an image")
        where = ", ".join(map(repr, self.columns[:3])) + (" ..." if len(self.columns) > 3 else "")
        return f"{self.name} ({what}) from {where}"


def check_named(place: str, columns: Sequence[str], asked: Asked) -> None:
    """Check that there are the columns that options name.

    Raises:
        UserError: If one is not there; it names the nearest.
    """
    single = [name for name in (asked.files, asked.split) if name is not None]
    for name in (*single, *asked.classes, *asked.tags, *asked.values):
        if name not in columns:
            raise UserError(f"{place}: has no column {name!r}{nearest(name, columns)}; choices: {choices(columns)}")


def targets_of(rows: Sequence[Row], columns: Sequence[str], asked: Asked) -> list[Target]:
    """Return what the columns say of images: those that options name, else all that look as if.

    The only target of classes is called `label`; of several, each has the name of its column, and that of columns of 0
    and 1 is `tags`.

    Args:
        rows: Of the tables.
        columns: That may be targets.
        asked: By options.
    """
    told = asked.classes or asked.tags or asked.values
    found = told_targets(rows, asked) if told else seen_targets(rows, columns, asked)
    several = [target for target in found if target.kind != "value"]
    return [target._replace(name=TARGET) if several == [target] else target for target in found]


def told_targets(rows: Sequence[Row], asked: Asked) -> list[Target]:
    """Return the targets whose columns options name."""
    found = [Target(name, "class", (name,)) for name in asked.classes]
    separator = separator_in(cells(rows, asked.tags[0]), asked) if len(asked.tags) == 1 else ""
    numbers = [number_of(cell) for name in asked.tags for cell in cells(rows, name)]
    if len(asked.tags) == 1 and (separator or None in numbers):
        found.append(Target(asked.tags[0], "tags", asked.tags, separator))
    elif asked.tags:
        found.append(Target(TAGS, "flag", asked.tags))
    return found + [Target(name, "value", (name,)) for name in asked.values]


def seen_targets(rows: Sequence[Row], columns: Sequence[str], asked: Asked) -> list[Target]:
    """Return the targets that columns look like; a single one of 0 and 1 is a class."""
    kinds = {name: kind_of(name, cells(rows, name), asked) for name in columns}
    flags = tuple(name for name, kind in kinds.items() if kind == "flag")
    if len(flags) == 1:
        kinds[flags[0]] = "class" if len(set(cells(rows, flags[0]))) > 1 else None
    found = [Target(TAGS if TAGS not in columns else "flags", "flag", flags)] if len(flags) > 1 else []
    for name, kind in kinds.items():
        separator = separator_in(cells(rows, name), asked) if kind == "tags" else ""
        found += [Target(name, kind, (name,), separator)] if kind and kind != "flag" else []
    return found


def kind_of(column: str, held: Sequence[str], asked: Asked) -> Kind | None:
    """Return what a column's cells, none of them blank, look like; None for what says nothing of classes or numbers.

    Words are classes if most come again, or if the header says so; whole numbers are such if it says so.
    """
    numbers = [number_of(cell) for cell in held]
    hinted, strange = is_hinted(column), numbers.count(None)
    if not held or (not hinted and tells_rows(column, held)):
        return None
    if strange == 0 or (not hinted and strange <= (1 - NEARLY) * len(held)):
        known = {number for number in numbers if number is not None and not math.isnan(number)}
        return kind_of_numbers(known, hinted=hinted)
    if separator := separator_in(held, asked):
        names = [name for cell in held for name in names_in(cell, separator)]
        if hinted or 2 * len(set(names)) <= len(names):
            return "tags"
    return "class" if hinted or 1 < len(set(held)) <= len(held) / 2 else None


def kind_of_numbers(known: set[float], *, hinted: bool) -> Kind | None:
    """Return what a column of numbers holds, and `known` are those in it; None where all are the same."""
    if hinted:
        return "class" if all(number.is_integer() for number in known) else "value"
    return "flag" if known and known <= {0, 1} else "value" if len(known) > 1 else None


def is_hinted(column: str) -> bool:
    """Whether a header says that the column holds classes: "label", "Class Names", "category_id"."""
    words = set(words_of(column)) - NUMBERING
    return bool(words) and words <= LABELS


def tells_rows(column: str, held: Sequence[str]) -> bool:
    """Whether a column seems to tell rows apart: by its header, or without one as all its numbers differ."""
    unnamed = re.fullmatch("column [0-9]+", column) and number_of(held[0]) is not None
    return words_of(column)[-1:] in ([word] for word in NUMBERING) or bool(unnamed and len(set(held)) == len(held))


def words_of(header: str) -> list[str]:
    """Return the words of a header in lower case and the singular: "imageIDs" are "image" and "id"."""
    words = [word.lower() for word in re.findall("[A-Z]?[a-z]+|[A-Z]+s?(?![a-z])|[0-9]+", header)]
    return [SINGULAR.get(word, word.removesuffix("s")) for word in words]


def cells(rows: Sequence[Row], column: str) -> list[str]:
    """Return what stands in a column, without what is blank."""
    return [cell for row in rows if (cell := row.cells.get(column, ""))]


def separator_in(held: Sequence[str], asked: Asked) -> str:
    """Return what stands between names in some cells; "" where each holds one."""
    marks = (asked.separator,) if asked.separator else SEPARATORS
    return next((mark for mark in marks if any(mark in cell for cell in held)), "")


def names_in(cell: str, separator: str) -> list[str]:
    """Return the names in a cell, sorted; none where nothing but separators stands there, one without a separator."""
    return sorted({name for part in (cell.split(separator) if separator else [cell]) if (name := part.strip())})


def number_of(cell: str) -> float | None:
    """Return the number in a cell, NaN where nobody measured; None where it holds something else."""
    if cell.lower() in BLANK:
        return math.nan
    try:
        number = TRUTH[cell.lower()] if cell.lower() in TRUTH else float(cell)
    except ValueError:
        return None
    return None if math.isinf(number) or "_" in cell else number  # Python takes 1_2 for a number
