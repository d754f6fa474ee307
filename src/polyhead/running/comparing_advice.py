"""What a comparison found, and what follows from it by plain rules."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

KEPT = 0.98
"""The share of its metric alone that a head keeps which loses nothing worth a word."""
LEAST = 0.05
"""The metric alone below which a share of it means nothing."""


class Scores(NamedTuple):
    """What one head reached, a number a seed.

    Attributes:
        metric: Its main metric: higher is better.
        alone: With the backbone to itself.
        together: In the joint run.
        frozen: On the joint run's backbone, which learned no more.
    """

    metric: str
    alone: list[float]
    together: list[float]
    frozen: list[float]


class Expense(NamedTuple):
    """What one network costs.

    Attributes:
        parameters: Numbers that it learns, or learned before.
        flops: Operations of one forward of one image.
        milliseconds: Of one forward of a batch.
        seconds: Of training, a number a seed; validations are left out.
        speed: Images of training a second, a number a seed.
    """

    parameters: int
    flops: int
    milliseconds: float
    seconds: list[float]
    speed: list[float]


def advice(heads: Mapping[str, Scores], costs: Mapping[str, Expense]) -> list[str]:
    """Return what to do, in sentences that say the numbers behind them.

    Args:
        heads: What each head reached.
        costs: By network: `alone-HEAD` of each head, and `together`.
    """
    learned = {name: scores for name, scores in heads.items() if fmean(scores.alone) >= LEAST}
    idle = [
        f"{name} learned too little alone ({scores.metric} {fmean(scores.alone):.3f}) to be judged: take more steps."
        for name, scores in heads.items()
        if name not in learned
    ]
    if not learned:
        return idle
    who = "every other head" if idle else "every head"
    return [*idle, verdict(learned, costs, who), *remarks(learned), on_frozen(learned)]


def share(some: Sequence[float], alone: Sequence[float]) -> float:
    """Return how much of what a head reached alone, > 0, it reached otherwise."""
    return fmean(some) / fmean(alone)


def spread(values: Sequence[float]) -> float:
    """Return the sample standard deviation of a metric over the seeds; 0 of a single one, and NaN where one is."""
    if any(math.isnan(value) for value in values):
        return math.nan
    return stdev(values) if len(values) > 1 else 0.0


def is_lower(scores: Scores) -> bool:
    """Return whether a head keeps less than `KEPT` of its metric together; not a number is less."""
    return not share(scores.together, scores.alone) >= KEPT


def is_lost(scores: Scores) -> bool:
    """Return whether it does, by more than its seeds differ."""
    missing = fmean(scores.alone) - fmean(scores.together)
    return is_lower(scores) and not missing <= max(spread(scores.alone), spread(scores.together))


def shares(costs: Mapping[str, Expense]) -> tuple[float, float]:
    """Return what the joint network costs of all single ones together, in a forward and in training."""
    alone, together = [cost for name, cost in costs.items() if name.startswith("alone-")], costs["together"]
    forward = together.milliseconds / sum(cost.milliseconds for cost in alone)
    return forward, fmean(together.seconds) / sum(fmean(cost.seconds) for cost in alone)


def verdict(heads: Mapping[str, Scores], costs: Mapping[str, Expense], who: str = "every head") -> str:
    """Return whether to train heads together, by what that costs and what they lose; `who` is all of them in words."""
    (forward, training), alone = shares(costs), sum(name.startswith("alone-") for name in costs)
    cost = f"Together costs {forward:.2f} of the {alone} alone in a forward and {training:.2f} in training"
    lost = [name for name, scores in heads.items() if is_lost(scores)]
    if len(lost) == len(heads):
        return f"{cost}, and {who} loses by it: take more steps or a larger backbone, or train them apart."
    if lost:
        return f"{cost}, but not every head gets along with the others."
    if min(forward, training) >= 1:
        return f"{cost}, so nothing is saved: train them apart."
    if any(is_lower(scores) for scores in heads.values()):
        return f"{cost}, and no head loses more than its seeds differ by: train them together."
    return f"{cost}, and {who} keeps {percent(KEPT)} or more of its metric: train them together."


def remarks(heads: Mapping[str, Scores]) -> list[str]:
    """Return a sentence for each head that is worse or better together."""
    all_lost = all(is_lost(scores) for scores in heads.values())
    said: list[str] = []
    for name, scores in heads.items():
        kept = share(scores.together, scores.alone)
        both = f"({scores.metric} {fmean(scores.alone):.3f} alone, {fmean(scores.together):.3f} together)"
        if is_lost(scores):
            cure = "" if all_lost else f": raise task.heads.{name}.weight, or train it alone"
            said.append(f"{name} loses {percent(1 - kept)} {both}{cure}.")
        elif is_lower(scores):
            said.append(f"{name} is {percent(1 - kept)} lower {both}, and its seeds differ as much: more would tell.")
        elif kept > 1 / KEPT:
            said.append(f"{name} gains {percent(kept - 1)} {both}.")
    return said


def on_frozen(heads: Mapping[str, Scores]) -> str:
    """Return which heads need no more than a trained backbone that stays as it is."""
    kept = {name: share(scores.frozen, scores.alone) for name, scores in heads.items()}
    fine = [name for name, some in kept.items() if some >= KEPT]
    others = ", ".join(f"{name} {percent(some)}" for name, some in kept.items() if name not in fine)
    start = "On the joint run's backbone, frozen,"
    if not fine:
        few = f"no head keeps {percent(KEPT)} of its metric alone ({others})"
        return f"{start} {few}: let the backbone learn with them."
    said = f"{start} {' and '.join(fine)} {'keeps' if len(fine) == 1 else 'keep'} {percent(KEPT)} or more of the metric"
    said += " alone: such heads can be added to a trained model with --from and task.freeze=[backbone]"
    return f"{said}; others keep less ({others})." if others else f"{said}."


def percent(part: float) -> str:
    """Return a share in per cent."""
    return f"{100 * part:.0f} %"
