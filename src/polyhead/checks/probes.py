"""What the checks feed to a head: made-up features and targets, always the same, and ways to cut and join them."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from polyhead.checks.claims import claim, name
from polyhead.contracts import IGNORE, Features, FeatureSpec, Head, Loss

AnyHead = Head[Any, Any, Any]
HeadFactory = Callable[[FeatureSpec], AnyHead]
Module = TypeVar("Module", bound=nn.Module)

SPEC = FeatureSpec(channels=(16, 24, 32), strides=(8, 16, 32), width=32)
"""Three levels of images; no two numbers that belong to different things are the same, as far as that can be."""
POOLED_SPEC = FeatureSpec(channels=(24,), strides=(), width=32)
"""A spec of molecules: no grids."""
SIZE = (64, 64)
ODD_SIZE = (97, 61)


def build(factory: HeadFactory, spec: FeatureSpec = SPEC, seed: int = 0) -> AnyHead:
    """Return a new head in train mode, its weights drawn from `seed`."""
    torch.manual_seed(seed)
    head = factory(spec)
    claim(isinstance(head, Head), f"the factory returned a {name(head)}, which is no polyhead.contracts.Head")
    return head.train()


def steady(module: Module) -> Module:
    """Return the module in train mode but for layers that are random or mix the items of a batch by design.

    Dropout and BatchNorm may do so in training; no other layer may, and with these two held still that can be seen.
    """
    module.train()
    for layer in module.modules():
        if isinstance(layer, (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._BatchNorm)):  # noqa: SLF001  # their only common bases
            layer.eval()
    return module


def make_features(batch: int, size: tuple[int, int] = SIZE, seed: int = 0) -> Features:
    """Return random features of `batch` images, leaves that ask for a gradient."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(c, ceil(size[0] / s), ceil(size[1] / s)) for c, s in zip(SPEC.channels, SPEC.strides, strict=True)]
    levels = tuple(torch.randn(batch, *shape, generator=generator).requires_grad_() for shape in shapes)
    return Features(levels, torch.randn(batch, SPEC.width, generator=generator).requires_grad_(), size, None)


def make_molecules(batch: int) -> Features:
    """Return random features of `batch` molecules of two atoms each."""
    generator = torch.Generator().manual_seed(0)
    atoms = torch.randn(2 * batch, POOLED_SPEC.channels[0], generator=generator).requires_grad_()
    pooled = torch.randn(batch, POOLED_SPEC.width, generator=generator).requires_grad_()
    return Features((atoms,), pooled, None, torch.arange(batch).repeat_interleave(2))


def make_targets(head: AnyHead, batch: int, size: tuple[int, int] = SIZE, seed: int = 0) -> Any:
    """Return the head's example targets, after a look at their length."""
    targets = head.example_targets(batch, size, torch.Generator().manual_seed(seed))
    found = length(targets)
    claim(
        found == batch,
        f"{name(head)}.example_targets({batch}, ...) returned targets of {found} items: return one entry an item",
    )
    return targets


def length(value: Any) -> int:
    """Return how many items a tensor, a list of items, or a dict or tuple of such has."""
    if isinstance(value, (Tensor, list)):
        return len(value)
    return length(next(iter(parts(value).values())))


def parts(value: Any) -> dict[str, Any]:
    """Return the parts of a dict or a tuple by name."""
    if isinstance(value, dict) and value:
        return value
    claim(
        isinstance(value, tuple) and len(value) > 0,
        f"targets and predictions are a tensor, a list of items, or a dict or tuple of these, not {name(value)}",
    )
    return {str(place): part for place, part in enumerate(value)}


def rows(value: Any, places: Sequence[int]) -> Any:
    """Return some items of targets or predictions, in the form that these have."""
    if isinstance(value, Tensor):
        return value[torch.as_tensor(places, dtype=torch.long)]
    if isinstance(value, list):
        return [value[place] for place in places]
    cut = {key: rows(part, places) for key, part in parts(value).items()}
    if isinstance(value, dict):
        return cut
    return getattr(type(value), "_make", tuple)(cut.values())  # a named tuple stays one


def nothing_there(head: AnyHead, targets: Any) -> Any:
    """Return targets of the same items in which nothing is, as far as their form says how.

    Lists of dicts lose every box; one float a class (several labels an item) becomes 0; other floats become NaN; masks
    of class numbers become `IGNORE`; what is left stays.
    """
    if isinstance(targets, list):
        return pytree.tree_map_only(Tensor, lambda part: part[:0] if part.ndim else part, targets)
    return pytree.tree_map_only(Tensor, lambda part: _empty(part, len(head.labels)), targets)


def _empty(target: Tensor, classes: int) -> Tensor:
    if target.is_floating_point() and target.ndim == 2 and target.shape[1] == classes:
        return torch.zeros_like(target)
    if target.is_floating_point():
        return torch.full_like(target, float("nan"))
    is_mask = target.ndim >= 3 and target.dtype != torch.bool
    return torch.full_like(target, IGNORE) if is_mask else target


def losses_of(head: AnyHead, features: Features, targets: Any, known: Tensor | None = None) -> dict[str, Loss]:
    """Return the losses of a forward."""
    losses: Any = head.loss(head(features), targets, known)
    claim(
        isinstance(losses, dict) and len(losses) > 0 and all(isinstance(part, Loss) for part in losses.values()),
        f"{name(head)}.loss returned a {name(losses)}: return a dict of one or more named polyhead.contracts.Loss",
    )
    return dict(losses)


def predictions_of(head: AnyHead, features: Features) -> Any:
    """Return the predictions of a forward, without a gradient."""
    with torch.no_grad():
        return head.predict(head(features))


def mean_of(losses: dict[str, Loss]) -> Tensor:
    """Return the one number to minimise: each total over its count, added up."""
    terms = [part.total / part.count if part.count > 0 else part.total for part in losses.values()]
    return torch.stack([term.float() for term in terms]).sum()


def sum_of(losses: dict[str, Loss]) -> Tensor:
    """Return all totals added up."""
    return torch.stack([part.total.float() for part in losses.values()]).sum()
