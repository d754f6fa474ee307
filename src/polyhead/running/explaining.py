"""explain: a checkpoint of molecules and a table, or SMILES -> what each atom contributes, as JSON and as a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from polyhead.chemistry.page import Explained, page
from polyhead.chemistry.pictures import drawing
from polyhead.chemistry.smiles import read
from polyhead.chemistry.standardising import standardise
from polyhead.chemistry.store import open_store
from polyhead.cores import use_cores
from polyhead.errors import UserError
from polyhead.explanation import Explanation, Method, Question, explain, question
from polyhead.files import json_text, write_text
from polyhead.memory import keep_memory
from polyhead.molecule_predictor import MoleculePredictor
from polyhead.running.outcome import Answers
from polyhead.running.predicting_molecules import sound_cells, table_of
from polyhead.trained import load

PAGE, RECORDS = "explanations.html", "explanations.json"
BATCH: Final = 64
SHOWN: Final = 200
"""Molecules on the page; all of them are in the JSON."""
METHODS: Final[dict[Method, str]] = {
    "gradients": "integrated gradients over the embeddings of atoms and bonds, from where nothing is known of them",
    "masking": "what is lost when the atom and its bonds are taken out",
}


class Row(NamedTuple):
    """One row of what was asked.

    Attributes:
        smiles: As it is written.
        canonical: As the model read it; "" where it is no molecule.
        reason: Why it is none; "" where it is one.
        found: Why the model says what it says; None where it is none.
    """

    smiles: str
    canonical: str
    reason: str
    found: Explanation | None

    def plain(self) -> dict[str, Any]:
        """Return the same as plain data."""
        return {**self._asdict(), "found": self.found and self.found._asdict()}


def explain_rows(
    checkpoint: Path,
    given: Sequence[str],
    out: Path,
    *,
    head: str | None = None,
    target: str | None = None,
    method: Method = "gradients",
    column: str | None = None,
) -> tuple[Answers, list[str]]:
    """Explain what a model says of molecules, and return what was written and what there is to say.

    Args:
        checkpoint: A file or a run folder.
        given: One file with a table of molecules, or SMILES.
        out: The folder that gets `explanations.json`, one entry a row, and `explanations.html`.
        head: The head that is asked; None: the only one that may be meant.
        target: The value or class; None: the only one, or the likeliest of classes of which one is chosen.
        method: How; see `polyhead.explanation.explain`.
        column: The column of the molecules in a table; None: the one that is found by looking.

    Raises:
        UserError: If the checkpoint is none of molecules, there is no such table, head or target, or no row of the
            table is a molecule.
    """
    keep_memory()
    use_cores()
    predictor = load(checkpoint)
    if not isinstance(predictor, MoleculePredictor):
        raise UserError(f"{checkpoint} was trained on images; explain is of models of molecules")
    asked = question(predictor.model, head, target)
    table = table_of(given)
    rows = explained(predictor, sound_cells(table, column or ""), asked, method)
    rows = [row._replace(reason=table.flaws.get(number, row.reason)) for number, row in enumerate(rows)]
    if not any(row.found for row in rows):
        raise UserError(f"{table.file}: no row is a molecule ({rows[0].reason}); nothing to explain")
    notes = [f"{METHODS[method]}", *sums(rows, method)]
    write_text(json_text([row.plain() for row in rows]), out / RECORDS)
    write_text(page(f"What {checkpoint} says, by atoms", notes, shown(rows)), out / PAGE)
    return Answers(out / RECORDS, (("explanations", out / PAGE), ("records", out / RECORDS))), notes


def explained(predictor: MoleculePredictor, cells: Sequence[str], asked: Question, method: Method) -> list[Row]:
    """Return every row of a table, in its order, with the explanation of what is a molecule."""
    looks = [standardise(cell.strip(), predictor.rules) for cell in cells]
    sound = [look.canonical for look in looks if look.canonical]
    found: list[Explanation] = []
    for start in range(0, len(sound), BATCH):
        some = sound[start : start + BATCH]
        graphs = open_store(some, predictor.wanted, disk=False).take(range(len(some)))
        found += explain(predictor.model, predictor.placed(graphs), asked, method)
    answers = iter(found)
    return [
        Row(cell, look.canonical, "", next(answers))
        if look.canonical
        else Row(cell, "", look.oddities[-1].reason, None)
        for cell, look in zip(cells, looks, strict=True)
    ]


def sums(rows: Sequence[Row], method: Method) -> list[str]:
    """Return in words how well contributions add up, where they are meant to."""
    if method == "masking":
        return []
    found = [row.found for row in rows if row.found]
    errors, spans = ([one.error for one in found], [abs(one.score - one.blank) for one in found])
    worst = int(np.argmax(errors))
    said = (
        "completeness: contributions add up to the difference between what is said and what is said of a molecule of"
        f" which nothing is known, of {np.mean(spans):.3g} on average, within {np.mean(errors):.2g} on average and"
        f" {errors[worst]:.2g} at most ({found[worst].score:.3g} said)"
    )
    return [said]


def shown(rows: Sequence[Row]) -> list[Explained]:
    """Return the first rows as a page shows them."""
    most = max(abs(part) for row in rows if row.found for part in (*row.found.atoms, 0.0))
    return [
        Explained(row.canonical or row.smiles, picture(row, most), {"row": str(number), **told(row)})
        for number, row in enumerate(rows[:SHOWN], 1)
    ]


def picture(row: Row, most: float) -> str:
    """Return the drawing of a row, "" of one that is no molecule; `most` is what has the full colour."""
    molecule = read(row.canonical) if row.found else None
    return "" if molecule is None or row.found is None else drawing(molecule, row.found.atoms, most)


def told(row: Row) -> dict[str, str]:
    """Return what is said of a row on the page."""
    if row.found is None:
        return {"not explained because": row.reason}
    told = {row.found.target: f"{row.found.score:.4g}"}
    if np.isfinite(row.found.blank):
        told["where nothing is known"] = f"{row.found.blank:.4g}"
        told["contributions miss the difference by"] = f"{row.found.error:.2g}"
    return told
