"""The verb `compare`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polyhead.cli import output
from polyhead.cli.following import several
from polyhead.cli.verbs import Json, Overrides, Recipe, say
from polyhead.errors import UserError
from polyhead.memory import uncollected
from polyhead.recipes import resolve
from polyhead.running.comparing_plan import check_seeds, check_several

if TYPE_CHECKING:  # torch is behind it
    from polyhead.running.comparing_result import Comparison

Compare = several({"--seeds": str.isdecimal})


def compare(
    recipe: Recipe,
    overrides: Overrides = None,
    *,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="DIR", help="Folder of all runs; runs there already are kept.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=1, help="Of every run; as the recipe's if not given.")
    ] = None,
    seeds: Annotated[
        list[int] | None, typer.Option("--seeds", metavar="N ...", min=0, help="Of the runs, such as --seeds 0 1 2.")
    ] = None,
    json: Json = None,
) -> None:
    """Train heads alone, together, and on a frozen backbone: what is gained?"""
    resolved = resolve(recipe, overrides or [])
    check_several(resolved.recipe)
    check_seeds(seeds or [])
    output.check_file(json, "--json")
    output.check_folder(run, "--run")
    if run is not None and (run / "recipe.yaml").exists():
        raise UserError(f"--run {run} is the folder of one run; name one for all runs of the comparison")
    say(resolved.notes)
    with uncollected():
        from polyhead.running import comparing

    kept = json == output.STDOUT
    with output.stdout_kept(kept):
        found = comparing.compare(resolved.recipe, run, steps, seeds or [])
    (sys.stderr if kept else sys.stdout).write(text(found) + "\n")
    if json:
        output.write_json(found.plain(), json)


def text(found: "Comparison") -> str:
    """Return a comparison as two tables, what they hold, and the advice."""
    seeds = ", ".join(map(str, found.seeds))
    told = f"means of the seeds {seeds}, ± sample standard deviation"
    if len(found.seeds) == 1:
        told = f"seed {seeds} alone: small differences may be chance, and --seeds 0 1 2 would show it"
    about = (
        f"split {found.split}; {found.steps} steps each; {told}\n"
        f"GFLOPs of one item; a forward of {found.batch} items as `polyhead predict` makes it on the CPU"
    )
    parts = [scores_table(found), costs_table(found), about, " ".join(found.advice), f"runs: {found.folder}"]
    return "\n\n".join(parts)


def scores_table(found: "Comparison") -> str:
    """Return what each head reached, a row a head."""
    rows = [
        (name, scores.metric, spelled(scores.alone), spelled(scores.together), spelled(scores.frozen))
        for name, scores in found.heads.items()
    ]
    return output.columns([("head", "metric", "alone", "together", "frozen"), *rows])


def spelled(values: list[float]) -> str:
    """Return a number, or the mean of several and how far they are spread."""
    from statistics import fmean  # takes time that `polyhead --help` does without

    from polyhead.running.comparing_advice import spread

    return f"{fmean(values):.3f}" + (f" ± {spread(values):.3f}" if len(values) > 1 else "")


def costs_table(found: "Comparison") -> str:
    """Return what each network costs, a row a network, and those of one head summed up."""
    from statistics import fmean

    rows = {
        name: (cost.parameters, cost.flops, cost.milliseconds, fmean(cost.seconds))
        for name, cost in found.costs.items()
    }
    speeds = {name: f"{fmean(cost.speed):.0f}" for name, cost in found.costs.items()}
    alone = {name: row for name, row in rows.items() if name.startswith("alone-")}
    whole = {"alone in all": tuple(sum(some) for some in zip(*alone.values(), strict=True))}
    table = [
        (name, f"{size / 1e6:.3f} M", f"{flops / 1e9:.3f}", f"{ms:.1f}", f"{seconds:.1f}", speeds.get(name, ""))
        for name, (size, flops, ms, seconds) in (alone | whole | rows).items()
    ]
    titles = ("network", "parameters", "GFLOPs", "ms a forward", "s of training", "items/s in training")
    return output.columns([titles, *table])
