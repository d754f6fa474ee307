"""How a check speaks: it claims something, and where that is untrue it fails with one sentence that mends it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

Factory = TypeVar("Factory")


class CheckError(AssertionError):
    """A head or a backbone breaks a promise; the sentence says which, where, and how to mend it."""


def claim(true: bool | Tensor, sentence: str) -> None:
    """Fail with `sentence` unless `true`; unlike `assert` it also speaks under `python -O`.

    Raises:
        CheckError: With the sentence.
    """
    if not true:
        raise CheckError(sentence)


def check(function: Callable[[Factory], None]) -> Callable[[Factory], None]:
    """Make a check of a function: the same random numbers at every call, and every error told as a failed check.

    A head that raises has failed as well as one that answers wrongly, so whatever comes out of it is told with the name
    of the check and the check's first line, which is the rule that the head broke.
    """
    rule = (function.__doc__ or "").partition("\n")[0]

    @wraps(function)
    def run(factory: Factory) -> None:
        """Run the check with random numbers of its own."""
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            try:
                function(factory)
            except CheckError:
                raise
            except Exception as error:
                place = _origin(error)
                raise CheckError(f"{function.__name__}: {place} raised {error!r}. The rule: {rule}") from error

    return run


def _origin(error: Exception) -> str:
    """Return where the head or the backbone raised: its method, or its class where autograd raised on its behalf."""
    trace, tested = error.__traceback__, "the factory"
    while trace is not None:
        frame = trace.tb_frame
        if not str(frame.f_globals.get("__name__", "")).startswith(("polyhead.checks", "torch.")):
            owner = frame.f_locals.get("self")
            return f"{name(owner)}.{frame.f_code.co_name}" if owner is not None else frame.f_code.co_name
        built = frame.f_locals.get("head", frame.f_locals.get("backbone"))
        tested = tested if built is None else f"{name(built)}, in the backward or in a call,"
        trace = trace.tb_next
    return tested


def name(thing: object) -> str:
    """Return the class name of a head or a backbone, with which every sentence begins."""
    return type(thing).__name__


def number(value: Tensor) -> float:
    """Return a 0-d tensor as a number to show."""
    return float(value.detach())


def claim_finite(value: Any, what: str, mend: str) -> None:
    """Fail where a floating tensor in `value` holds NaN or an infinity; `what` names it."""
    for path, leaf in pytree.tree_flatten_with_path(value)[0]:
        if isinstance(leaf, Tensor) and leaf.is_floating_point():
            bad, place = int((~torch.isfinite(leaf)).sum()), pytree.keystr(path)
            claim(bad == 0, f"{what}{place} has {bad} values of {leaf.numel()} that are NaN or infinite: {mend}")


def claim_same(found: Any, wanted: Any, what: str, mend: str, tolerance: float = 1e-4) -> None:
    """Fail where two structures of tensors differ in form, shape or value; `what` names the first.

    Args:
        found: Tensors in any nesting of lists, tuples and dicts.
        wanted: What it should be.
        what: The words for `found`.
        mend: What to do about it.
        tolerance: Relative, and absolute.
    """
    one, other = (pytree.tree_flatten_with_path(value) for value in (found, wanted))
    claim(one[1] == other[1], f"{what} has the form {one[1]}, not {other[1]}: {mend}")
    for (path, left), (_, right) in zip(one[0], other[0], strict=True):
        place = what + pytree.keystr(path)
        if not isinstance(left, Tensor) or not isinstance(right, Tensor):
            claim(left == right, f"{place} is {left!r}, not {right!r}: {mend}")
            continue
        claim(left.shape == right.shape, f"{place} has the shape {_shape(left)}, not {_shape(right)}: {mend}")
        far = ~torch.isclose(left.double(), right.double(), rtol=tolerance, atol=tolerance, equal_nan=True)
        claim(not far.any(), f"{place} differs in {int(far.sum())} of {far.numel()} values: {mend}")


def _shape(value: Tensor) -> tuple[int, ...]:
    """Return the shape as a plain tuple, which prints as one."""
    return tuple(value.shape)
