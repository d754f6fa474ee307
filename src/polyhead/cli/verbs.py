"""The verbs. Each checks what it can before it imports what it needs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polyhead import ranks
from polyhead.cli import output, showing
from polyhead.errors import UserError
from polyhead.files import find_checkpoint
from polyhead.memory import uncollected
from polyhead.recipes import Resolved, resolve
from polyhead.running.folder import is_abandoned
from polyhead.running.resuming import taken_up

if TYPE_CHECKING:  # torch is behind it
    from polyhead.running.outcome import Outcome

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="One backbone, many heads. RECIPE is a name (see: polyhead list) or a YAML file; key=value changes it.",
)
Recipe = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, a YAML file, or a run folder.")]
Trained = Annotated[Path, typer.Argument(metavar="RUN_OR_CKPT", help="A run folder, or a checkpoint file.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Changes, such as trainer.max_epochs=5.")
]
Changes = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Other data, such as data=PATH.")]
Keep = Annotated[str | None, typer.Option("--labels", metavar="keep", help="With other class names: keep the model's.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE|-", help="Write JSON; - is stdout.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for pictures and records.")]


def _version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from importlib.metadata import version  # takes time that other commands do without

        sys.stdout.write(f"polyhead {version('polyhead')}\n")
        raise typer.Exit


@app.callback()
def polyhead(
    shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before a verb."""


@app.command("list")
def list_names(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="recipes, backbones, heads, tasks or data; all if not given.")
    ] = None,
) -> None:
    """List recipes, tasks, backbones, heads and data."""
    sys.stdout.write(showing.listing(kind) + "\n")


@app.command()
def show(
    what: Annotated[
        str, typer.Argument(metavar="RECIPE|KIND.NAME", help="A recipe, or a class such as heads.detection.")
    ],
    overrides: Overrides = None,
    cost: Annotated[bool, typer.Option("--cost", help="Parameters and GFLOPs of a recipe's network, too.")] = False,
    json: Json = None,
) -> None:
    """Show a recipe's options and where each is from, or a class's."""
    output.check_file(json, "--json")
    if named := showing.one_class(what):
        showing.no_overrides(what, [*(overrides or []), *["--cost"] * cost])
        text, data = showing.class_table(*named), showing.class_data(*named)
    else:
        resolved = resolve(what, overrides or [])
        say(resolved.notes)
        text, data = showing.recipe_table(resolved), showing.recipe_data(resolved)
        if cost:
            with uncollected():
                from polyhead.cost import cost_of_recipe

            found = cost_of_recipe(resolved.recipe)
            text, data = f"{text}\n\n{showing.cost_table(resolved.recipe, found)}", {**data, **showing.cost_data(found)}
    if json:
        output.write_json(data, json)
    if json != output.STDOUT:
        sys.stdout.write(text + "\n")


@app.command()
def fit(
    recipe: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="A name, a YAML file, or a run folder.")
    ] = None,
    overrides: Overrides = None,
    *,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="Run folder; runs/NAME/TIME if not given.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Go on with a run; no RECIPE needed.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="RUN_OR_CKPT", help="Start from its weights, head by head.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="WAY", help="With other class names: keep, map or reinit.")
    ] = None,
    json: Json = None,
) -> None:
    """Train what a recipe describes, and test it."""
    resolved = _to_fit(recipe, overrides or [], run, resume)
    output.check_file(json, "--json")
    _check_start(start, labels, resume)
    say(resolved.notes)
    with uncollected():
        from polyhead.running import other_names, training

    with output.stdout_kept(json == output.STDOUT):
        begin = other_names.start_from(start, labels) if start else None
        outcome = training.fit(resolved.recipe, resume or run, resumed=resume is not None, start=begin)
    _report(outcome, json)


def _check_start(start: Path | None, labels: str | None, resume: Path | None) -> None:
    """Check that the options of where to start make sense together.

    Raises:
        UserError: If they do not, or there is nothing to start from.
    """
    if start is None:
        if labels is not None:
            raise UserError(f"--labels {labels} is of class names of a checkpoint; say which, with --from")
        return
    if resume is not None:
        raise UserError(f"--from {start}: a run that goes on has its own weights; leave --from or --resume out")
    find_checkpoint(start)


def _to_fit(recipe: str | None, overrides: list[str], run: Path | None, resume: Path | None) -> Resolved:
    """Return the recipe of a run that begins, or of one that goes on.

    Raises:
        UserError: If neither is named, or both are.
    """
    if resume is None:
        if recipe is None:
            raise UserError("fit takes a RECIPE, such as detection, or --resume RUN; see polyhead list recipes")
        if run is not None and ranks.first():
            output.check_folder(run, "--run", empty=not is_abandoned(run))
        return resolve(recipe, overrides)
    if run is not None:
        raise UserError(f"--run {run}: a run that goes on stays in its folder, {resume}; leave --run out")
    changes = [recipe] if recipe and "=" in recipe else []
    return taken_up(resume, None if changes else recipe, [*changes, *overrides])


@app.command()
def validate(
    trained: Trained, overrides: Changes = None, *, labels: Keep = None, json: Json = None, out: Out = None
) -> None:
    """Measure a trained model on the validation data."""
    _evaluate(trained, "val", overrides or [], labels=labels, json=json, out=out)


@app.command("test")
def measure(
    trained: Trained, overrides: Changes = None, *, labels: Keep = None, json: Json = None, out: Out = None
) -> None:
    """Measure a trained model on the test data."""
    _evaluate(trained, "test", overrides or [], labels=labels, json=json, out=out)


def _evaluate(
    trained: Path, split: str, overrides: list[str], *, labels: str | None, json: str | None, out: Path | None
) -> None:
    """Measure a trained model on a split."""
    find_checkpoint(trained)
    if (trained / "recipe.yaml").is_file():  # mistakes in the overrides are said before torch is there
        say(resolve(trained / "recipe.yaml", overrides).notes)
    output.check_folder(out, "--out")
    output.check_file(json, "--json")
    with uncollected():
        from polyhead.running import training

    with output.stdout_kept(json == output.STDOUT):
        outcome = training.evaluate(trained, "val" if split == "val" else "test", overrides, out, labels)
    _report(outcome, json)


def _report(outcome: "Outcome", json: str | None) -> None:
    """Write the metrics as JSON where that is asked for; print them, and where the rest is. Other ranks are silent."""
    if not ranks.first():
        return
    kept = json == output.STDOUT
    if outcome.metrics:
        output.print_metrics(outcome.metrics, to_stderr=kept)
    lines = [f"run: {outcome.run}"] + [f"pictures: {outcome.pictures}"] * (outcome.pictures is not None)
    (sys.stderr if kept else sys.stdout).write("\n".join(lines) + "\n")
    if json:
        output.write_json(outcome.metrics, json)


def say(notes: list[str]) -> None:
    """Print notes on stderr, a line each, once for all ranks."""
    for note in notes if ranks.first() else ():
        sys.stderr.write(f"note: {note}\n")
