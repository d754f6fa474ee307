"""Class numbers of one source as those of a whole that it is part of.

Letters in shapes: m objects, H and W pixels, K classes of the source, N of the whole.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torchvision import tv_tensors

from polyhead.contracts import IGNORE
from polyhead.errors import UserError, choices, nearest

NOWHERE: Final = -1
"""The number of a class that is left out."""
Names = Mapping[str, Mapping[str, str | None]]


def renamed(where: str, target: str, own: Sequence[str], names: Names) -> tuple[str | None, ...]:
    """Return what the classes of a target are called in the whole, in the source's order; None: left out.

    Args:
        where: The source's name, for errors.
        target: The target's.
        own: The source's class names.
        names: By target, the names that differ.

    Raises:
        UserError: If a name that is to change is no class of the source.
    """
    others = names.get(target, {})
    for name in others:
        if name not in own:
            key = f"sources.{where}.names.{target}"
            raise UserError(f"{key}: {name!r} is no class of it{nearest(name, own)}; choices: {choices(own)}")
    return tuple(others.get(name, name) for name in own)


def table_of(called: Sequence[str | None], whole: Sequence[str]) -> Tensor:
    """Return the number in the whole of each class of a source, (K,) long, NOWHERE for what is left out."""
    numbers = {name: number for number, name in enumerate(whole)}
    return torch.tensor([NOWHERE if name is None else numbers[name] for name in called], dtype=torch.long)


def in_whole(target: Any, table: Tensor, classes: int) -> Any:
    """Return a target, in a form of `Item.targets`, in the whole's class numbers; None where nothing is left of it.

    Objects of a class that is left out go; pixels of one are unlabelled. Of several classes an item may belong to (K,),
    those that the source does not have are NaN, and one that two of its classes have become is the larger of the two.

    Args:
        target: In the source's numbers.
        table: What `table_of` returned; () for a target without classes, which stays as it is.
        classes: N.
    """
    if not len(table):
        return target
    if isinstance(target, int):
        number = int(table[target])
        return None if number == NOWHERE else number
    if isinstance(target, dict):
        labels = table[target["labels"]]
        kept = labels != NOWHERE
        rows = {key: tv_tensors.wrap(value[kept], like=value) for key, value in target.items() if key != "labels"}
        return {**rows, "labels": labels[kept]}
    if isinstance(target, tv_tensors.Mask):
        pixels = torch.full((256,), IGNORE, dtype=torch.uint8)
        pixels[: len(table)] = torch.where(table == NOWHERE, IGNORE, table).byte()
        return tv_tensors.wrap(pixels[target.as_subclass(Tensor).long()], like=target)
    kept = table != NOWHERE
    several = torch.full((classes,), -torch.inf).scatter_reduce(0, table[kept], target[kept].float(), "amax")
    return several.masked_fill(several == -torch.inf, torch.nan)
