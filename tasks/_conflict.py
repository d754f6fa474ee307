"""Whether heads pull the features that they share in one direction."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor


def shared_gradients(losses: Mapping[str, Tensor], shared: Sequence[Tensor]) -> dict[str, Tensor]:
    """Return how strongly each head's loss pulls the shared features, and how alike each two pull.

    It costs one more backward through each head, and none through the backbone.

    Args:
        losses: By head, 0-d, in a graph that is kept.
        shared: The features; those that do not depend on anything that learns are left out.

    Returns:
        `gradient/HEAD`, the norm over all features, >= 0; `cosine/HEAD-OTHER` in [-1, 1], below 0 where the two are in
        conflict, 0 where one of them does not pull; nothing where no feature can be pulled.
    """
    moving = [feature for feature in shared if feature.requires_grad]
    if not moving:
        return {}
    pulls = {}
    for name, loss in losses.items():
        parts = torch.autograd.grad(loss, moving, retain_graph=True, allow_unused=True, materialize_grads=True)
        pulls[name] = torch.cat([part.flatten() for part in parts]).float()
    norms = {name: pull.norm() for name, pull in pulls.items()}
    found = {f"gradient/{name}": norm for name, norm in norms.items()}
    for one, other in combinations(pulls, 2):
        both = (norms[one] * norms[other]).clamp(min=torch.finfo(torch.float32).tiny)
        found[f"cosine/{one}-{other}"] = (pulls[one] @ pulls[other]) / both
    return found
