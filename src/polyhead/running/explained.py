"""A page of explanations beside the result of a model of molecules."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from polyhead.chemistry.page import page
from polyhead.errors import UserError
from polyhead.explanation import Question, explain
from polyhead.files import write_text
from polyhead.loading.molecule_module import MoleculeModule
from polyhead.loading.source import Split
from polyhead.model import Model
from polyhead.running.explaining import METHODS, PAGE, Row, shown, sums

FIRST: Final = 24
"""Molecules that are explained when a model is measured."""


def explain_split(model: Model, data: MoleculeModule, split: Split, run: Path) -> list[str]:
    """Explain the first molecules of a split, for the first head that gives numbers, and return what to say of it.

    It is explained for its first value, or for the likeliest class of each molecule; the verb `explain` takes others.

    Args:
        model: On the CPU, in evaluation.
        data: Where the molecules are.
        split: Which of them.
        run: The folder that gets `explanations.html`.

    Returns:
        Sentences; none where no head gives numbers, or the backbone does not say where its embeddings are.
    """
    smiles = data.molecules.smiles(split)[:FIRST]
    graphs = data.reader(split).graphs(range(len(smiles)))
    for name, head in model.named_heads().items():
        for column in (None, 0) if len(head.labels) > 1 else (0,):
            with suppress(UserError):
                found = explain(model, graphs, Question(name, column))
                rows = [Row(one, one, "", why) for one, why in zip(smiles, found, strict=True)]
                notes = [METHODS["gradients"], *sums(rows, "gradients")]
                write_text(page(f"What {run} says of {name}, by atoms", notes, shown(rows)), run / PAGE)
                return [*(f"{name}: {note}" for note in notes[1:]), f"atoms drawn: {run / PAGE}"]
    return []
