"""Modules and classes, found and read without importing them."""

import ast
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path


def source(module: str) -> Path | None:
    """Return the source file of a module, which is found and not imported; None where there is none."""
    top, *below = module.split(".")
    spec, name = find_spec(top), top
    for part in below:
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, spec.submodule_search_locations) if spec else None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def class_source(module: str, attribute: str) -> tuple[ast.Module, ast.ClassDef] | None:
    """Return the parsed module that defines a class, and the class, following `from x import Class`; None if unfound.

    Names are compared without case and `_`, so that the file `conv_net.py` may hold `ConvNet`.
    """
    file = source(module)
    if file is None:
        return None
    return class_in(ast.parse(file.read_text(encoding="utf-8")), attribute)


def class_in(tree: ast.Module, attribute: str) -> tuple[ast.Module, ast.ClassDef] | None:
    """Return the same for a module that is parsed already."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and plain(node.name) == plain(attribute):
            return tree, node
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if plain(alias.asname or alias.name) == plain(attribute):
                    return class_source(node.module, alias.name)
    return None


def plain(name: str) -> str:
    """Return a name without case and `_`."""
    return name.replace("_", "").lower()
