"""Checks of heads that learn from blended images (mixup, cutmix), whose targets are weighted means of two items'."""

from typing import Any

from torch import Tensor
from torch.nn.functional import one_hot

from polyhead.checks.claims import check, claim, name, number
from polyhead.checks.losses import claim_learnable, claim_names
from polyhead.checks.probes import AnyHead, HeadFactory, build, losses_of, make_features, make_targets, steady, sum_of

KEPT = 0.75
"""How much of a blend is an item's own."""


@check
def blended_targets_are_weighed(factory: HeadFactory) -> None:
    """A head that `mixes` takes shares of classes, whole ones as the class itself, and no part of one for nothing."""
    head = steady(build(factory))
    if not head.mixes:
        return
    features, targets = make_features(4), make_targets(head, 4)
    own = shares(head, targets)
    blend = own.lerp(own.roll(1, 0), 1 - KEPT)
    plain, whole, blended = (losses_of(head, features, given) for given in (targets, own, blend))
    for losses in (whole, blended):
        claim_names(head, losses, plain, "of blended targets")
    one, other = number(sum_of(plain)), number(sum_of(whole))
    claim(
        abs(one - other) <= 1e-4 * (1 + abs(one)),
        f"{name(head)}.loss is {other:.6g} of targets that are shares of one class, and {one:.6g} of its number: they"
        " are one",
    )
    claim(
        number(sum_of(blended)) != other,
        f"{name(head)}.loss is {other:.6g} with or without a quarter of another item's target: weigh both, or set"
        " mixes = False",
    )
    claim_learnable(head, features, blended, "of blended targets")


def shares(head: AnyHead, targets: Any) -> Tensor:
    """Return targets as those of blended images: class numbers (n,) as (n, K) floats, and floats as they are."""
    claim(
        isinstance(targets, Tensor) and (targets.is_floating_point() or (targets.ndim == 1 and len(head.labels) > 0)),
        f"{name(head)} mixes, and its targets are neither floats nor class numbers (n,): nothing blends them; set"
        " mixes = False",
    )
    return targets if targets.is_floating_point() else one_hot(targets, len(head.labels)).float()
