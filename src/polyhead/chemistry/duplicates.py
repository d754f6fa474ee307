"""Rows of one molecule: what they say of it together, and where they contradict each other."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from polyhead.chemistry.targets import Array, Target


class Conflict(NamedTuple):
    """What two rows say of one molecule that cannot both be true.

    Attributes:
        target: Of what.
        rows: The two rows, from 0, the earlier one first.
    """

    target: str
    rows: tuple[int, int]


def groups_of(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the rows, from 0, of each name in the order of their first ones; rows without a name are in none."""
    groups: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        if name:
            groups.setdefault(name, []).append(row)
    return groups


def spreads(targets: Sequence[Target]) -> dict[str, float]:
    """Return the standard deviation of each target of numbers, over its exact values; 0 of other targets."""
    return {
        target.name: float(np.nanstd(np.where(target.bounds == 0, target.values, np.nan)))
        if exact(target).any()
        else 0.0
        for target in targets
        if target.kind == "value"
    }


def exact(target: Target) -> Array:
    """Return where a value is known, and no bound."""
    there: Array = np.isfinite(target.values) & (target.bounds == 0)
    return there


def conflicts(rows: Sequence[int], targets: Sequence[Target], leeway: Mapping[str, float]) -> list[Conflict]:
    """Return where rows of one molecule contradict each other: one conflict for each such target.

    Args:
        rows: Two or more, from 0.
        targets: What is said.
        leeway: How far numbers may differ, by target; 0 where it says nothing.
    """
    found = []
    for target in targets:
        known = [row for row in rows if math.isfinite(target.values[row])]
        if not known:
            continue
        highest = max(known, key=lambda row: lower_end(target, row))
        lowest = min(known, key=lambda row: upper_end(target, row))
        if lower_end(target, highest) - upper_end(target, lowest) > leeway.get(target.name, 0.0):
            found.append(Conflict(target.name, (min(highest, lowest), max(highest, lowest))))
    return found


def lower_end(target: Target, row: int) -> float:
    """Return the least that the true value may be."""
    return -math.inf if target.bounds[row] < 0 else float(target.values[row])


def upper_end(target: Target, row: int) -> float:
    """Return the most that the true value may be."""
    return math.inf if target.bounds[row] > 0 else float(target.values[row])


def merged(rows: Sequence[int], target: Target) -> tuple[float, int]:
    """Return what rows of one molecule say of it together, as a value and its bound; NaN where it is nothing.

    Numbers are averaged where they are exact; of bounds alone, the tightest holds, unless there are some on either
    side. Flags and classes are what all rows say, and unknown where they do not agree.
    """
    known = [row for row in rows if math.isfinite(target.values[row])]
    if target.kind != "value":
        said = {float(target.values[row]) for row in known}
        return (said.pop() if len(said) == 1 else math.nan), 0
    measured = [float(target.values[row]) for row in known if target.bounds[row] == 0]
    if measured:
        return sum(measured) / len(measured), 0
    sides = {int(target.bounds[row]) for row in known}
    if len(sides) != 1:
        return math.nan, 0
    side = sides.pop()
    return (min if side < 0 else max)(float(target.values[row]) for row in known), side
