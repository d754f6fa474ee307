"""Checks of a head's losses: named sums with counts that add up over items, ranks and sources of data."""

from typing import Any

import torch

from polyhead.checks.claims import CheckError, check, claim, claim_finite, claim_same, name, number
from polyhead.checks.probes import (
    ODD_SIZE,
    AnyHead,
    HeadFactory,
    build,
    losses_of,
    make_features,
    make_targets,
    mean_of,
    nothing_there,
    rows,
    steady,
    sum_of,
)
from polyhead.contracts import Features, Loss


@check
def losses_are_named_finite_sums(factory: HeadFactory) -> None:
    """Each loss is a finite 0-d sum over what it counts, with a count that carries no gradient."""
    head = steady(build(factory))
    targets, features = make_targets(head, 3), make_features(3)
    losses = losses_of(head, features, targets)
    for key, loss in losses.items():
        claim_form(head, key, loss)
    twice = [0, 0, 1, 1, 2, 2]
    doubled = losses_of(head, features.take(torch.tensor(twice)), rows(targets, twice))
    claim_names(head, doubled, losses, "of twice the items")
    for key, loss in losses.items():
        for part, one, two in zip(loss._fields, loss, doubled[key], strict=True):
            claim(
                torch.isclose(two.float(), 2 * one.float(), rtol=1e-3, atol=1e-4),
                f"{name(head)}.loss[{key!r}].{part} is {number(one):.6g}, {number(two):.6g} of every item"
                " twice: that must double it, so add over the items (reduction='sum') and never divide by a batch's own"
                " numbers",
            )


def claim_form(head: AnyHead, key: str, loss: Loss) -> None:
    """Fail where one loss is not a finite 0-d total in the graph and a finite 0-d count outside it."""
    who = f"{name(head)}.loss[{key!r}]"
    claim(isinstance(key, str), f"{who}: the name of a loss is a string, not a {name(key)}")
    for part, value in loss._asdict().items():
        claim(isinstance(value, torch.Tensor), f"{who}.{part} is a {name(value)}: return a 0-d tensor")
        claim(value.ndim == 0, f"{who}.{part} has the shape {tuple(value.shape)}: add it up to a 0-d tensor")
        claim_finite(value, f"{who}.{part}", "guard every division and logarithm")
    claim(loss.total.requires_grad, f"{who}.total is cut off from the graph: nothing can learn from it")
    claim(not loss.count.requires_grad, f"{who}.count carries a gradient: detach() it, it only divides")
    claim(loss.count >= 0, f"{who}.count is {number(loss.count)}: what is counted cannot be less than nothing")


def claim_names(head: AnyHead, found: dict[str, Loss], wanted: dict[str, Loss], when: str) -> None:
    """Fail where the names of the losses changed; every rank logs every name at every step, or all of them hang."""
    claim(
        set(found) == set(wanted),
        f"{name(head)}.loss {when} has the names {sorted(found)}, else {sorted(wanted)}: always return every name",
    )


@check
def zero_rows_give_zero(factory: HeadFactory) -> None:
    """Of no items every loss is 0 of 0, and still reaches every parameter, as other ranks may hold some."""
    head = build(factory)
    targets, features = make_targets(head, 2), make_features(2)
    named = losses_of(head, features, targets)
    everything = torch.ones(0, len(head.labels), dtype=torch.bool) if head.labels else None
    for nothing in (rows(targets, []), made_up_of_none(head)):
        for known in (None, everything):
            losses = losses_of(head, features.take(torch.arange(0)), nothing, known)
            claim_names(head, losses, named, "of no items")
            _claim_zero(head, losses)


def made_up_of_none(head: AnyHead) -> Any:
    """Return the example targets of no items, for which the Task asks where nothing in a batch is labelled.

    Raises:
        CheckError: If the head has none.
    """
    try:
        return make_targets(head, 0)
    except CheckError:
        raise
    except Exception as error:
        raise CheckError(
            f"{name(head)}.example_targets(0, ...) raised {error!r}: return targets of no items, such as [] or a tensor"
            " of 0 rows; every fit asks for them"
        ) from error


