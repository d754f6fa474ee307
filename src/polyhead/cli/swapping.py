"""The verb `heads`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polyhead.cli import output
from polyhead.cli.following import several
from polyhead.cli.verbs import Json, Trained
from polyhead.errors import UserError
from polyhead.files import find_checkpoint
from polyhead.memory import uncollected

if TYPE_CHECKING:  # torch is behind them
    from polyhead.checkpoints import Checkpoint
    from polyhead.swapping import HeadRow

WIDEST = 60
"""Characters of class names in the table; `--json` has the rest."""


def is_value(word: str) -> bool:
    """Return whether a word is no option."""
    return not word.startswith("-")


Heads = several({"--save": lambda word: "=" in word, "--put": is_value, "--drop": is_value})


def heads(
    trained: Trained,
    *,
    save: Annotated[
        list[str] | None, typer.Option("--save", metavar="NAME=FILE ...", help="Write a head to a file.")
    ] = None,
    put: Annotated[
        list[Path] | None, typer.Option("--put", metavar="FILE ...", help="Add a head, or replace one of its name.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", metavar="NAME ...", help="Leave a head out.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="NEW.ckpt", help="The checkpoint that --put and --drop make.")
    ] = None,
    another: Annotated[
        bool, typer.Option("--another-backbone", help="Put heads there that learned on another backbone.")
    ] = False,
    json: Json = None,
) -> None:
    """List the heads of a checkpoint; save, add, replace or drop them."""
    source = find_checkpoint(trained)
    files = named(save or [])
    check_out(bool(put or drop), out, another, bool(put))
    for option, path in [*(("--save", path) for _, path in files), ("--out", out)]:
        output.check_file(None if path is None else str(path), option)
        if path is not None and path.exists():
            raise UserError(f"{option} {path}: there is a file already; choose a new one")
    output.check_file(json, "--json")
    with uncollected():
        from polyhead import checkpoints, swapping

    held = checkpoints.read(source)
    saved = [(swapping.take(held, name, str(source)), path) for name, path in files]
    changed = change(held, put or [], drop or [], another)
    for head, path in saved:
        swapping.save(head, path)
    if out is not None:
        checkpoints.write(changed, out)
    rows = swapping.heads_of(changed)
    if json != output.STDOUT:
        lines = [f"{head.name}: {path}" for head, path in saved] + [f"checkpoint: {out}"] * (out is not None)
        backbone = swapping.backbone_digest(changed)[: swapping.SHORT]
        sys.stdout.write("\n".join([table(rows), f"\nbackbone: {backbone}", *lines]) + "\n")
    if json:
        output.write_json([row._asdict() for row in rows], json)


def named(words: list[str]) -> list[tuple[str, Path]]:
    """Return the heads to save and where to, from words such as `label=label.head`.

    Raises:
        UserError: If one has another form, or two go to one file.
    """
    found: list[tuple[str, Path]] = []
    for word in words:
        name, _, file = word.partition("=")
        if not name or not file:
            raise UserError(f"--save {word}: say which head and where to, such as --save label=label.head")
        if any(Path(file) == path for _, path in found):
            raise UserError(f"--save {word}: another head goes to {file} already; choose a file for each")
        found.append((name, Path(file)))
    return found


def check_out(changes: bool, out: Path | None, another: bool, puts: bool) -> None:
    """Check that the options of a new checkpoint make sense together.

    Raises:
        UserError: If one of them lacks the others.
    """
    if changes and out is None:
        raise UserError("--put and --drop make a new checkpoint, and leave the old one as it is; say where, with --out")
    if out is not None and not changes:
        raise UserError(f"--out {out}: nothing changes; say --put FILE or --drop NAME")
    if another and not puts:
        raise UserError("--another-backbone is of heads to put there; say --put FILE")


def change(held: "Checkpoint", put: list[Path], drop: list[str], another: bool) -> "Checkpoint":
    """Return a checkpoint without some heads, and then with others.

    Raises:
        UserError: If a head is not there, does not fit, or is put there twice.
    """
    from polyhead import swapping

    added = [swapping.read(path) for path in put]
    for place, head in enumerate(added):
        if head.name in [other.name for other in added[:place]]:
            raise UserError(f"--put {head.origin}: a head {head.name!r} is put there already; choose one of them")
    for name in drop:
        held = swapping.drop(held, name)
    for head in added:
        held = swapping.put(held, head, another)
    return held


def table(rows: "list[HeadRow]") -> str:
    """Return the heads of a checkpoint, a row each."""
    told = [
        (row.name, row.kind, row.target, f"{row.parameters:,}", row.metric, f"{row.threshold:.3f}", classes(row.labels))
        for row in rows
    ]
    return output.columns([("head", "class", "target", "parameters", "metric", "threshold", "class names"), *told])


def classes(labels: tuple[str, ...]) -> str:
    """Return class names on one line, cut where it gets too long, and how many there are."""
    text = ", ".join(labels)
    return f"{len(labels)}: {text if len(text) <= WIDEST else text[: WIDEST - 3] + '...'}" if labels else "none"
