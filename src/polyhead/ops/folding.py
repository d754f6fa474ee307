"""Batch normalisation folded into the convolution before it, in any network, wherever that changes nothing.

In evaluation a BatchNorm multiplies and shifts each channel by numbers that stand still, so the convolution before it
can do the same by other weights, and a pass over memory is saved. Which convolution comes before is not read from the
network's code but seen: one input goes through, and is watched.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.nn.utils.parametrize import is_parametrized
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

Network = TypeVar("Network", bound=nn.Module)
TOLERANCE = 1e-4
"""Of outputs before and after, as a share of the largest number among them or of 1."""


class Pair(NamedTuple):
    """A convolution, the normalisation of its result, and what it was seen to read."""

    convolution: nn.Conv2d
    norm: nn.BatchNorm2d
    seen: Tensor


class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types here
    """Counts how often every result of a convolution is read, and who was called on what."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # nor here
        self.reads = Counter[int]()
        self.calls = Counter[nn.Module]()
        self.results: dict[int, tuple[nn.Conv2d, Tensor, Tensor]] = {}
        self.norms: dict[int, nn.BatchNorm2d] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count what an operator reads, and run it."""
        self.reads.update(id(each) for each in pytree.tree_leaves((args, kwargs)) if isinstance(each, Tensor))
        return func(*args, **(kwargs or {}))

    def after_convolution(self, module: nn.Module, inputs: tuple[Tensor, ...], result: Tensor) -> None:
        """Keep the result, so that no other tensor gets its id, and count its reads from now on."""
        assert isinstance(module, nn.Conv2d)
        self.calls[module] += 1
        self.results[id(result)] = module, inputs[0].clone(), result
        self.reads[id(result)] = 0

    def before_norm(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Remember what is normalised."""
        assert isinstance(module, nn.BatchNorm2d)
        self.calls[module] += 1
        self.norms[id(inputs[0])] = module

    def pairs(self) -> Iterator[Pair]:
        """Yield the pairs of which each was called once, and whose result nobody else read."""
        for key, (convolution, seen, _) in self.results.items():
            norm = self.norms.get(key)
            if norm is not None and self.reads[key] == 1 == self.calls[convolution] == self.calls[norm]:
                yield Pair(convolution, norm, seen)


@contextmanager
def watching(network: nn.Module) -> Iterator[Watch]:
    """Watch the convolutions and normalisations of a network."""
    watch = Watch()
    with ExitStack() as stack:
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                handle = module.register_forward_hook(watch.after_convolution)
                stack.callback(handle.remove)
            elif isinstance(module, nn.BatchNorm2d):
                stack.callback(module.register_forward_pre_hook(watch.before_norm).remove)
        yield stack.enter_context(watch)


@torch.no_grad()
def folded(network: Network, probe: Tensor) -> Network:
    """Return a copy in evaluation mode, with every BatchNorm folded that can be; the network itself is left as it is.

    What stays as it was: normalisations of results that are read elsewhere too, of convolutions that run several times
    or make their weights as they run. Should the whole answer otherwise all the same, it stays as it was altogether.

    Args:
        network: Any network.
        probe: An input that runs through all of it.
    """
    plain = deepcopy(network).eval()
    copy = deepcopy(plain)
    with watching(copy) as watch:
        wanted = copy(probe)
    rests = {pair.norm: rest for pair in watch.pairs() if (rest := fold(pair)) is not None}
    for module in list(copy.modules()):
        for name, child in module.named_children():
            if child in rests:
                setattr(module, name, rests[child])
    return copy if rests and same(copy(probe), wanted) else plain


def fold(pair: Pair) -> nn.Module | None:
    """Fold a normalisation into its convolution, and return what is left of it, such as its activation.

    Where the two would no longer answer the same, change nothing and return None.
    """
    convolution, norm, seen = pair
    if norm.running_mean is None or norm.running_var is None or is_parametrized(convolution):
        return None
    wanted = norm(convolution(seen))
    before = convolution.weight, convolution.bias
    convolution.weight, convolution.bias = fuse_conv_bn_weights(
        *before, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    rest = nn.Sequential(*norm.children()) if list(norm.children()) else nn.Identity()
    if same(rest(convolution(seen)), wanted):
        return rest
    convolution.weight, convolution.bias = before
    return None


def same(found: Any, wanted: Any) -> bool:
    """Return whether the tensors in two answers of one form are the same up to rounding."""
    pairs = zip(pytree.tree_leaves(found), pytree.tree_leaves(wanted), strict=True)
    return all(close(one, other) for one, other in pairs if isinstance(one, Tensor))


def close(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors are the same up to rounding; of whole numbers, whether they are equal."""
    if not one.is_floating_point():
        return torch.equal(one, other)
    if not one.numel():
        return one.shape == other.shape
    return bool((one - other).abs().max() <= TOLERANCE * other.abs().max().clamp(min=1))
