"""A tree of settings made complete: every key checked, every default filled in."""

from typing import Any

from polyhead import registry
from polyhead.errors import UserError, choices, nearest
from polyhead.recipes.layers import EXTRA, MAPS, NAMED, STRUCTURE, Setting, Tree, joined, name_of, walk
from polyhead.recipes.signatures import Option, kind_of, options, plain


def check(tree: Tree) -> None:
    """Check that every node has a class and takes its keys.

    Raises:
        UserError: For the first one that does not; it names the full key, the nearest right one, and the choices.
    """
    places = list(walk("recipe", "", tree))
    for kind, where, node in places:
        if kind in NAMED:
            _check_name(kind, where, node)
    known = {where: list(_keys(kind, node)) for kind, where, node in places}
    for kind, where, node in places:
        for key in node:
            if kind not in MAPS and key not in known[where]:
                raise _no_key(where, key, known)


def _check_name(kind: str, where: str, node: Tree) -> None:
    """Raise where a node has no name, or one that leads to no class."""
    if not name_of(node):
        raise UserError(f"{where} has no name; choices: {choices(registry.entries(kind_of(kind)))}")
    try:
        options(kind, name_of(node))
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def _keys(kind: str, node: Tree) -> list[str]:
    """Return the keys that a node may have."""
    own = options(kind, name_of(node)) if kind in (*NAMED, "trainer") else {}
    names = ["name"] if kind in NAMED else []
    return [*names, *STRUCTURE.get(kind, {}), *EXTRA.get(kind, ()), *own]


def _no_key(where: str, key: str, known: dict[str, list[str]]) -> UserError:
    """Return the error for a key that a node does not take: the nearest there, or the same key elsewhere."""
    near = nearest(key, known[where])
    if ":" in key:
        near = " (YAML wants a space after a colon)"
    elsewhere = [joined(place, key) for place, keys in known.items() if key in keys]
    if not near and elsewhere:
        near = f" (did you mean {elsewhere[0]!r}?)"
    return UserError(f"no key {joined(where, key)!r}{near}; choices: {choices(set(known[where]))}")


def fill(kind: str, where: str, node: Tree) -> Tree:
    """Return a node with all its defaults, keys in the order of reading.

    Raises:
        UserError: If a node or an option that has no default is missing.
    """
    if kind == "sources":
        return {key: fill("source", joined(where, key), held(joined(where, key), one)) for key, one in node.items()}
    filled: Tree = {"name": node["name"]} if kind in NAMED else {}
    for key, child in STRUCTURE.get(kind, {}).items():
        filled[key] = _child(child, joined(where, key), node.get(key))
    for option in options(kind, name_of(node)).values() if kind in (*NAMED, "trainer") else ():
        filled |= _option(option, where, node.get(option.name))
    if kind == "recipe":
        filled["seed"] = node.get("seed", Setting(0, "default"))
    if kind == "tasks" and "labels" in node:
        filled["labels"] = node["labels"]
    return filled


def held(where: str, node: Setting | Tree) -> Tree:
    """Return a node.

    Raises:
        UserError: If a value stands in its place.
    """
    if not isinstance(node, dict):
        raise UserError(f"{where}: {node.value!r} does not fit: it takes a name, a path, or keys with values")
    return node


def _child(kind: str, where: str, node: Setting | Tree | None) -> Tree:
    """Return a node that stands in the recipe by rule, filled in; only the trainer's may be left out."""
    if kind == "trainer":
        node = node or {}
    if not isinstance(node, dict) or (kind == "map" and not node):
        raise UserError(f"{where} is required, and the recipe sets none; choices: {_candidates(kind)}")
    if kind == "map":
        return {key: fill("heads", joined(where, key), _headed(key, head)) for key, head in node.items()}
    return fill(kind, where, node)


def _candidates(kind: str) -> str:
    """Return the names that could stand in a missing node."""
    return choices(registry.entries("heads" if kind == "map" else kind_of(kind)))


def _headed(key: str, head: Setting | Tree) -> Tree:
    """Return a head's node with a target: its own key where it sets none."""
    assert isinstance(head, dict)
    return {"target": Setting(key, "default"), **head}


def _option(option: Option, where: str, value: Setting | Tree | None) -> Tree:
    """Return the one entry of an option, none where the class computes its default."""
    if isinstance(value, dict):
        return {option.name: fill(option.nested, joined(where, option.name), value)}
    if value is not None:
        return {option.name: value}
    if option.given == "required":
        hint = f": {option.help}" if option.help else ""
        raise UserError(f"{joined(where, option.name)} is required ({option.annotation}){hint}")
    return {option.name: Setting(plain(option.default), "default")} if option.given == "plain" else {}


def values(tree: Tree) -> dict[str, Any]:
    """Return the recipe of a tree, as plain data."""
    return {key: values(item) if isinstance(item, dict) else item.value for key, item in tree.items()}


def origins(tree: Tree, where: str = "") -> dict[str, str]:
    """Return who set each value, by dotted key."""
    found: dict[str, str] = {}
    for key, item in tree.items():
        dotted = joined(where, key)
        found |= origins(item, dotted) if isinstance(item, dict) else {dotted: item.origin}
    return found
