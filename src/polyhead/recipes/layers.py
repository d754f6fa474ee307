"""Layers of a recipe laid over each other: who sets a value last has it, and every value knows who set it.

A tree is a recipe whose values are `Setting`s. A node is a dict with a `name`, and what it may hold follows from the
class of that name; so a new name replaces the node, and the keys that the new class takes too are kept.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from polyhead import registry
from polyhead.errors import UserError, choices, nearest
from polyhead.recipes.signatures import Option, loader_of, options, plain


class Setting(NamedTuple):
    """A value of a recipe and where it is from."""

    value: Any
    origin: str


Tree: TypeAlias = dict[str, "Setting | Tree"]
Notes: TypeAlias = list[str]
STRUCTURE: dict[str, dict[str, str]] = {
    "recipe": {"task": "tasks", "data": "data", "trainer": "trainer"},
    "tasks": {"backbone": "backbones", "heads": "map"},
}
"""The kinds of the nodes that a node holds by rule, beside those that a constructor asks for."""
EXTRA: dict[str, tuple[str, ...]] = {"recipe": ("seed",), "tasks": ("labels",)}
"""The keys that a node takes by rule beside these and its class's options."""
NAMED = (*registry.KINDS, "source")
AUTO = {"images": "auto", "molecules": "molecules"}
"""The data that a path leads to, by the kind of its items."""
MAPS = {"map": "heads", "sources": "source"}
"""The kinds of nodes that hold others by names of the reader's own, and the kind of these."""


def joined(where: str, key: str) -> str:
    """Return the dotted key of `key` in the node at `where`, "" for the root."""
    return f"{where}.{key}" if where else key


def taken(kind: str, name: str) -> dict[str, Option]:
    """Return the options of a node, {} where its name leads to no class: that is said when the recipe is complete."""
    if kind not in (*NAMED, "trainer"):
        return {}
    try:
        return options(kind, name)
    except UserError:
        return {}


def children(kind: str, name: str, key: str = "") -> dict[str, str]:
    """Return the kinds of the nodes that a node may hold, by key; a map holds one at `key`."""
    if kind in MAPS:
        return {key: MAPS[kind]}
    return STRUCTURE.get(kind, {}) | {
        option.name: option.nested for option in taken(kind, name).values() if option.nested
    }


def name_of(node: Tree | None) -> str:
    """Return the name that a node has, "" where it has none."""
    found = (node or {}).get("name")
    return str(found.value or "") if isinstance(found, Setting) else ""


def lay(kind: str, where: str, under: Tree | None, over: Any, origin: str) -> tuple[Tree, Notes]:
    """Return a node with a layer laid over it, and what had to be said.

    Args:
        kind: Of the node.
        where: Its dotted key.
        under: What there is of it already.
        over: What the layer says: a dict, or the name of a class.
        origin: Who says it.

    Raises:
        UserError: If the layer does not have the form of such a node.
    """
    before = name_of(under)
    over = spelled(kind, where, over, before)
    name = str(over.get("name") or before)
    merged, notes = dict(under or {}), list[str]()
    if kind in NAMED and before and name != before:
        merged, notes = carry(kind, where, merged, name)
    for key, value in over.items():
        dotted, child = joined(where, key), children(kind, name, key).get(key)
        if kind in MAPS and value is None:
            merged = without(merged, where, key)
        elif child and value is not None:
            held = merged.get(key)
            merged[key], more = lay(child, dotted, held if isinstance(held, dict) else None, value, origin)
            notes += more
        else:
            merged[key] = Setting(_mixed(merged.get(key), value), origin)
    return merged, notes


def spelled(kind: str, where: str, over: Any, before: str = "") -> dict[str, Any]:
    """Return what a layer says of a node as a dict with text keys.

    Args:
        kind: Of the node.
        where: Its dotted key.
        over: What the layer says.
        before: The name of the node under it, "" where there is none.

    Raises:
        UserError: If it is no dict, and no name either.
    """
    if isinstance(over, dict):
        several = {"name": "several"} if kind == "data" and "sources" in over else {}
        return several | {str(key): value for key, value in over.items()}
    if isinstance(over, str) and kind in ("data", "source"):
        return _data(where, over, before)
    if isinstance(over, str) and kind in NAMED:
        return {"name": over}
    form = "a name or keys with values" if kind in NAMED else "keys with values"
    raise UserError(f"{where or 'the recipe'}: {over!r} does not fit: it takes {form}")


def _data(where: str, text: str, before: str) -> dict[str, Any]:
    """Return the data node that a text means: a registered name, or else a path, to data of the kind before."""
    known = registry.entries("data")
    if text in known:
        return {"name": text}
    if not Path(text).expanduser().exists():
        raise UserError(
            f"{where}: {text!r} is neither data by name{nearest(text, known)} nor a path that exists; "
            f"names: {choices(known)}"
        )
    return {"name": AUTO[loader_of(before)] if before in known else AUTO["images"], "root": text}


def carry(kind: str, where: str, node: Tree, name: str) -> tuple[Tree, Notes]:
    """Return what of a node is kept when its class is replaced by `name`, and the note that says it."""
    before = name_of(node)
    old, new, fixed = taken(kind, before), taken(kind, name), (*STRUCTURE.get(kind, ()), *EXTRA.get(kind, ()))
    held = {key: value for key, value in node.items() if key != "name"}
    kept = {
        key: value
        for key, value in held.items()
        if key in fixed or (key in new and bool(new[key].nested) == isinstance(value, dict))
    }
    dropped = [key for key, value in held.items() if key not in kept and _aloud(value, old.get(key))]
    taken_on = [key for key, value in kept.items() if key not in fixed and _aloud(value, old.get(key))]
    said = [f"{verb} {', '.join(keys)}" for verb, keys in (("keeps", taken_on), ("drops", dropped)) if keys]
    return kept, [f"{where}: {name} replaces {before} and {', '.join(said)}"] if said else []


def _aloud(value: Setting | Tree, option: Option | None) -> bool:
    """Whether a kept or dropped value is worth a word: the user set it, and not to what the old class does anyhow."""
    if isinstance(value, dict):
        return any(_aloud(item, None) for item in value.values())
    usual = option is not None and option.given == "plain" and option.default == value.value
    return not usual and not value.origin.startswith("task ")


def without(nodes: Tree, where: str, key: str) -> Tree:
    """Return the nodes of a map without one.

    Raises:
        UserError: If it is not there.
    """
    if key not in nodes:
        what = where.rpartition(".")[2]
        raise UserError(f"{where}.{key}: no such {what[:-1]} to remove{nearest(key, nodes)}; {what}: {choices(nodes)}")
    return {name: node for name, node in nodes.items() if name != key}


def _mixed(held: "Setting | Tree | None", value: Any) -> Any:
    """Return the new value of an option; keys are added to a dict that was there, unless it gets another name."""
    before = held.value if isinstance(held, Setting) else None
    if not (isinstance(value, dict) and isinstance(before, dict)):
        return plain(value)
    if value.get("name", before.get("name")) != before.get("name"):
        return plain(value)
    return {**before, **{key: _mixed(Setting(before.get(key), ""), item) for key, item in value.items()}}


def walk(kind: str, where: str, node: Tree) -> Iterator[tuple[str, str, Tree]]:
    """Yield kind, dotted key and tree of a node and of all the nodes below it."""
    yield kind, where, node
    for key, value in node.items():
        child = children(kind, name_of(node), key).get(key)
        if child and isinstance(value, dict):
            yield from walk(child, joined(where, key), value)
