"""Checks that train a head on a few items whose features are free to move: what it learns shows in its answer."""

import torch

from polyhead.checks.claims import check, claim, name, number
from polyhead.checks.probes import (
    AnyHead,
    HeadFactory,
    build,
    losses_of,
    make_features,
    make_targets,
    mean_of,
    predictions_of,
)
from polyhead.contracts import Features

ITEMS = 3
STEPS = 200
ENOUGH = 0.1
"""Of the first loss, from which on no more steps are made."""
FALL = 0.4
STREAK = 5
"""Steps over which a loss is averaged, as one that is random is low now and then."""


def overfit(head: AnyHead, features: Features) -> list[float]:
    """Train a head and the features on its example targets until the loss is low; return the loss of each step."""
    targets = make_targets(head, ITEMS)
    optimizer = torch.optim.Adam([*head.parameters(), *features.levels, features.pooled], lr=2e-2)
    losses: list[float] = []
    for step in range(STEPS):
        head.progress = step / STEPS
        loss = mean_of(losses_of(head, features, targets))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(number(loss))
        if len(losses) > STREAK and max(losses[-STREAK:]) < ENOUGH * losses[0]:
            break
    return losses


@check
def overfits_one_batch(factory: HeadFactory) -> None:
    """From features that are free to move, a few items are learnt to less than 40 % of the first loss."""
    head = build(factory)
    head.adapt([make_targets(head, ITEMS)])
    head.weigh([make_targets(head, ITEMS)])
    losses = overfit(head, make_features(ITEMS))
    first, last = (sum(part) / STREAK for part in (losses[:STREAK], losses[-STREAK:]))
    claim(
        last < FALL * first,
        f"{name(head)} moved its loss only from {first:.4g} to {last:.4g} in {len(losses)} steps on {ITEMS} items: see"
        " that the loss falls when the answer is right, and that example_targets() makes what such features can hold"
        " (things, not noise in every pixel)",
    )


@check
def learning_shows_in_the_main_metric(factory: HeadFactory) -> None:
    """What lowers the loss betters the main metric: the loss and the decoded answer mean the same."""
    head = build(factory)
    head.adapt([make_targets(head, ITEMS)])
    head.weigh([make_targets(head, ITEMS)])
    features = make_features(ITEMS)
    before = main_metric(head, features)
    losses = overfit(head, features)
    after = main_metric(head, features)
    claim(
        after > before or after > 0.99,
        f"{name(head)}.main {head.main!r} went from {before:.4g} to {after:.4g} while its loss fell from"
        f" {losses[0]:.4g} to {losses[-1]:.4g}: decode() has to undo what loss() does to targets, and metrics take"
        " predictions in input pixels and units of the targets",
    )


def main_metric(head: AnyHead, features: Features) -> float:
    """Return the main metric on the example targets, in eval mode."""
    metrics = head.eval().metrics()
    metrics.update(predictions_of(head, features), make_targets(head, ITEMS))
    value = number(metrics.compute()[head.main])
    head.train()
    return value
