"""Train, val and test by named protocols, which must never be mixed: results of two are not to be compared.

Equal molecules stay on one side in all of them but `column` and `file`, where somebody else decided; there, leaks are
said. Sizes are told as they came out.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, final, get_args

import numpy as np

from polyhead.chemistry.grouping import ACYCLIC, Groups, alike, butina, connected, scaffolds, spread
from polyhead.errors import UserError, unknown

Kind = Literal["random", "scaffold_balanced", "scaffold", "butina", "similarity", "column", "file"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
NAMES: Final = ("train", "val", "test")
FEWEST: Final = 3
"""Folds: one to test, one to validate, and one to learn from."""


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """How molecules are split.

    Attributes:
        kind: `random`: molecules in random order (MoleculeNet's protocol). `scaffold_balanced`: scaffolds in random
            order, the large ones in train (chemprop 2). `scaffold`: scaffolds from the largest to the smallest, always
            alike (DeepChem). `butina` and `similarity`: clusters, and connected components, of similar molecules,
            placed as `scaffold_balanced` places scaffolds. `column` and `file` are read by `polyhead.chemistry.told`.
        sizes: Shares of train, val and test; one that is 0 is left out.
        seed: Of the random order.
        threshold: Tanimoto similarity from which on `butina` and `similarity` hold molecules to be similar, in (0, 1].
    """

    kind: Kind = "random"
    sizes: tuple[float, float, float] = (0.8, 0.1, 0.1)
    seed: int = 0
    threshold: float = 0.5


class Division(NamedTuple):
    """Molecules by split.

    Attributes:
        train: Places, from 0, ascending.
        val: As above.
        test: As above.
        notes: What is to be said aloud.
    """

    train: list[int]
    val: list[int]
    test: list[int]
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, list[int]]:
        """The places by the name of their split."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def sizes(self) -> str:
        """Return how many molecules each split holds, in words."""
        return ", ".join(f"{name} {len(places)}" for name, places in self.parts.items())


class Grouped(NamedTuple):
    """Molecules in the groups of a plan, and what is to be said of these."""

    groups: Groups
    said: str


def divide(smiles: Sequence[str], plan: Plan) -> Division:
    """Return molecules split by a plan.

    Args:
        smiles: Canonical ones.
        plan: Of another kind than `column` and `file`.

    Raises:
        UserError: If the shares are none, or a split that has a share would be empty.
    """
    check(plan)
    grouped = groups_of(smiles, plan)
    place = {"random": at_random, "scaffold": largest_first}.get(plan.kind, small_ones_first)
    found = place(grouped.groups, plan)
    for size, (name, places) in zip(plan.sizes, found.parts.items(), strict=True):
        if size and not places:
            raise empty(name, plan, grouped.groups)
    asked = " ".join(f"{size:g}" for size in plan.sizes)
    return found._replace(notes=(f"split {name_of(plan)}: {found.sizes()} (shares {asked}; {grouped.said})",))


def folds(smiles: Sequence[str], plan: Plan, count: int) -> list[Division]:
    """Return `count` divisions, in which each molecule is tested once: fold i tests, the next validates, others train.

    Groups of the plan's kind go from the largest to the smallest into the fold that holds least; equal ones in random
    order, but for `scaffold`. The shares of the plan do not count.

    Raises:
        UserError: If there are fewer than 3 folds, or fewer groups than folds.
    """
    check(replace(plan, sizes=Plan().sizes))
    if count < FEWEST:
        raise UserError(f"folds must be {FEWEST} or more (one tests, one validates, the others train), not {count}")
    grouped = groups_of(smiles, plan)
    if len(grouped.groups) < count:
        raise UserError(
            f"split {plan.kind} has {len(grouped.groups)} groups ({grouped.said}), too few for {count} folds"
        )
    order = grouped.groups if plan.kind == "scaffold" else shuffled(grouped.groups, plan.seed)
    held: Groups = [[] for _ in range(count)]
    for group in sorted(order, key=len, reverse=True):
        min(held, key=len).extend(group)
    held = [sorted(fold) for fold in held]
    return [fold_of(held, number, plan, grouped.said) for number in range(count)]


def fold_of(held: Groups, number: int, plan: Plan, said: str) -> Division:
    """Return the division in which one fold tests, and the next one validates."""
    val = (number + 1) % len(held)
    train = sorted(place for other, fold in enumerate(held) if other not in {number, val} for place in fold)
    found = Division(train, held[val], held[number])
    return found._replace(notes=(f"split {name_of(plan)}, fold {number + 1} of {len(held)}: {found.sizes()} ({said})",))


def name_of(plan: Plan) -> str:
    """Return what a plan is called, with its seed where it has one."""
    return plan.kind if plan.kind == "scaffold" else f"{plan.kind}, seed {plan.seed}"


def replicates(smiles: Sequence[str], plan: Plan, count: int) -> list[Division]:
    """Return `count` divisions by seeds that count up from the plan's.

    Raises:
        UserError: As `divide`; or if they would all be alike.
    """
    if plan.kind == "scaffold" and count > 1:
        raise UserError("split scaffold is always the same; take scaffold_balanced for replicates, or one replicate")
    return [divide(smiles, replace(plan, seed=plan.seed + number)) for number in range(count)]


def check(plan: Plan) -> None:
    """Check what a plan says.

    Raises:
        UserError: If it is impossible.
    """
    if plan.kind not in KINDS[:-2]:
        raise unknown("split", plan.kind, KINDS[:-2])
    if min(plan.sizes) < 0 or not plan.sizes[0] or abs(sum(plan.sizes) - 1) > 1e-6:
        raise UserError(f"split takes shares of train, val and test that add up to 1, and not {list(plan.sizes)}")
    if plan.seed < 0:
        raise UserError(f"the seed of a split must be 0 or more, not {plan.seed}")
    if not 0 < plan.threshold <= 1:
        raise UserError(f"the threshold of split {plan.kind} must be above 0 and at most 1, not {plan.threshold:g}")


def groups_of(smiles: Sequence[str], plan: Plan) -> Grouped:
    """Return molecules in the groups that a plan keeps together."""
    equal = alike(smiles)
    members = list(equal.values())
    if plan.kind == "random":
        return Grouped(members, f"{len(equal)} different molecules")
    if plan.kind in {"scaffold", "scaffold_balanced"}:
        by_name = alike(scaffolds(list(equal)))
        acyclic = sum(len(members[one]) for one in by_name.get(ACYCLIC, ()))
        said = f"{len(by_name)} scaffolds, of which the empty one is of {acyclic} molecules without rings: one group"
        return Grouped(spread(list(by_name.values()), members), said if acyclic else f"{len(by_name)} scaffolds")
    groups = (butina if plan.kind == "butina" else connected)(list(equal), plan.threshold)
    said = "clusters" if plan.kind == "butina" else "components"
    return Grouped(spread(groups, members), f"{len(groups)} {said} of a similarity of {plan.threshold:g} or more")


def shuffled(groups: Groups, seed: int) -> Groups:
    """Return groups in random order."""
    order = np.random.default_rng(seed).permutation(len(groups))
    return [groups[number] for number in order]


def rooms(groups: Groups, plan: Plan) -> list[int]:
    """Return how many molecules val and test have room for, and train takes the rest."""
    count = sum(map(len, groups))
    return [math.floor(count * size) for size in plan.sizes[1:]]


def at_random(groups: Groups, plan: Plan) -> Division:
    """Return a division of groups in random order: the first that fit are val, the next test, and the rest is train."""
    return filled(shuffled(groups, plan.seed), rooms(groups, plan), ("val", "test"))


def small_ones_first(groups: Groups, plan: Plan) -> Division:
    """Return chemprop 2's balanced division, which is astartes': its splits are the same for the same seed.

    Groups that fit into the smaller one of val and test (or the only one) come in random order, then all others from
    the smallest to the largest. Each goes into test if there is room, else into val, else into train.
    """
    val, test = rooms(groups, plan)
    most = min(val, test) or max(val, test)
    rising = sorted(groups, key=len)
    small = [group for group in rising if len(group) <= most]
    large = [group for group in rising if len(group) > most]
    order = list(range(len(small)))
    np.random.default_rng(plan.seed).shuffle(order)
    return filled([*(small[number] for number in order), *large], [test, val], ("test", "val"))


def largest_first(groups: Groups, plan: Plan) -> Division:
    """Return DeepChem's fixed division: groups from the largest on go into train while they fit, then val, then test.

    Of equally large groups, the one with the later first molecule comes first.
    """
    count = sum(map(len, groups))
    parts: dict[str, list[int]] = {name: [] for name in NAMES}
    ends = (plan.sizes[0] * count, (plan.sizes[0] + plan.sizes[1]) * count)
    for group in sorted(groups, key=lambda group: (len(group), group[0]), reverse=True):
        learned, seen = len(parts["train"]), len(parts["train"]) + len(parts["val"])
        fits = learned + len(group) <= ends[0]
        parts["train" if fits else "val" if seen + len(group) <= ends[1] else "test"] += group
    return division_of(parts)


def filled(groups: Groups, room: Sequence[int], names: Sequence[str]) -> Division:
    """Return a division in which each group goes into the first of two splits that has room for it, else into train."""
    parts: dict[str, list[int]] = {name: [] for name in NAMES}
    left = dict(zip(names, room, strict=True))
    for group in groups:
        name = next((name for name in names if len(group) <= left[name]), "train")
        parts[name] += group
        if name in left:
            left[name] -= len(group)
    return division_of(parts)


def division_of(parts: Mapping[str, Iterable[int]]) -> Division:
    """Return a division of places in any order, by the name of their split."""
    return Division(sorted(parts["train"]), sorted(parts["val"]), sorted(parts["test"]))


def empty(name: str, plan: Plan, groups: Groups) -> UserError:
    """Return the error for a split that nothing is left for."""
    count, largest = sum(map(len, groups)), max(map(len, groups), default=0)
    what = f"{count} molecules in {len(groups)} groups, the largest of {largest}"
    share = plan.sizes[NAMES.index(name)]
    cures = [
        *(["a higher threshold"] if plan.kind in {"butina", "similarity"} else []),
        "other shares" if count > len(NAMES) else "more molecules",
        *(["split random"] if plan.kind != "random" else []),
    ]
    cure = " or ".join(cures)
    return UserError(f"split {plan.kind} leaves {name} empty ({what}; its share is {share:g}); take {cure}")
