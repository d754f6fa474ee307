"""The verb `check-data`: what is data and what a recipe, and where what was found goes."""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from polyhead import registry
from polyhead.cli import output
from polyhead.cli.verbs import Json, Overrides, say
from polyhead.errors import UserError
from polyhead.recipes import Resolved, find, resolve, resolve_data

if TYPE_CHECKING:  # torch is behind it
    from polyhead.checking.looking import Look
    from polyhead.checking.report import Report
    from polyhead.findings.finding import Finding

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
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE|-", help="Write a page with pictures; - is stdout.")
    ] = None,
    fix: Annotated[Path | None, typer.Option("--fix", metavar="OUT", help="Write a corrected copy into OUT.")] = None,
) -> None:
    """Say what is wrong with data, before they are trained on."""
    resolved = data_of(what, overrides or [])
    for option, place in (("--json", json), ("--html", html)):
        output.check_file(place, option)
    output.check_folder(fix, "--fix", empty=True)
    if json == html == output.STDOUT:
        raise UserError("--json - and --html -: stdout takes one of them; name a file for the other")
    say(resolved.notes)
    from polyhead.checking.check import check_data as look

    kept = output.STDOUT in {json, html}
    with output.stdout_kept(kept):
        found = look(what, resolved.recipe["data"], pixels=not labels, watch=watched)
    show(found, kept)
    if json:
        output.write_json(found.plain(), json)
    if html:
        from polyhead.checking.page import page

        output.write(page(found), html)
    if fix:
        mend(found, resolved.recipe["data"], fix, kept)
    else:
        refuse_errors(what, found.findings, "" if json else "; --json FILE lists all")


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


def watched(found: "Iterable[Look]", total: int) -> "Iterable[Look]":
    """Return what is seen of images, with a bar on stderr where somebody looks at it."""
    if not sys.stderr.isatty():
        return found
    from rich.console import Console
    from rich.progress import track

    return track(found, "images", total, console=Console(stderr=True), transient=True)


def show(found: "Report", to_stderr: bool) -> None:
    """Print what was found."""
    from polyhead.checking.words import told

    (sys.stderr if to_stderr else sys.stdout).write(told(found, output.columns) + "\n")


def mend(found: "Report", node: dict[str, Any], out: Path, to_stderr: bool) -> None:
    """Write a corrected copy, and say what was done.

    Raises:
        UserError: If there are errors left in it; it says how many.
    """
    from polyhead.checking.mending import mend_all

    mended = mend_all(found.findings, node, out)
    said = f"{out}: {len(mended.fixes)} mended, {len(mended.left)} left; fixes.json in it lists them\n"
    (sys.stderr if to_stderr else sys.stdout).write(said)
    refuse_errors(str(out), mended.left, "; fixes.json lists them under `left`")


def refuse_errors(what: str, findings: Sequence["Finding"], more: str) -> None:
    """Raise a UserError where there are errors; it says how many, and `more`."""
    if errors := sum(one.level == "error" for one in findings):
        some = "1 error" if errors == 1 else f"{errors} errors"
        raise UserError(f"{what}: {some} in the data{more}")
