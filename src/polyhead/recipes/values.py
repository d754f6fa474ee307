"""Values against the types that a constructor declares, once its class is imported.

Strict, by the rules of JSON: a list may become a tuple, and a whole number serves as any number; but `true` is never 1,
and "8" is never 8.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from polyhead.errors import UserError, choices, nearest

WORDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    Path: "a path",
    NoneType: "null",
    Any: "anything",
}
MANY = (list, tuple, set, frozenset)


def validate(cls: type, options: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Return the options as the constructor of a class wants them.

    Args:
        cls: The class, whose constructor's annotations can be resolved.
        options: Plain data by name. What the constructor takes beside them is no concern of this function.
        where: The dotted key of the options, for the error.

    Raises:
        UserError: If an option is unknown, or its value has the wrong type; it says what it takes.
    """
    return validate_types(hints_of(cls), options, where)


def validate_types(hints: Mapping[str, Any], options: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Return the options as `hints`, their types by name, want them; raises as `validate` does."""
    return {key: _valid(hints, key, value, f"{where}.{key}" if where else key) for key, value in options.items()}


def hints_of(cls: type) -> dict[str, Any]:
    """Return the types of a constructor's parameters."""
    found = get_type_hints(cls.__init__, include_extras=True)  # type: ignore[misc]  # only its signature is read
    return {key: hint for key, hint in found.items() if key != "return"}


def _valid(hints: Mapping[str, Any], key: str, value: Any, dotted: str) -> Any:
    """Return one value as its type wants it."""
    if key not in hints:
        raise UserError(f"no key {dotted!r}{nearest(key, hints)}; choices: {choices(hints)}")
    try:
        config = ConfigDict(arbitrary_types_allowed=True)
        return TypeAdapter(hints[key], config=config).validate_json(json.dumps(value), strict=True)
    except (ValidationError, TypeError) as error:
        limits = _limits(error) if isinstance(error, ValidationError) else ""
        raise UserError(f"{dotted}: {value!r} does not fit; it takes {words(hints[key])}{limits}") from error


def _limits(error: ValidationError) -> str:
    """Return what pydantic says of a value of the right type that is out of its bounds, "" of others."""
    found = [part["msg"] for part in error.errors() if part["type"].startswith(("greater", "less"))]
    return f" ({found[0]})" if found else ""


def words(hint: Any) -> str:
    """Return what values of a type are, in words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return words(inner[0])
    if origin is Literal:
        return f"one of {', '.join(str(value) for value in inner)}"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(words(part) for part in inner))
    if (origin or hint) is dict:
        return f"keys with values, each {words(inner[1])}" if inner else "keys with values"
    if (origin or hint) in MANY or getattr(origin, "__module__", "") == "collections.abc":
        return _many(inner, fixed=origin is tuple and ... not in inner)
    return WORDS.get(hint, getattr(hint, "__name__", str(hint)))


def _many(inner: tuple[Any, ...], fixed: bool) -> str:
    """Return what a list of some type is in words; a `fixed` one has a type for each place."""
    if fixed:
        parts = [words(part) for part in inner]
        return f"a list of {len(parts)}{', each ' + parts[0] if len(set(parts)) == 1 else ': ' + ', '.join(parts)}"
    return f"a list, each {words(inner[0])}" if inner else "a list"
