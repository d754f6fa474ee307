"""YAML in and out, where a text means what its reader thinks it means.

YAML 1.1, which PyYAML speaks, reads `10:00:00` as a number in base 60, `012` as ten, `no` as false, `2026-01-01` as a
date and `1e-3` as a text. Recipes are read by the rules of YAML 1.2 instead, and written so that readers of either
agree.
"""

import math
import re
from pathlib import Path
from typing import Any

import yaml

from polyhead.errors import UserError
from polyhead.files import write_text

SCALARS: tuple[tuple[str, str, str], ...] = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
)


class Loader(yaml.SafeLoader):
    """Safe YAML by the 1.2 rules for scalars; a key given twice is an error."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML declares it without ClassVar
        first: [(tag, rule) for tag, rule in rules if tag.endswith((":null", ":merge"))]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping.

        Raises:
            ConstructorError: If a key occurs twice.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} occurs twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


class Dumper(yaml.SafeDumper):
    """Safe YAML whose texts stay texts for readers of YAML 1.1 and of 1.2."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        """Write everything out: a list that is met twice is no alias."""
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        """Write a list of plain values on one line."""
        short = not any(isinstance(item, list | tuple | dict) for item in sequence)
        return super().represent_sequence(tag, sequence, flow_style=flow_style or short or None)


def _integer(_: Loader, node: yaml.ScalarNode) -> int:
    """Return the number, where a leading zero means nothing."""
    text = str(node.value)
    return int(text, 0) if text[:2] in ("0x", "0o") else int(text)


for _name, _rule, _first in SCALARS:
    for _side in (Loader, Dumper):
        _side.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_rule})$"), list(_first))
Loader.add_constructor("tag:yaml.org,2002:int", _integer)


def parse(text: str, where: str) -> Any:
    """Return what a YAML text holds.

    Args:
        text: The YAML.
        where: The file or the key that it is from, for the error.

    Raises:
        UserError: If it does not parse; it names the line and the reason.
    """
    try:
        return yaml.load(text, Loader)  # noqa: S506  # it derives from SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UserError(f"{where}{line}: {error.problem or error.context or 'no YAML'}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{where}: {' '.join(str(error).split())}") from error


def read(path: str | Path) -> dict[str, Any]:
    """Return the recipe in a file.

    Raises:
        UserError: If there is no such file, it cannot be read, or does not hold keys and values.
    """
    try:
        found = parse(Path(path).read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise UserError(f"no such file: {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise UserError(f"{path} holds no recipe: it must begin with keys such as `task:` and `data:`")
    return found


def written(recipe: dict[str, Any]) -> str:
    """Return a recipe as YAML, keys in the order given, a line each."""
    return yaml.dump(recipe, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def line(value: Any) -> str:
    """Return a value as YAML on one line."""
    text = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=math.inf, default_flow_style=True)
    return text.partition("\n")[0]


def write(recipe: dict[str, Any], path: str | Path) -> None:
    """Write a recipe to a file as YAML, whole or not at all; folders are made."""
    write_text(written(recipe), path)
