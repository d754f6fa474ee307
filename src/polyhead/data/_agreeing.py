"""Whether several sources mean one thing by a target: the same form, and no more classes than that can hold."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from torchvision import tv_tensors

from polyhead.contracts import IGNORE
from polyhead.errors import UserError
from polyhead.loading.member import Member
from polyhead.loading.source import SPLITS, Source

PIXELS: Final = "the class of each pixel"


def check_forms(members: Mapping[str, Member], names: Mapping[str, Sequence[str]]) -> None:
    """Check that sources that share a target give it in one form, and that masks can hold all of its classes.

    Of each source one item is looked at, and none of a target that no other source has.

    Args:
        members: By name.
        names: Of the classes that all of them have together, by target.

    Raises:
        UserError: If one gives something else than another, or masks more classes than fit; it names the sources.
    """
    for target, classes in names.items():
        owners = {name: member.source for name, member in members.items() if target in member.source.labels()}
        if not classes or (len(owners) == 1 and len(classes) <= IGNORE):
            continue
        forms = {name: form for name, source in owners.items() if (form := form_of(source, target))}
        for name, form in forms.items():
            first = next(iter(forms))
            if form != forms[first]:
                raise UserError(
                    f"target {target!r} is {forms[first]} in sources.{first}, and {form} in sources.{name}: they are"
                    " two questions; train them in two runs, or write the labels of both in one form"
                )
        if PIXELS in forms.values() and len(classes) > IGNORE:
            raise UserError(
                f"target {target!r} has {len(classes)} classes in {', '.join(f'sources.{name}' for name in forms)}"
                f" together, and a mask holds {IGNORE} at most; leave some out, or join them, with sources.NAME.names"
            )


def form_of(source: Source, target: str) -> str:
    """Return in words how a source gives a target, by its first item that has it.

    "" where there is none, it cannot be read, or targets cost the pixels, which are not read before there is need.
    """
    if type(source).targets is Source.targets:
        return ""
    for split in SPLITS:
        for number in range(source.size(split)):
            if target in source.carried(split, number):
                with suppress(UserError):  # who trains or checks the data will hear of it
                    targets = source.targets(split, number)
                    if target in targets:
                        return shape_of(targets[target])
    return ""


def shape_of(value: Any) -> str:
    """Return in words what a target with classes is, in a form of `Item.targets`."""
    if isinstance(value, int):
        return "one class an image"
    if isinstance(value, tv_tensors.Mask):
        return PIXELS
    if isinstance(value, dict):
        return "objects with masks" if "masks" in value else "objects in boxes"
    return "several classes an image"
