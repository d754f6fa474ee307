"""A comparison as a picture: what each head reached, and what that cost."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from polyhead.running.comparing_advice import Expense, Scores, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SETTINGS = ("alone", "together", "frozen")
COLOURS = dict(zip(SETTINGS, ("#4477aa", "#ee6677", "#ccbb44"), strict=True))
"""From Paul Tol's bright scheme, which colour-blind readers can tell apart."""
BAR = 0.26


def draw(heads: Mapping[str, Scores], costs: Mapping[str, Expense], path: Path) -> bool:
    """Write the picture, and return whether that could be done: only where matplotlib is installed.

    Args:
        heads: What each head reached.
        costs: By network: `alone-HEAD` of each head, `together` and `frozen`.
        path: Of the file to write, a PNG.
    """
    if find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure  # half a second, and without the global state of pyplot

    figure = Figure(figsize=(10, 7), layout="constrained")
    ((reached, forward), (training, size)) = figure.subplots(2, 2)
    draw_scores(reached, heads)
    draw_costs(forward, "milliseconds of a forward", {name: one.milliseconds for name, one in costs.items()})
    draw_costs(training, "seconds of training", {name: fmean(one.seconds) for name, one in costs.items()})
    draw_costs(size, "million parameters", {name: one.parameters / 1e6 for name, one in costs.items()})
    figure.savefig(path, dpi=120)
    return True


def draw_scores(axes: "Axes", heads: Mapping[str, Scores]) -> None:
    """Draw a group of bars for each head, a bar a setting, with the spread over several seeds."""
    for place, setting in enumerate(SETTINGS):
        values: list[list[float]] = [getattr(scores, setting) for scores in heads.values()]
        where = [number + (place - 1) * BAR for number in range(len(heads))]
        errors = [spread(some) for some in values] if any(len(some) > 1 for some in values) else None
        axes.bar(where, [fmean(some) for some in values], BAR, yerr=errors, label=setting, color=COLOURS[setting])
    axes.set_xticks(range(len(heads)), [f"{name}\n{scores.metric}" for name, scores in heads.items()])
    axes.set_title("main metric of each head")
    axes.legend()


def draw_costs(axes: "Axes", title: str, values: Mapping[str, float]) -> None:
    """Draw what the networks of one head each cost, piled up, beside the joint one and the one on a frozen backbone."""
    base = 0.0
    for name, value in values.items():
        alone = name.startswith("alone-")
        setting = "alone" if alone else name
        axes.bar(setting, value, 0.6, bottom=base if alone else 0.0, color=COLOURS[setting], edgecolor="white")
        if alone:
            axes.text(0, base + value / 2, name.removeprefix("alone-"), ha="center", va="center", color="white")
            base += value
    axes.set_title(title)
