"""Which runs compare heads that train alone with the same heads together: their recipes, made from that of all."""

from collections.abc import Collection, Sequence
from typing import Any, Literal, NamedTuple

from polyhead.errors import UserError

Setting = Literal["alone", "together", "frozen"]
BACKBONE = "backbone"


class Planned(NamedTuple):
    """One run of a comparison.

    Attributes:
        setting: How its heads learn.
        name: What its network is called: `alone-HEAD`, `together` or `frozen`.
        recipe: Complete.
    """

    setting: Setting
    name: str
    recipe: dict[str, Any]

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return f"{self.name}-{self.recipe['seed']}"


def check_several(recipe: dict[str, Any]) -> None:
    """Check that a recipe has heads that can be alone or together.

    Raises:
        UserError: If it has one.
    """
    heads = list(recipe["task"]["heads"])
    if len(heads) < 2:
        raise UserError(
            f"compare takes a recipe of several heads, and this one has {heads[0]!r} alone; add another, such as"
            " task.heads.NAME=classification, or take the recipe multitask"
        )


def check_seeds(seeds: Sequence[int]) -> None:
    """Check that no seed is named twice.

    Raises:
        UserError: If one is.
    """
    twice = [seed for place, seed in enumerate(seeds) if seed in seeds[:place]]
    if twice:
        raise UserError(f"--seeds names {twice[0]} twice; each run has a seed of its own, such as --seeds 0 1 2")


def planned(recipe: dict[str, Any], seeds: Sequence[int]) -> list[Planned]:
    """Return all runs, seed by seed; the joint one of a seed comes first, since the frozen one needs its backbone."""
    return [run for seed in seeds for run in of_one_seed({**recipe, "seed": seed})]


def of_one_seed(recipe: dict[str, Any]) -> list[Planned]:
    """Return the runs of a recipe's own seed; class names are left to the data of each."""
    task = {key: value for key, value in recipe["task"].items() if key != "labels"}
    recipe = {**recipe, "task": task}
    still = {**task, "freeze": [*(part for part in task["freeze"] if part != BACKBONE), BACKBONE]}
    return [
        Planned("together", "together", recipe),
        *(Planned("alone", f"alone-{name}", with_heads(recipe, [name])) for name in task["heads"]),
        Planned("frozen", "frozen", {**recipe, "task": still}),
    ]


def with_heads(recipe: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the recipe with some of its heads alone; what it freezes of the others goes with them."""
    task = recipe["task"]
    heads = {name: node for name, node in task["heads"].items() if name in names}
    gone = task["heads"].keys() - heads.keys()
    freeze = [part for part in task["freeze"] if not (part.startswith("heads.") and part.split(".")[1] in gone)]
    return {**recipe, "task": {**task, "heads": heads, "freeze": freeze}}


def with_steps(recipe: dict[str, Any], steps: int) -> dict[str, Any]:
    """Return the recipe with its length in steps of the optimiser alone."""
    length = {"max_steps": steps, "max_epochs": -1, "max_time": None, "min_steps": None, "min_epochs": None}
    return {**recipe, "trainer": {**recipe["trainer"], **length}}


def with_batch(recipe: dict[str, Any], batch: int) -> dict[str, Any]:
    """Return the recipe with so many images a batch."""
    return {**recipe, "data": {**recipe["data"], "batch": batch}}
