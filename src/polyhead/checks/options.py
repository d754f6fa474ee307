"""Checks of signatures: what a recipe may set, and that targets never come in at the front door."""

import json
from inspect import Parameter, signature
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError
from torch import nn

from polyhead.checks.claims import CheckError, check, claim
from polyhead.checks.probes import HeadFactory, build
from polyhead.contracts import Backbone

GIVEN = ("spec", "labels")
TAKEN = ("name", "target", "weight", "lr")
"""What a recipe says beside a constructor's options; an option of such a name could not be set."""


@check
def head_options_are_recipe_able(factory: HeadFactory) -> None:
    """The constructor is (spec, labels, *, options); each option's type is known at run time and comes from JSON."""
    head = type(build(factory))
    names = list(signature(head.__init__).parameters)[1:]
    claim(
        tuple(names[:2]) == GIVEN,
        f"{head.__name__}.__init__ begins with {names[:2]}: every head takes spec and labels first, as it is built by"
        " a Task that knows both",
    )
    claim_options(head, given=GIVEN)


@check
def forward_takes_features_only(factory: HeadFactory) -> None:
    """`forward` takes the features and nothing else: targets join at the loss."""
    claim_one_argument(type(build(factory)), "the features")


def claim_one_argument(owner: type[nn.Module], what: str) -> None:
    """Fail where `forward` takes more than itself and one argument."""
    names = list(signature(owner.forward).parameters)[1:]
    claim(
        len(names) == 1,
        f"{owner.__name__}.forward takes {names}: it sees {what} and nothing else, at inference as in training",
    )


def claim_options(owner: type, given: tuple[str, ...] = ()) -> None:
    """Fail where a recipe could not set an option of a constructor; `given` are the arguments that no recipe sets."""
    who = f"{owner.__name__}.__init__"
    constructor: Any = owner.__init__  # type: ignore[misc]  # it is read, not called
    try:
        hints = get_type_hints(constructor, include_extras=True)
    except NameError as error:
        raise CheckError(f"{who}: {error}: import the types of its options outside `if TYPE_CHECKING`") from error
    for key, parameter in list(signature(constructor).parameters.items())[1:]:
        if key not in given:
            _claim_option(f"{who}: the option {key!r}", parameter, hints.get(key, Parameter.empty))


def _claim_option(who: str, parameter: Parameter, hint: Any) -> None:
    """Fail where one option cannot be set from a recipe."""
    claim(
        parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD),
        f"{who} is *args or **kwargs: list the options by name, as keys of recipes are checked against them",
    )
    claim(
        parameter.kind is Parameter.KEYWORD_ONLY or parameter.default is not Parameter.empty or _built(hint),
        f"{who} is positional without a default: put it behind `*`, as recipes set options by name",
    )
    claim(parameter.name not in TAKEN, f"{who} has a name that a recipe needs for itself {TAKEN}: rename it")
    claim(hint is not Parameter.empty, f"{who} has no annotation: annotate it, as values of recipes are checked by it")
    if not _built(hint):
        _claim_plain(who, parameter.default, hint)


def _built(hint: Any) -> bool:
    """Return whether an option takes a built backbone, which a recipe gives as a node of its own."""
    if get_origin(hint) in (Union, UnionType):
        return any(_built(part) for part in get_args(hint))
    return isinstance(hint, type) and issubclass(hint, Backbone)


def _claim_plain(who: str, default: Any, hint: Any) -> None:
    """Fail where values of an option are not plain data, or its default is no value of its own type."""
    try:
        adapter = TypeAdapter(hint)
    except PydanticUserError as error:
        raise CheckError(
            f"{who} is annotated with {hint!r}, which no recipe can hold: take numbers, strings, Literal, tuples"
        ) from error
    if default is Parameter.empty:
        return
    try:
        adapter.validate_json(json.dumps(default, allow_nan=False), strict=True)
    except (TypeError, ValueError) as error:
        raise CheckError(
            f"{who} has the default {default!r}, which read from JSON is no {hint!r}: take plain data for a default"
        ) from error
