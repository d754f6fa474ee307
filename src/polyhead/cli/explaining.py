"""The verb explain: why a model says what it says of molecules."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from polyhead.cli import output
from polyhead.cli.predicting import FILE, asks_molecules
from polyhead.cli.verbs import Json, Trained
from polyhead.errors import UserError, unknown
from polyhead.files import find_checkpoint, is_file
from polyhead.memory import uncollected

METHODS: Final = ("gradients", "masking")


def explain(
    trained: Trained,
    items: Annotated[list[str], typer.Argument(metavar="ITEMS...", help="A table of molecules, or SMILES.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the page and the records.")] = Path(
        "explanations"
    ),
    head: Annotated[str | None, typer.Option("--head", metavar="NAME", help="Which head to ask, of several.")] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="NAME", help="Which of its values or classes, of several.")
    ] = None,
    method: Annotated[
        str, typer.Option("--method", metavar="NAME", help="gradients, or masking: without one atom at a time.")
    ] = "gradients",
    column: Annotated[
        str | None,
        typer.Option("--column", metavar="NAME", help="Of the molecules, in a table; else found by looking."),
    ] = None,
    json: Json = None,
) -> None:
    """Show what each atom contributes to what a model says of molecules."""
    find_checkpoint(trained)
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    if asks_molecules(trained) is False:
        raise UserError(f"{trained} was trained on images; explain is of models of molecules")
    for one in items:
        if FILE.search(one) and not Path(one).expanduser().exists():
            raise UserError(f"no such file: {one}")
    output.check_folder(out, "--out")
    output.check_file(json, "--json")
    check_kept(items, json)
    with uncollected():
        from polyhead.running import explaining

    with output.stdout_kept(json == output.STDOUT):
        answers, notes = explaining.explain_rows(
            trained,
            items,
            out,
            head=head,
            target=target,
            method="masking" if method == "masking" else "gradients",
            column=column,
        )
    for note in notes:
        sys.stderr.write(f"note: {note}\n")
    if json:
        output.write(answers.records.read_text(encoding="utf-8"), json)
    if json != output.STDOUT:
        sys.stdout.write("".join(f"{what}: {where}\n" for what, where in answers.told))


def check_kept(items: list[str], json: str | None) -> None:
    """Check that no table that is asked about is written over: what goes into `--out` is of no form of tables.

    Raises:
        UserError: If one is.
    """
    if not json or json == output.STDOUT or not Path(json).exists():
        return
    if any(Path(json).samefile(Path(item).expanduser()) for item in items if is_file(item)):
        raise UserError(f"--json {json}: is asked about, and would be written over; choose another place")
