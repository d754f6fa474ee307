"""Splits that somebody else decided: by a column of the table, or by a file in chemprop's form."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from polyhead.chemistry.grouping import alike
from polyhead.chemistry.splits import NAMES, Division, division_of
from polyhead.errors import UserError
from polyhead.files import write_text

WORDS: Final = {
    **dict.fromkeys(("train", "training", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "te"), "test"),
}
"""What columns call the splits."""
SHOWN: Final = 5
"""Rows that are told by number."""


def by_column(
    file: str | Path, name: str, cells: Sequence[str], smiles: Sequence[str], rows: Sequence[int]
) -> Division:
    """Return the division that a column tells.

    Args:
        file: The table, for messages.
        name: The column's name.
        cells: (N,) what it says of each molecule; "" of those that are not used.
        smiles: (N,) the molecules, canonical.
        rows: (N,) the rows of the table that they stand in, from 0, for messages.

    Raises:
        UserError: If a cell names no split, or nothing is in train.
    """
    column = f"{file}: data.split_column={name}"
    for cell, row in zip(cells, rows, strict=True):
        if cell and cell.lower() not in WORDS:
            takes = "where it takes train, val or test, or nothing"
            raise UserError(f"{column} says {cell!r} in row {row + 1}, {takes}; name another column")
    parts = {split: [place for place, cell in enumerate(cells) if WORDS.get(cell.lower()) == split] for split in NAMES}
    if not parts["train"]:
        raise UserError(f"{column} has no molecule in train; name another column")
    return told(f"split column {name!r}", parts, smiles, rows)


def by_file(file: str | Path, smiles: Sequence[str], rows: Sequence[int], total: int, number: int = 0) -> Division:
    """Return a division of a file in chemprop's form.

    Args:
        file: As `read_splits`.
        smiles: (N,) the molecules that are left after curation, canonical.
        rows: (N,) the rows of the table that they stand in, from 0, ascending.
        total: How many rows the table has.
        number: Which of the file's divisions, from 0.

    Raises:
        UserError: If there is no such division, or it names rows that the table has not, or has twice.
    """
    found = read_splits(file)
    if not 0 <= number < len(found):
        raise UserError(f"{file}: has {len(found)} divisions, numbered from 0, and no number {number}")
    seen: dict[int, str] = {}
    for split in NAMES:
        for row in found[number].get(split, ()):
            if not 0 <= row < total:
                raise UserError(f"{file}: {split} has row {row}, and the table has rows 0 to {total - 1}")
            if row in seen:
                raise UserError(f"{file}: row {row} is in {seen[row]} and in {split}; take it out of one")
            seen[row] = split
    parts = {split: [place for place, row in enumerate(rows) if seen.get(row) == split] for split in NAMES}
    if not parts["train"]:
        raise UserError(f"{file}: no molecule that curation kept is in train")
    lost = sorted(set(seen) - set(rows))
    notes = (f"{len(lost)} rows of {file} are left out by curation: {numbers(lost)}",) if lost else ()
    division = told(f"split file {file}, number {number}", parts, smiles, rows)
    return division._replace(notes=(*division.notes, *notes))


def told(said: str, parts: Mapping[str, list[int]], smiles: Sequence[str], rows: Sequence[int]) -> Division:
    """Return a division with notes of its sizes, of molecules that are in no split, and of those that are in two."""
    division = division_of(parts)
    used = {place for name in NAMES for place in parts[name]}
    unused = [row for place, row in enumerate(rows) if place not in used]
    notes = [f"{said}: {division.sizes()}"]
    notes += [f"{len(unused)} molecules are in no split, and not used: rows {numbers(unused)}"] if unused else []
    shared = across(division, smiles)
    if shared:
        leaked = [rows[place] for places in shared.values() for place in places]
        notes.append(f"leak: {len(shared)} molecules are in more than one split: rows {numbers(leaked)}")
    return division._replace(notes=tuple(notes))


def across(division: Division, smiles: Sequence[str]) -> dict[str, list[int]]:
    """Return the molecules that are in more than one split, with their places."""
    split = {place: name for name, places in division.parts.items() for place in places}
    groups = {name: [place for place in places if place in split] for name, places in alike(smiles).items()}
    return {name: places for name, places in groups.items() if len({split[place] for place in places}) > 1}


def numbers(rows: Sequence[int]) -> str:
    """Return rows, counted from 0, as a reader counts them: the first few."""
    return ", ".join(str(row + 1) for row in rows[:SHOWN]) + (" ..." if len(rows) > SHOWN else "")


def read_splits(file: str | Path) -> list[dict[str, list[int]]]:
    """Return the divisions in a JSON file: a list of {"train": ..., "val": ..., "test": ...}.

    Each is a list of rows from 0 or a text such as "0-7,9", whose ends count.

    Raises:
        UserError: If it is no such file.
    """
    try:
        held = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: cannot be read as JSON ({getattr(error, 'strerror', None) or error})") from None
    if not isinstance(held, list) or not held or not all(isinstance(one, dict) and one.get("train") for one in held):
        raise UserError(f'{file}: takes a list of {{"train": [rows], "val": [rows], "test": [rows]}}, rows from 0')
    return [{split: rows_of(file, split, one[split]) for split in NAMES if split in one} for one in held]


def rows_of(file: str | Path, split: str, told: Any) -> list[int]:
    """Return the rows of a split.

    Raises:
        UserError: If they are none.
    """
    if isinstance(told, list) and all(type(row) is int for row in told):
        return told
    try:
        ends = [part.split("-") for part in str(told).split(",") if part.strip()] if isinstance(told, str) else [["?"]]
        return [row for first, *last in ends for row in range(int(first), int(last[0] if last else first) + 1)]
    except ValueError:
        raise UserError(f'{file}: {split} is {str(told)[:40]!r}; it takes a list of rows, or "0-7,9"') from None


def write_splits(file: str | Path, divisions: Sequence[Division], rows: Sequence[int]) -> None:
    """Write divisions in chemprop's form, by rows of the table: `rows` (N,) are those of the molecules, from 0.

    Raises:
        UserError: If the file cannot be written.
    """
    held = [
        {name: [rows[place] for place in places] for name, places in division.parts.items()} for division in divisions
    ]
    write_text(json.dumps(held) + "\n", file)
