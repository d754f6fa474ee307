"""What curation found, as a file with all of it and as a few lines for the screen."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from polyhead.chemistry.curation import Curated, Note
from polyhead.chemistry.tables import Table
from polyhead.files import write_text

MEANS: Final = {
    "row": "cannot be read",
    "empty": "have no molecule",
    "invalid": "hold no possible molecule",
    "atoms": "have unusual atoms",
    "salt": "are salts",
    "mixture": "are mixtures",
    "maps": "have numbered atoms",
    "flat": "had stereochemistry",
    "stereo": "differ from an earlier one in stereochemistry alone",
    "duplicate": "are of a molecule that came before",
    "conflict": "contradict another row of their molecule",
    "label": "have a label that is no number",
}
"""By kind, what rows are or have, in the order in which they are told."""
SHOWN: Final = 10
"""Rows that are told by number."""
LONG: Final = 100
"""Letters of a reason that are shown."""
HEADER: Final = ("row", "line", "smiles", "canonical", "what", "reason", "action")


def write_curation(path: str | Path, table: Table, column: str, curated: Curated, more: Sequence[Note] = ()) -> None:
    """Write a line for each note: row (from 1), line, the SMILES, the canonical one, what, reason, action.

    The line is "" of a file without lines, the canonical SMILES "" of a row that is left out.

    Args:
        path: The file.
        table: That was curated.
        column: Of its molecules.
        curated: What became of it.
        more: Notes beside those of the curation, such as what splits share.

    Raises:
        UserError: If the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for row, *told in sorted([*curated.notes, *more], key=lambda note: note.row):
        line = table.lines[row - 1] if table.lines else ""
        writer.writerow([row, line, table.columns[column][row - 1], curated.canonical[row - 1], *told])
    write_text(text.getvalue(), path)


def summary(table: Table, curated: Curated) -> list[str]:
    """Return what became of a table in a few lines: rows and molecules, then what is odd, the rows left out first."""
    molecules = len(set(curated.smiles))
    lines = [f"{len(table)} rows, {len(curated.rows)} kept, of {molecules} different molecules"]
    for lost in (True, False):
        for what, means in MEANS.items():
            notes = [note for note in curated.notes if note.what == what and (note.action == "left out") == lost]
            lines += [told(means, notes)] if notes else []
    return lines


def told(means: str, notes: Sequence[Note]) -> str:
    """Return one line of notes of a kind: how many became what, their numbers, the first reason."""
    rows = list(dict.fromkeys(note.row for note in notes))
    actions = Counter(action for _, action in {(note.row, re.split(" (?:in)?to ", note.action)[0]) for note in notes})
    became = ", ".join(f"{actions[action]} {action}" for action in sorted(actions))
    numbers = ", ".join(map(str, rows[:SHOWN])) + (" ..." if len(rows) > SHOWN else "")
    reason = notes[0].reason if len(notes[0].reason) <= LONG else f"{notes[0].reason[:LONG]}..."
    return f"rows that {means}: {became} ({numbers}; row {rows[0]}: {reason})"