def _claim_zero(head: AnyHead, losses: dict[str, Loss]) -> None:
    """Fail where losses of no items are not 0 of 0, or do not give every parameter a gradient of zeros."""
    for key, loss in losses.items():
        for part, value in loss._asdict().items():
            claim(
                value == 0,
                f"{name(head)}.loss[{key!r}].{part} of no items is {number(value)}: a sum over nothing is 0; use"
                " reduction='sum', since a mean over nothing is NaN",
            )
    head.zero_grad()
    total = sum_of(losses)
    claim(total.requires_grad, f"{name(head)}.loss of no items is cut off from the graph: return logits.sum()")
    torch.autograd.backward(total)
    for key, parameter in head.named_parameters():
        claim(
            parameter.grad is not None or not parameter.requires_grad,
            f"{name(head)}: the parameter {key} gets no gradient from no items, where it must get zeros: keep its"
            " output in the sum, or DistributedDataParallel waits for it forever",
        )
        if parameter.grad is not None:
            claim(not parameter.grad.any(), f"{name(head)}: no items give {key} a gradient that is not exactly 0")


@check
def empty_targets_give_finite_losses(factory: HeadFactory) -> None:
    """Items in which nothing is labelled (no boxes, NaN, IGNORE) give finite losses and gradients."""
    head = build(factory)
    targets, features = make_targets(head, 2), make_features(2)
    named = losses_of(head, features, targets)
    losses = losses_of(head, features, nothing_there(head, targets))
    claim_names(head, losses, named, "of items in which nothing is")
    claim_learnable(head, features, losses, "of items in which nothing is")


@check
def batch_of_one_trains(factory: HeadFactory) -> None:
    """One item, with a last level of one cell, gives finite losses in train mode."""
    size = (32, 32)
    head = build(factory)
    features = make_features(1, size)
    losses = losses_of(head, features, make_targets(head, 1, size))
    claim_learnable(head, features, losses, "of one item of 32 x 32 pixels")


@check
def odd_image_sizes_work(factory: HeadFactory) -> None:
    """Images whose sides no stride divides give finite losses and answers; levels have ceil(side / stride) cells."""
    head = build(factory)
    features = make_features(2, ODD_SIZE)
    losses = losses_of(head, features, make_targets(head, 2, ODD_SIZE))
    claim_learnable(head, features, losses, f"of images of {ODD_SIZE[0]} x {ODD_SIZE[1]} pixels")
    with torch.no_grad():
        decoded = head.eval().decode(head(features))
    claim_finite(decoded, f"{name(head)}.decode of images of {ODD_SIZE[0]} x {ODD_SIZE[1]} pixels", "use features.size")


def claim_learnable(head: AnyHead, features: Features, losses: dict[str, Loss], when: str) -> None:
    """Fail where losses or their gradients are not finite; `when` says of what."""
    for key, loss in losses.items():
        claim_finite(loss, f"{name(head)}.loss[{key!r}] {when}", "mask what is not labelled before computing")
    head.zero_grad()
    torch.autograd.backward(mean_of(losses))
    for key, parameter in head.named_parameters():
        if parameter.grad is not None:
            claim_finite(
                parameter.grad,
                f"{name(head)}: the gradient of {key} {when}",
                "mask before computing, as 0 x NaN is NaN also in the backward",
            )
    claim_finite(
        [level.grad for level in (*features.levels, features.pooled) if level.grad is not None],
        f"{name(head)}: the gradient of the features {when}",
        "mask before computing, as 0 x NaN is NaN also in the backward",
    )


@check
def items_are_independent(factory: HeadFactory) -> None:
    """An item's answer and loss are the same alone as among others (BatchNorm and Dropout held still)."""
    head = build(factory)
    targets, features = make_targets(head, 3), make_features(3)
    singles = [features.take(torch.tensor([place])) for place in range(3)]
    mend = "compute nothing across the items of a batch"
    together = losses_of(steady(head), features, targets)
    alone = [losses_of(head, single, rows(targets, [place])) for place, single in enumerate(singles)]
    for key, loss in together.items():
        for part in loss._fields:
            claim_same(
                torch.stack([getattr(losses[key], part) for losses in alone]).sum(),
                getattr(loss, part),
                f"{name(head)}.loss[{key!r}].{part}, added up over items that went in alone,",
                mend,
                tolerance=1e-3,
            )
    head.eval()
    with torch.no_grad():
        decoded = head.decode(head(features))
        for place, single in enumerate(singles):
            claim_same(
                head.decode(head(single)), rows(decoded, [place]), f"{name(head)}.decode of an item alone", mend, 1e-3
            )
