"""YAML in and out, where a text means what its reader thinks it means.

YAML 1.1, which PyYAML speaks, reads `10:00:00` as a number in base 60, `012` as ten, `no` as false, `2026-01-01` as a
date and `1e-3` as a text. Recipes are read by the rules of YAML 1.2 instead, and written so that readers of either
agree.
"""

import math
from pathlib import Path
from typing import Any

from polyhead.errors import UserError
from polyhead.files import write_text


def parse(text: str, where: str) -> Any:
    """Return what a YAML text holds.

    Args:
        text: The YAML.
        where: The file or the key that it is from, for the error.

    Raises:
        UserError: If it does not parse; it names the line and the reason.
    """
    import yaml  # it takes a while, and many commands read no YAML

    from polyhead.recipes.scalars import Loader

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
    return _dump(recipe, width=120)


def line(value: Any) -> str:
    """Return a value as YAML on one line."""
    return _dump(value, width=math.inf, default_flow_style=True).partition("\n")[0]


def _dump(value: Any, **layout: Any) -> str:
    """Return a value as YAML, keys in the order given."""
    import yaml

    from polyhead.recipes.scalars import Dumper

    text: str = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, **layout)
    return text


def write(recipe: dict[str, Any], path: str | Path) -> None:
    """Write a recipe to a file as YAML, whole or not at all; folders are made."""
    write_text(written(recipe), path)
