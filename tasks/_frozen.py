"""Parts of a network that do not learn."""

from collections.abc import Iterable

from torch import nn

from polyhead.errors import UserError, unknown


def freeze_parts(model: nn.Module, names: Iterable[str]) -> list[nn.Module]:
    """Return the parts of a model with dotted `names`, which learn nothing from now on.

    Raises:
        UserError: If there is no such part, or nothing is left to learn.
    """
    parts = [part_of(model, name) for name in names]
    for part in parts:
        part.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise UserError("task.freeze leaves nothing to learn; name fewer parts")
    return parts


def part_of(model: nn.Module, name: str) -> nn.Module:
    """Return the part with a dotted name.

    Raises:
        UserError: If there is none; it names the nearest.
    """
    parts: dict[str, nn.Module] = dict(model.named_modules())
    if name not in parts or not name:
        near = [part for part in parts if part.count(".") <= name.count(".") and part]
        raise unknown("task.freeze part", name, near)
    return parts[name]
