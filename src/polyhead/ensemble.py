"""Several models asked together: the mean of their answers, and how far they differ.

Runs that differ in their seed alone agree where the data have taught them something, and go apart where not: their
spread is the plainest measure of what a network does not know (arXiv 1612.01474).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from polyhead.contracts import Head, Record
from polyhead.errors import UserError
from polyhead.model import Model
from polyhead.ops.distil import in_order

AnyHead = Head[Any, Any, Any]


class Together(NamedTuple):
    """What several heads of one question say of n items.

    Attributes:
        predictions: (n, ...) the mean of their predictions, of the form that each one's have.
        spread: (n, ...) the standard deviation of their predictions, without bias in its square.
    """

    predictions: Tensor
    spread: Tensor


def check_members(models: Sequence[Model], names: Sequence[str]) -> None:
    """Check that models can be asked together.

    Args:
        models: The members of an ensemble.
        names: What they are called, such as their paths.

    Raises:
        UserError: If there are fewer than two, or they have other heads or class names than the first, or a head whose
            answers have no mean.
    """
    if len(models) < 2:
        raise UserError(f"an ensemble takes two runs or more, and there is only {', '.join(names) or 'none'}")
    first = models[0].named_heads()
    for model, name in zip(models, names, strict=True):
        heads = model.named_heads()
        for key in first.keys() | heads.keys():
            _check_alike(key, first.get(key), heads.get(key), f"{name} and {names[0]}")
    for key, head in first.items():
        if type(head).predict is not Head.predict or type(head).restore is not Head.restore:
            raise UserError(f"{key}: answers of a {type(head).__name__} are no numbers with a mean; ask one run alone")


def _check_alike(key: str, one: AnyHead | None, other: AnyHead | None, both: str) -> None:
    """Raise a UserError unless two heads, which may be missing, ask the same question."""
    if one is None or other is None:
        raise UserError(f"{both} have other heads: only one has {key!r}; an ensemble is made of runs of one recipe")
    if type(one) is not type(other) or sorted(one.labels) != sorted(other.labels):
        raise UserError(
            f"{both} have another head {key!r}: their classes or class names differ; take runs of one recipe"
        )


def together(heads: Sequence[AnyHead], outputs: Sequence[Any]) -> Together:
    """Return what two or more heads of one question say together, in the order of the first one's class names.

    Args:
        heads: One of each member, as `check_members` passes them; each decodes its own outputs, whose scale may differ.
        outputs: What the forward of each made of the same n items.
    """
    labels = heads[0].labels
    said = [head.predict(output) for head, output in zip(heads, outputs, strict=True)]
    each = torch.stack([in_order(part, head.labels, labels) for part, head in zip(said, heads, strict=True)])
    return Together(each.mean(0), each.std(0))


@torch.inference_mode()
def ask(models: Sequence[Model], inputs: Any) -> dict[str, Together]:
    """Return what models that `check_members` passes say together, by the head's name.

    Args:
        models: In evaluation, all on the inputs' device.
        inputs: As their backbones take them, images or molecules.
    """
    heads, outputs = [model.named_heads() for model in models], [model(inputs) for model in models]
    return {name: together([one[name] for one in heads], [one[name] for one in outputs]) for name in heads[0]}


def records(head: AnyHead, said: Together, score: float | None = None) -> list[Record]:
    """Return the head's records of the mean, each with `spread` by class or value name: plain data, one an item."""
    spreads: list[Mapping[str, float]] = [dict(zip(head.labels, row, strict=True)) for row in said.spread.tolist()]
    pairs = zip(head.records(said.predictions, score), spreads, strict=True)
    return [{**record, "spread": dict(spread)} for record, spread in pairs]
