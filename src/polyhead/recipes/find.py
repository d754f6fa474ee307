"""Recipes by name: those of the room configs/, and files anywhere."""

import os
from pathlib import Path

from polyhead.errors import UserError, unknown
from polyhead.registry import HERE

CONFIGS = HERE / "configs"


def names(folder: Path = CONFIGS) -> list[str]:
    """Return the names of our recipes."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def summary(name: str, folder: Path = CONFIGS) -> str:
    """Return the comment that opens a recipe, as one line, without its command: the result that a run measured."""
    opening: list[str] = []
    for line in (folder / f"{name}.yaml").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        opening.append(line.lstrip("# ").rstrip())
    return " ".join(filter(None, opening[1:]))


def locate(recipe: str | Path, folder: Path = CONFIGS) -> tuple[Path, str]:
    """Return the file of a recipe, and what to call it.

    Args:
        recipe: A name, a YAML file, or a folder that holds a `recipe.yaml`, such as a run's.
        folder: Where the named ones are.

    Raises:
        UserError: If there is none; it lists the names, or says that the path does not exist.
    """
    text, path = str(recipe), Path(recipe)
    if (folder / f"{text}.yaml").is_file() and os.sep not in text:
        return folder / f"{text}.yaml", f"configs/{text}.yaml"
    if text and (path / "recipe.yaml").is_file():
        return path / "recipe.yaml", str(path / "recipe.yaml")
    if path.exists() and not path.is_dir():  # a pipe may hold a recipe too
        return path, text
    if text and (os.sep in text or path.suffix in (".yaml", ".yml") or path.exists()):
        raise UserError(f"no recipe at {text}: {'it holds no recipe.yaml' if path.is_dir() else 'it does not exist'}")
    raise unknown("recipe", text, names(folder))
