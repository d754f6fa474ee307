"""The rules by which scalars of YAML are read and written: those of YAML 1.2, where PyYAML has those of 1.1.

They stand apart from who asks for them, because PyYAML takes a while to import and `polyhead --help` reads no YAML.
"""

import re
from typing import Any

import yaml

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
