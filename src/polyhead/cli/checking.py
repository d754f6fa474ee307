"""The verb `check-data`: what is data and what a recipe, and where what was found goes."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polyhead import registry
from polyhead.cli import output
from polyhead.cli.verbs import Json, Overrides, say
from polyhead.errors import UserError
from polyhead.recipes import Resolved, find, resolve, resolve_data

if TYPE_CHECKING:  # torch is behind it
    from polyhead.checking.report import Report

YOLOS = re.compile(r"^(names|train|val)\s*:", re.MULTILINE)
"""What YOLO's data.yaml has, and no recipe."""


def check_data(
    what: Annotated[
        str, typer.Argument(metavar="RECIPE|PATH", help="A recipe, whose data are meant, or the path of data.")
    ],
    overrides: Overrides = None,
    *,
    labels: Annotated[bool, typer.Option("--labels", help="Look at labels alone: no image is decoded.")] = False,
    json: Json = None,
) -> None:
    """Say what is wrong with data, before they are trained on."""
    resolved = data_of(what, overrides or [])
    output.check_file(json, "--json")
    say(resolved.notes)
    from polyhead.checking.check import check_data as look

    with output.stdout_kept(json == output.STDOUT):
        found = look(what, resolved.recipe["data"], pixels=not labels)
    report(found, json)


def is_data(what: str) -> bool:
    """Return whether a word of the command line names data themselves, and no recipe."""
    if what in find.names():
        return False
    path = Path(what).expanduser()
    if path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace") if path.suffix in {".yaml", ".yml"} else "names:"
        return bool(YOLOS.search(text))
    return (path.is_dir() and not (path / "recipe.yaml").is_file()) or what in registry.entries("data")


def data_of(what: str, overrides: list[str]) -> Resolved:
    """Return the recipe whose data are meant, or one of data alone.

    Raises:
        UserError: If there is neither.
    """
    return resolve_data(what, overrides) if is_data(what) else resolve(what, overrides)


def report(found: "Report", json: str | None) -> None:
    """Print what was found, and write it as JSON where that is asked for.

    Raises:
        UserError: If there are errors; it says how many.
    """
    from polyhead.checking.words import told

    (sys.stderr if json == output.STDOUT else sys.stdout).write(told(found, output.columns) + "\n")
    if json:
        output.write_json(found.plain(), json)
    if errors := found.of("error"):
        some = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        more = "" if json else "; --json FILE lists all"
        raise UserError(f"{found.what}: {some} in the data{more}")
