"""Checks of what a head makes of classes that an item's source does not label at all."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from polyhead.checks.claims import check, claim, claim_finite, name, number
from polyhead.checks.probes import AnyHead, HeadFactory, build, losses_of, make_features, make_targets, mean_of, steady
from polyhead.contracts import IGNORE, Features, Head


@check
def unknown_classes_get_no_gradient(factory: HeadFactory) -> None:
    """A class that an item's source does not label moves no output of that class; all known is as None.

    Which dimension of an output holds the classes is told by its length, so a head is best checked with a number of
    classes that nothing else in its outputs has: 5, say, and not the 4 sides of a box.
    """
    head = steady(build(factory))
    classes = len(head.labels)
    if classes == 0:
        return
    batch = 5 if classes != 5 else 6
    features, unknown = make_features(batch), torch.arange(batch) % classes
    known = torch.ones(batch, classes, dtype=torch.bool)
    targets = make_targets(head, batch)
    throughout, silent = (number(mean_of(losses_of(head, features, targets, mask))) for mask in (known, None))
    claim(
        abs(throughout - silent) <= 1e-4 * (1 + abs(silent)),
        f"{name(head)}.loss is {throughout:.6g} with all classes known and {silent:.6g} with known=None: they are one",
    )
    known[torch.arange(batch), unknown] = False
    _claim_still(head, features, _without(targets, unknown, classes), known)


@check
@torch.no_grad()
def limited_answers_name_no_unknown_class(factory: HeadFactory) -> None:
    """What a head would say of an item is not said once that class is unknown there; a head without `limit` passes."""
    head = build(factory).eval()
    if type(head).limit is Head.limit or len(head.labels) < 2:
        return
    outputs = head(make_features(5))
    known = torch.ones(5, len(head.labels), dtype=torch.bool)
    named = [next(_named(record), None) for record in head.records(head.predict(outputs), 0.001)]
    for item, label in enumerate(named):
        if label is not None:
            known[item, head.labels.index(label)] = False
    records = head.records(head.predict(head.limit(outputs, known)), 0.001)
    for label, record in zip(named, records, strict=True):
        claim(
            label not in set(_named(record)),
            f"{name(head)} says {label!r} of an item after limit() was told that its source does not label it: give"
            " the class the lowest logit",
        )


def _named(record: Any) -> Iterator[str]:
    """Yield the values of `label` anywhere in a record."""
    parts = record.values() if isinstance(record, dict) else record if isinstance(record, list) else []
    if isinstance(record, dict) and "label" in record:
        yield record["label"]
    for part in parts:
        yield from _named(part)


def _claim_still(head: AnyHead, features: Features, targets: object, known: Tensor) -> None:
    """Fail where an output of an unknown class has a gradient."""
    outputs = head(features)
    leaves = [leaf for leaf in pytree.tree_leaves(outputs) if isinstance(leaf, Tensor) and leaf.requires_grad]
    for leaf in leaves:
        leaf.retain_grad()
    total = mean_of(head.loss(outputs, targets, known))
    claim_finite(total, f"{name(head)}.loss with unknown classes", "leave unknown classes out before the loss")
    torch.autograd.backward(total)
    for leaf in leaves:
        if leaf.grad is None:
            continue
        claim_finite(leaf.grad, f"{name(head)}: the gradient with unknown classes", "leave them out before the loss")
        moved = [_moved(leaf.grad, axis, known) for axis in _class_axes(leaf, known.shape[1])]
        claim(
            not moved or min(moved) == 0,
            f"{name(head)}.loss gives {min(moved, default=0)} values of unknown classes a gradient, in its output of"
            f" shape {tuple(leaf.shape)}: multiply or mask each class's loss with `known` (n, K), as unlabelled is not"
            " negative (if no dimension of this output holds classes, check with another number of them)",
        )


def _class_axes(leaf: Tensor, classes: int) -> list[int]:
    """Return the dimensions, the second or the last, that are as long as there are classes."""
    return [axis for axis in sorted({1, leaf.ndim - 1}) if leaf.ndim > 1 and leaf.shape[axis] == classes]


def _moved(gradient: Tensor, axis: int, known: Tensor) -> int:
    """Return how many values of unknown classes have a gradient that is not exactly 0."""
    by_class = gradient.movedim(axis, 1).flatten(2) if gradient.ndim > 2 else gradient.movedim(axis, 1)[..., None]
    return int(by_class[~known].count_nonzero())


def _without(targets: object, unknown: Tensor, classes: int) -> object:
    """Return targets that name no class of an item that its source does not label, as real ones would not."""
    if isinstance(targets, Tensor) and not targets.is_floating_point() and classes > 1:
        if targets.ndim == 1:
            return torch.where(targets == unknown, (unknown + 1) % classes, targets)
        if targets.ndim >= 3:
            there = unknown.view(-1, *[1] * (targets.ndim - 1))
            return torch.where(targets == there, torch.full_like(targets, IGNORE), targets)
    if isinstance(targets, list) and all(isinstance(target, dict) and "labels" in target for target in targets):
        kept = [target["labels"] != number for target, number in zip(targets, unknown, strict=True)]
        return [
            {key: part[keep] if part.shape[:1] == keep.shape else part for key, part in target.items()}
            for target, keep in zip(targets, kept, strict=True)
        ]
    return targets
