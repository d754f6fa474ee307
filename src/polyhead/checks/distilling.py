"""Checks of heads that learn from a teacher of their own class."""

from typing import Any

import torch

from polyhead.checks.claims import check, claim, claim_finite, name, number
from polyhead.checks.losses import claim_form
from polyhead.checks.probes import AnyHead, HeadFactory, build, losses_of, make_features, make_targets, steady
from polyhead.contracts import Features, Loss

LOSS = "distil"
TEMPERATURES = (1.0, 4.0)


@check
def distilling_costs_nothing_from_an_equal(factory: HeadFactory) -> None:
    """Learning from a teacher costs 0 of equal answers and more of others, is a sum, and moves the student alone."""
    head, other = steady(build(factory)), steady(build(factory, seed=1))
    features = make_features(3)
    if distilled(head, head, features) is None:
        return
    claim(
        LOSS not in losses_of(head, features, make_targets(head, 3)),
        f"{name(head)}.loss has the name {LOSS!r}, under which the Task logs what is learned from a teacher: rename it",
    )
    for temperature in TEMPERATURES:
        same, more = (distilled(head, teacher, features, temperature) for teacher in (head, other))
        assert same is not None
        claim(more is not None, f"{name(head)}.distil is None of one teacher and not of another: decide by the class")
        assert more is not None
        claim_cost(head, same, more)
    claim_sum(head, other, features)


def distilled(student: AnyHead, teacher: AnyHead, features: Features, temperature: float = 2.0) -> Loss | None:
    """Return what a student learns from a teacher on the same features."""
    with torch.no_grad():
        taught: Any = teacher(features)
    return student.distil(student(features), teacher, taught, temperature)


def claim_cost(head: AnyHead, same: Loss, more: Loss) -> None:
    """Fail where the cost of equal answers is not 0, or that of others not more, or nothing can learn from it."""
    for loss in (same, more):
        claim_form(head, LOSS, loss)
    most = 1e-4 * (1 + number(same.count))
    claim(
        abs(number(same.total)) <= most,
        f"{name(head)}.distil from itself costs {number(same.total):.6g}: equal answers must cost 0, so take a"
        " divergence and no cross-entropy, and targets in units that both share",
    )
    claim(
        number(more.total) > most,
        f"{name(head)}.distil from a head of other weights costs {number(more.total):.6g}: other answers must cost more"
        " than 0",
    )
    head.zero_grad()
    torch.autograd.backward(more.total)
    gradients = [parameter.grad for parameter in head.parameters() if parameter.grad is not None]
    claim_finite(gradients, f"{name(head)}: the gradient of distil", "guard divisions and logarithms")
    claim(
        any(bool(gradient.any()) for gradient in gradients),
        f"{name(head)}.distil gives no weight a gradient: compare outputs, not answers that were rounded or cut",
    )


def claim_sum(head: AnyHead, teacher: AnyHead, features: Features) -> None:
    """Fail where twice the items do not cost and count twice, and none do not cost nothing."""
    once, twice, none = (
        distilled(head, teacher, features.take(torch.tensor(places, dtype=torch.long)))
        for places in ([0, 1, 2], [0, 0, 1, 1, 2, 2], [])
    )
    assert once is not None
    assert twice is not None
    assert none is not None
    for part, one, two, zero in zip(once._fields, once, twice, none, strict=True):
        claim(
            torch.isclose(two, 2 * one, rtol=1e-3, atol=1e-4) and zero == 0,
            f"{name(head)}.distil: {part} is {number(one):.6g}, {number(two):.6g} of every item twice, and"
            f" {number(zero):.6g} of none: add over the items (reduction='sum'), and count them",
        )
