"""predict for molecules: a table, or SMILES -> the same rows in the same order, with answers."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from polyhead.chemistry.columns import molecules_column
from polyhead.chemistry.tables import Table, read_table
from polyhead.chemistry.trust import PLACE
from polyhead.errors import UserError
from polyhead.files import is_file, json_text, write_text
from polyhead.molecule_predictor import ERROR, MoleculePredictor
from polyhead.running.outcome import Answers

ROWS, RECORDS = "predictions.csv", "predictions.json"
BESIDE = ("nearest in training", "similarity", "outside because")
"""Columns that say where a molecule stands to those of the training."""
REASON = "not predicted because"
"""The column that says why a row is blank."""


def predict(predictor: MoleculePredictor, given: Sequence[str], out: Path, column: str = "") -> Answers:
    """Answer about molecules, and return what was written.

    Args:
        predictor: The model.
        given: One file with a table of molecules, or SMILES.
        out: The folder that gets `predictions.csv`, the rows of the table in their order with a column for each value
            and each class, and `predictions.json`, one {head: record} a row.
        column: The column of the molecules; "": the one that is found by looking.

    Raises:
        UserError: If there is no such file, or no column of molecules in it.
    """
    table = table_of(given)
    cells = sound_cells(table, column)
    answers = list(predictor.stream(cells, score=0.0))
    for place, flaw in table.flaws.items():
        answers[place] = {ERROR: {"reason": flaw}}
    write_text(json_text(answers), out / RECORDS)
    write_text(rows_text(table, [flat(answer) for answer in answers]), out / ROWS)
    return Answers(out / RECORDS, (("predictions", out / ROWS), ("records", out / RECORDS)))


def rows_text(table: Table, found: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows of a table as CSV, as they stand in its file, each with what is told of it."""
    kept = headings(table)
    names = list(dict.fromkeys(name for row in found for name in row if name != REASON))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*kept, *(told(name, kept) for name in names), told(REASON, kept)])
    for number, row in enumerate(found):
        cells = table.as_written(number)
        cells = [*cells, *[""] * (len(kept) - len(cells))]
        writer.writerow([*cells, *(cell(row.get(name, "")) for name in names), row.get(REASON, "")])
    return text.getvalue()


def headings(table: Table) -> list[str]:
    """Return the names of the columns of a table, and a name for each cell that a row has beyond them."""
    width = max(map(len, table.raw.values()), default=0)
    beyond = (f"column {number}" for number in range(len(table.columns) + 1, width + 1))
    return [*table.columns, *(told(name, table.columns, "further") for name in beyond)]


def table_of(given: Sequence[str]) -> Table:
    """Return the table in the only file that is given, or one of the SMILES that are.

    Raises:
        UserError: If files and SMILES are mixed, or there are several files.
    """
    files = [one for one in given if is_file(one)]
    if not files:
        return Table(Path("SMILES"), {"smiles": [one.strip() for one in given]}, (), sure="smiles")
    if len(given) > 1:
        raise UserError(f"{files[0]}: molecules are one table, or SMILES one by one, and not both or several")
    return read_table(Path(files[0]).expanduser())


def sound_cells(table: Table, column: str) -> list[str]:
    """Return the molecules of each row as they are written, "" of a row that has a flaw.

    Raises:
        UserError: If there is no column of molecules.
    """
    cells = table.columns[molecules_column(table, column, "--column").name]
    return ["" if row in table.flaws else cell for row, cell in enumerate(cells)]


def cell(value: Any) -> str:
    """Return what stands in a table for a number or a word: numbers with the six digits that float32 is good for."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def told(name: str, columns: Collection[str], before: str = "predicted") -> str:
    """Return the heading of an answer, which no column of the table has."""
    while name in columns:
        name = f"{before} {name}"
    return name


def flat(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as numbers and words by heading: a value or a class by its name, after its head's if need be."""
    if ERROR in answer:
        return {REASON: answer[ERROR]["reason"]}
    told = [(head, name, value) for head, record in answer.items() for name, value in said(head, record)]
    heads = Counter(name for _, name, _ in told)
    return {name if heads[name] == 1 else f"{head} {name}": value for head, name, value in told}


def said(head: str, record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield heading and cell of what one head says of a molecule, or what is said of its place."""
    if head == PLACE:
        yield from zip(BESIDE, record.values(), strict=True)
        return
    for key, value in record.items():
        if key == "values":
            yield from value.items()
        elif key == "labels":
            yield from ((one["label"], one["score"]) for one in value)
        elif key in {"interval", "set", "spread"}:
            yield from promised(head, key, value)
        else:
            yield (head if key in {"label", "value"} else f"{head} {key}"), value


def promised(head: str, key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield heading and cell of what is told of an answer: its `interval`, its `set`, or the `spread` of several."""
    if key == "interval":
        for name, ends in value.items():
            yield from zip((f"{name} from", f"{name} to"), ends or ("", ""), strict=True)
    elif key == "set":
        sets = value.items() if isinstance(value, dict) else [(head, value)]
        yield from ((f"{name} may be", " or ".join(some)) for name, some in sets)
    else:
        yield from ((f"{name} spread", one) for name, one in value.items())
