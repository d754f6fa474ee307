"""Values against types: strict, and with words for what is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from polyhead.errors import UserError
from polyhead.recipes.values import validate, words


class Machine:
    """Takes one of everything."""

    def __init__(
        self,
        parts: object,
        *,
        count: int = 1,
        rate: float = 0.1,
        loud: bool = False,
        name: str | None = None,
        size: int | tuple[int, int] = 3,
        shape: tuple[int, ...] = (),
        mode: Literal["a", "b"] = "a",
        place: Path = Path(),
        table: dict[str, float] | None = None,
        share: Annotated[float, Field(ge=0, le=1)] = 0.5,
    ) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("key", "value", "made"),
    [
        ("count", 8, 8),
        ("rate", 2, 2.0),
        ("rate", float("inf"), float("inf")),
        ("loud", True, True),
        ("name", None, None),
        ("size", [3, 4], (3, 4)),
        ("size", 5, 5),
        ("shape", [1, 2, 3], (1, 2, 3)),
        ("mode", "b", "b"),
        ("place", "a/b", Path("a/b")),
        ("table", {"x": 1}, {"x": 1.0}),
        ("share", 1, 1.0),
    ],
)
def test_a_value_that_fits_becomes_what_the_constructor_wants(key: str, value: Any, made: Any) -> None:
    found = validate(Machine, {key: value})[key]
    assert (found, type(found)) == (made, type(made))


@pytest.mark.parametrize(
    ("key", "value", "takes"),
    [
        ("count", True, "a whole number"),
        ("count", "8", "a whole number"),
        ("count", 1.0, "a whole number"),
        ("count", None, "a whole number"),
        ("rate", "fast", "a number"),
        ("rate", False, "a number"),
        ("loud", 1, "true or false"),
        ("name", 3, "a text or null"),
        ("size", [1, 2, 3], "a whole number or a list of 2, each a whole number"),
        ("shape", 3, "a list, each a whole number"),
        ("shape", [1, "2"], "a list, each a whole number"),
        ("mode", "c", "one of a, b"),
        ("place", 1, "a path"),
        ("table", [1], "keys with values, each a number or null"),
        ("share", 2, "a number (Input should be less than or equal to 1)"),
        ("count", {1, 2}, "a whole number"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_is_taken(key: str, value: Any, takes: str) -> None:
    with pytest.raises(UserError) as caught:
        validate(Machine, {key: value}, "task.machine")
    assert str(caught.value) == f"task.machine.{key}: {value!r} does not fit; it takes {takes}"


def test_an_option_that_is_none_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no key 'x.cuont' \(did you mean 'count'\?\)"):
        validate(Machine, {"cuont": 1}, "x")


def test_any_type_has_words() -> None:
    assert words(list) == "a list"
    assert words(Sequence[str]) == "a list, each a text"
    assert words(dict) == "keys with values"
    assert words(tuple[int, str]) == "a list of 2: a whole number, a text"
    assert words(Any) == "anything"
    assert words(Machine) == "Machine"
