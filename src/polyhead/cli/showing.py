"""The texts of `list` and `show`, from sources alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead import registry
from polyhead.cli.output import columns
from polyhead.errors import UserError, unknown
from polyhead.recipes import Option, Resolved, find, options
from polyhead.recipes.signatures import kind_of
from polyhead.recipes.text import line

if TYPE_CHECKING:  # torch is behind it
    from polyhead.cost import Cost

WIDEST = 60
"""Characters of a value that `show` prints; `--json` has the rest."""


def listing(kind: str | None) -> str:
    """Return the names of one kind, or of all, each with its summary.

    Raises:
        UserError: If there is no such kind.
    """
    kinds = ("recipes", *registry.KINDS)
    if kind is not None and kind not in kinds:
        raise unknown("kind of thing to list named", kind, kinds)
    return "\n\n".join(_section(one) for one in kinds if kind in (None, one))


def _section(kind: str) -> str:
    """Return one kind's part of the list."""
    if kind == "recipes":
        rows = [(f"  {name}", find.summary(name)) for name in find.names()]
    else:
        known = kind_of(kind)
        rows = [(f"  {name}", registry.summary(known, name)) for name in sorted(registry.entries(known))]
    return f"{kind}\n{columns(rows) or '  none'}"


def one_class(what: str) -> tuple[str, str] | None:
    """Return kind and name where `what` is KIND.NAME or `trainer`, and no file; None for the name of a recipe."""
    if Path(what).is_file() or what in find.names():
        return None
    kind, _, name = what.partition(".")
    return (kind, name) if (kind in registry.KINDS and name) or what == "trainer" else None


def recipe_table(resolved: Resolved) -> str:
    """Return every option of a recipe, its value, and where that came from."""
    rows = [(key, _shown(_at(resolved.recipe, key)), origin) for key, origin in resolved.origins.items()]
    return columns([("key", "value", "from"), *rows])


def recipe_data(resolved: Resolved) -> dict[str, Any]:
    """Return the same as plain data."""
    return resolved._asdict()


def cost_table(recipe: dict[str, Any], costs: "Mapping[str, Cost]") -> str:
    """Return what each part of a recipe's network costs, and the whole."""
    rows = [(part, f"{cost.parameters / 1e6:.3f} M", f"{cost.flops / 1e9:.3f}") for part, cost in costs.items()]
    size = recipe["data"].get("size")
    item = "one molecule, aspirin," if size is None else f"one image of data.size={line(size)}"
    note = f"GFLOPs of {item} in prediction: 2 x MACs of convolutions and matrix products"
    return f"{columns([('part', 'parameters', 'GFLOPs'), *rows])}\n{note}"


def cost_data(costs: "Mapping[str, Cost]") -> dict[str, Any]:
    """Return the same as plain data."""
    return {"cost": {part: cost._asdict() for part, cost in costs.items()}}


def _at(recipe: dict[str, Any], dotted: str) -> Any:
    """Return the value at a dotted key."""
    found: Any = recipe
    for key in dotted.split("."):
        found = found[key]
    return found


def _shown(value: Any) -> str:
    """Return a value as a recipe would spell it, on one line, cut where it gets too long."""
    text = line(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def class_table(kind: str, name: str) -> str:
    """Return the options of one class: type, default, help.

    Raises:
        UserError: If there is no such class.
    """
    found = options(kind, name)
    title = f"{kind}.{name}" if name else kind
    summary = "" if kind == "trainer" else registry.summary(kind_of(kind), name)
    rows = [(option.name, option.annotation, _default(option), option.help) for option in found.values()]
    body = columns([("option", "type", "default", ""), *rows]) if rows else "no options"
    return f"{title}: {summary}\n\n{body}" if summary else f"{title}\n\n{body}"


def _default(option: Option) -> str:
    """Return an option's default in words."""
    return _shown(option.default) if option.given == "plain" else f"({option.given})"


def class_data(kind: str, name: str) -> dict[str, Any]:
    """Return the same as plain data, by option."""
    return {option.name: option._asdict() for option in options(kind, name).values()}


def no_overrides(what: str, overrides: list[str]) -> None:
    """Check that nothing is set where only a class is shown.

    Raises:
        UserError: If something is.
    """
    if overrides:
        raise UserError(f"{what} is a class and no recipe: {overrides[0]!r} has nothing to set there")
