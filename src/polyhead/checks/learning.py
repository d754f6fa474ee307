"""Checks of what a head learns from: every weight, and the backbone behind the features."""

import torch

from polyhead.checks.claims import check, claim, claim_finite, name
from polyhead.checks.probes import (
    HeadFactory,
    build,
    losses_of,
    make_features,
    make_targets,
    mean_of,
)

ROUNDS = 4


@check
def every_parameter_learns(factory: HeadFactory) -> None:
    """Each parameter gets a finite gradient, and within a few steps one that is not all zero."""
    head = build(factory)
    optimizer = torch.optim.Adam(head.parameters(), lr=1e-2)
    asleep = {key for key, parameter in head.named_parameters() if parameter.requires_grad}
    for turn in range(ROUNDS):  # several, since what lies below a layer that starts as zeros wakes one step later
        head.progress = turn / (ROUNDS - 1)
        optimizer.zero_grad()
        torch.autograd.backward(mean_of(losses_of(head, make_features(3, seed=turn), make_targets(head, 3, seed=turn))))
        for key, parameter in head.named_parameters():
            if parameter.grad is not None:
                claim_finite(parameter.grad, f"{name(head)}: the gradient of {key}", "guard divisions and roots")
                if parameter.grad.any():
                    asleep.discard(key)
        optimizer.step()
    claim(
        not asleep,
        f"{name(head)}: no loss reaches the parameters {sorted(asleep)}: use them in forward(), take no detach() or"
        " argmax() between them and the loss, or set requires_grad=False where they are constants",
    )


@check
def gradients_reach_the_features(factory: HeadFactory) -> None:
    """The backbone learns from the head: levels or pooled get a finite gradient that is not all zero."""
    head = build(factory)
    features = make_features(3)
    torch.autograd.backward(mean_of(losses_of(head, features, make_targets(head, 3))))
    gradients = [part.grad for part in (*features.levels, features.pooled) if part.grad is not None]
    claim_finite(gradients, f"{name(head)}: the gradient of the features", "guard divisions and roots")
    claim(
        any(bool(gradient.any()) for gradient in gradients),
        f"{name(head)}: no gradient reaches the features, so the backbone learns nothing from it: take no detach() and"
        " no no_grad() in forward()",
    )
