"""Why a trained model says what it says of molecules: which answer is asked about, and what atoms contribute to it."""

from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from polyhead.chemistry.attribution import Embeddings, by_molecule, integrated_gradients, masking
from polyhead.chemistry.graphs import Graphs
from polyhead.contracts import Backbone
from polyhead.errors import UserError, choices, unknown
from polyhead.model import Model

Method = Literal["gradients", "masking"]


@runtime_checkable
class Embedding(Protocol):
    """A backbone of molecules that says where categories become vectors, from where gradients are integrated."""

    def embeddings(self) -> Embeddings:
        """Return the modules that do so."""


class Question(NamedTuple):
    """Which number of an answer is explained.

    Attributes:
        head: The name of the head.
        column: The place of the value or class among its names; None: the likeliest class of each molecule.
    """

    head: str
    column: int | None


class Explanation(NamedTuple):
    """Why a number is what it is, for one molecule.

    Attributes:
        target: The value or class that it is about.
        score: The number: a value in its own unit, or a probability.
        blank: What it is where nothing is known of any atom and bond; NaN of masking.
        error: By how much contributions fail to add up to their difference; NaN of masking.
        atoms: What each atom contributes, in the order in which the SMILES names them.
    """

    target: str
    score: float
    blank: float
    error: float
    atoms: list[float]


def question(model: Model, head: str | None = None, target: str | None = None) -> Question:
    """Return which number is meant.

    Args:
        model: Of the heads.
        head: A head's name; None: the only one, or the only one that knows the target.
        target: A value or class; None: the only one, or else the likeliest.

    Raises:
        UserError: If there is no such head or target, or several might be meant; it names them.
    """
    heads = model.named_heads()
    if head is not None and head not in heads:
        raise unknown("head", head, heads)
    meant = [name for name in heads if head in {None, name} and target in {None, *heads[name].labels}]
    if not meant:
        raise unknown(
            "target", str(target), [label for name in heads if head in {None, name} for label in heads[name].labels]
        )
    if len(meant) > 1:
        raise UserError(f"several heads may be meant; choose one with --head: {choices(meant)}")
    labels = heads[meant[0]].labels
    only = 0 if len(labels) == 1 else None
    return Question(meant[0], only if target is None else labels.index(target))


def explain(model: Model, graphs: Graphs, asked: Question, method: Method = "gradients") -> list[Explanation]:
    """Return why a model says what it says of each of B molecules.

    Args:
        model: In evaluation, where the molecules are.
        graphs: The molecules.
        asked: Which number.
        method: `gradients` integrates them from where nothing is known; `masking` takes atoms out, one at a time.

    Raises:
        UserError: If the head gives no numbers, or the backbone does not say where gradients begin.
    """
    labels = model.named_heads()[asked.head].labels
    columns = columns_of(model, graphs, asked)
    found: dict[int, Explanation] = {}
    for column in sorted(set(columns.tolist())):
        rows = (columns == column).nonzero()[:, 0]
        some = graphs.take(rows.to(graphs.item.device))
        told = by_column(model, some, asked.head, column, method)
        parts = zip(rows.tolist(), told, strict=True)
        found |= {row: Explanation(labels[column], *part) for row, part in parts}
    return [found[row] for row in range(len(graphs))]


def columns_of(model: Model, graphs: Graphs, asked: Question) -> Tensor:
    """Return the place of the value or class that is meant of each molecule, (B,), on the CPU.

    Raises:
        UserError: If none is told, and the head does not choose one class among several.
    """
    if asked.column is not None:
        return torch.full((len(graphs),), asked.column)
    with torch.no_grad():
        said = numbers(model, asked.head, graphs)
    if not torch.allclose(said.sum(1), torch.ones_like(said[:, 0])):
        labels = choices(model.named_heads()[asked.head].labels)
        raise UserError(f"{asked.head} answers about several things; choose one with --target: {labels}")
    return said.argmax(1).cpu()


def by_column(
    model: Model, graphs: Graphs, head: str, column: int, method: Method
) -> Sequence[tuple[float, float, float, list[float]]]:
    """Return score, blank score, error and contributions of atoms for each molecule; see `explain`."""
    score = partial(number, model, head, column)
    if method == "masking":
        found = masking(score, graphs)
    else:
        found = integrated_gradients(score, graphs, embeddings_of(model.backbone))
    atoms = by_molecule(found.atoms, graphs.item, len(graphs))
    parts = (found.score, found.blank, found.error(graphs.item))
    return list(zip(*(part.tolist() for part in parts), atoms, strict=True))


def number(model: Model, head: str, column: int, graphs: Graphs) -> Tensor:
    """Return one value or probability of each of B molecules, (B,); errors as `numbers`."""
    return numbers(model, head, graphs)[:, column]


def numbers(model: Model, head: str, graphs: Graphs) -> Tensor:
    """Return what a head says of B molecules, (B, K): values, or probabilities.

    Raises:
        UserError: If it gives something else.
    """
    one = model.named_heads()[head]
    said = one.predict(one(model.backbone(graphs)))
    if not isinstance(said, Tensor) or said.ndim != 2 or said.shape[1] != len(one.labels):
        raise UserError(f"{head}: a {type(one).__name__} gives no number for each of its names; explain another head")
    return said


def embeddings_of(backbone: Backbone) -> Embeddings:
    """Return where a backbone turns categories into vectors.

    Raises:
        UserError: If it does not say.
    """
    if not isinstance(backbone, Embedding):
        raise UserError(
            f"{type(backbone).__name__} has no embeddings() to integrate gradients from; take --method masking"
        )
    return backbone.embeddings()
