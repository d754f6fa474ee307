"""Modules and classes, found and read without importing them."""

import ast
from importlib.machinery import PathFinder
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import NamedTuple


class Parsed(NamedTuple):
    """A module that was read.

    Attributes:
        name: Its full name.
        package: Where its relative imports start: its own name if it is a package, else that of the one it is in.
        tree: Its source, parsed.
    """

    name: str
    package: str
    tree: ast.Module


Found = tuple[Parsed, ast.ClassDef]
"""The module that defines a class, and the class."""


def source(module: str) -> Path | None:
    """Return the source file of a module, which is found and not imported; None where there is none."""
    top, *below = module.split(".")
    spec, name = find_spec(top), top
    for part in below:
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations) if spec else None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def parsed(module: str) -> Parsed | None:
    """Return a module, read and not imported; None where it has no source.

    Raises:
        SyntaxError: If it does not parse.
        UnicodeDecodeError: If it is no text.
    """
    file = source(module) if module else None
    if file is None:
        return None
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    return Parsed(module, package, ast.parse(file.read_text(encoding="utf-8")))


def class_source(module: str, attribute: str) -> Found | None:
    """Return the class of a name in a module, following `from x import Class`; None if unfound.

    Names are compared without case and `_`, so that the file `conv_net.py` may hold `ConvNet`.
    """
    within = parsed(module)
    return class_in(within, attribute) if within else None


def class_in(module: Parsed, attribute: str, passed: frozenset[tuple[str, str]] = frozenset()) -> Found | None:
    """Return the same for a module that is parsed already; `passed` are the modules and names that led here."""
    passed |= {(module.name, attribute)}
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and plain(node.name) == plain(attribute):
            return module, node
        for origin, name in _imported(node, module, attribute):
            within = None if (origin, name) in passed else parsed(origin)
            if within and (found := class_in(within, name, passed)):
                return found
    return None


def _imported(node: ast.stmt, module: Parsed, attribute: str) -> list[tuple[str, str]]:
    """Return where a line of `module` imports `attribute` from, as module and name; [] of other lines."""
    if not isinstance(node, ast.ImportFrom):
        return []
    origin = imported_from(node, module)
    return [(origin, alias.name) for alias in node.names if plain(alias.asname or alias.name) == plain(attribute)]


def imported_from(node: ast.ImportFrom, module: Parsed) -> str:
    """Return the full name of the module that a line of `module` imports from; "" where dots lead out of all."""
    try:
        return resolve_name("." * node.level + (node.module or ""), module.package)
    except ImportError:
        return ""


def plain(name: str) -> str:
    """Return a name without case and `_`."""
    return name.replace("_", "").lower()
