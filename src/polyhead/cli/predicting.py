"""The verb predict: images or molecules in, answers out."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from polyhead.cli import output
from polyhead.cli.verbs import Json, Trained
from polyhead.errors import UserError
from polyhead.files import find_checkpoint, is_file
from polyhead.memory import uncollected
from polyhead.recipes.text import read

GLOB = frozenset("*?[")
FILE = re.compile(r"\.([a-z]{3,4}|pq|sd|parquet|smiles|CSV|TSV|TXT|SMI|SDF)(\.gz)?$")
"""How names of files end, and SMILES do not."""
ANSWERS = ("predictions.csv", "predictions.json")
"""What is written into the folder, beside pictures."""
Items = Annotated[
    list[str],
    typer.Argument(metavar="ITEMS...", help="Image files, folders or globs; or a table of molecules, or SMILES."),
]


def predict(
    trained: Trained,
    items: Items,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for answers and pictures.")] = Path(
        "predictions"
    ),
    score: Annotated[
        float | None, typer.Option("--score", min=0, max=1, help="Leave out findings below it, of images.")
    ] = None,
    window: Annotated[
        int | None, typer.Option("--window", metavar="PIXELS", min=1, help="Look in windows of this side, unscaled.")
    ] = None,
    overlap: Annotated[
        float | None, typer.Option("--overlap", metavar="SHARE", min=0, max=0.9, help="Of windows; 0.25 if not given.")
    ] = None,
    column: Annotated[
        str | None,
        typer.Option("--column", metavar="NAME", help="Of the molecules, in a table; else found by looking."),
    ] = None,
    others: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="RUN_OR_CKPT", help="Ask it too, and answer with the mean; may be repeated."),
    ] = None,
    json: Json = None,
) -> None:
    """Ask a trained model about images or molecules: records, pictures, tables."""
    for one in (trained, *(others or [])):
        find_checkpoint(one)
    molecules = asks_molecules(trained)
    if overlap is not None and window is None:
        raise UserError(f"--overlap {overlap:g} is of windows; say how large they are, such as --window 512")
    if molecules is not None:
        check_options(molecules=molecules, score=score, window=window, column=column)
    for item in items:
        may_be = molecules is False or FILE.search(item)
        if may_be and not Path(item).expanduser().exists() and (molecules or not GLOB & set(item)):
            raise UserError(f"no such {'image' if molecules is False else 'file'}: {item}")
    output.check_folder(out, "--out")
    output.check_file(json, "--json")
    check_kept(items, out, json)
    with uncollected():
        from polyhead.running import prediction

    with output.stdout_kept(json == output.STDOUT):
        answers = prediction.predict(
            trained, items, out, score, window=window, overlap=overlap, column=column, others=others or []
        )
    if json:
        output.write(answers.records.read_text(encoding="utf-8"), json)
    if json != output.STDOUT:
        sys.stdout.write("".join(f"{what}: {where}\n" for what, where in answers.told))


def asks_molecules(trained: Path) -> bool | None:
    """Return whether a run was trained on molecules, by the recipe in its folder; None where there is none."""
    folder = trained if trained.is_dir() else trained.parent.parent
    if not (folder / "recipe.yaml").is_file():
        return None
    data = read(folder / "recipe.yaml").get("data", {})
    return "size" not in data if isinstance(data, dict) else None


def check_options(*, molecules: bool, score: float | None, window: int | None, column: str | None) -> None:
    """Check that options suit what the model was trained on.

    Raises:
        UserError: If one does not.
    """
    given = {"--score": score, "--window": window} if molecules else {"--column": column}
    for name, value in given.items():
        if value is not None:
            of, here = ("images", "molecules") if molecules else ("molecules", "images")
            raise UserError(f"{name} {value} is of {of}, and this model was trained on {here}; leave it out")


def check_kept(items: list[str], out: Path, json: str | None) -> None:
    """Check that no file that is asked about is written over; of pictures, who finds all images looks.

    Raises:
        UserError: If one is.
    """
    written = {out / name: f"--out {out}" for name in ANSWERS}
    if json and json != output.STDOUT:
        written[Path(json)] = f"--json {json}"
    given = [Path(item).expanduser() for item in items if is_file(item)]
    for file, option in written.items():
        if file.exists() and any(map(file.samefile, given)):
            raise UserError(f"{option}: {file} is asked about, and would be written over; choose another place")
