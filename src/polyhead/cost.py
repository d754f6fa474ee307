"""What a network costs: its parameters, and the floating-point operations of one forward of one item."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from polyhead.loading.letterbox import pair
from polyhead.model import Model, build_model
from polyhead.recipes.build import build_source
from polyhead.recipes.signatures import loader_of
from polyhead.recipes.start import without_start
from polyhead.recipes.values import validate_types

WHOLE = "in all"


class Cost(NamedTuple):
    """What a part of a network costs.

    Attributes:
        parameters: Numbers that it learns.
        flops: Operations of one forward of one item: two for each multiply-add (2 x MACs), of convolutions, matrix
            products and attention alone, as torch counts them; norms, activations and pooling are not counted.
    """

    parameters: int
    flops: int


def cost_of_recipe(recipe: dict[str, Any]) -> dict[str, Cost]:
    """Return `cost_of` for the model of a resolved recipe, of `example_inputs`; no weights are fetched.

    Class names are the recipe's, and where it has none the data's.

    Raises:
        UserError: If an option of the backbone, a head or the data does not fit, or the data are not there.
    """
    inputs = example_inputs(recipe)
    labels = recipe["task"].get("labels") or build_source(recipe["data"]).labels()
    labels = {target: list(names) for target, names in labels.items()}
    return cost_of(build_model({**without_start(recipe)["task"], "labels": labels}), inputs)


def example_inputs(recipe: dict[str, Any], items: int = 1) -> Any:
    """Return inputs like those of a resolved recipe's data: images of `data.size` in [0, 1], or aspirin.

    Raises:
        UserError: If the size is none.
    """
    data = recipe["data"]
    if loader_of(data["name"]) == "molecules":
        from polyhead.chemistry.featurising import Wanted
        from polyhead.chemistry.store import open_store

        wanted = Wanted(tuple(data["descriptors"]), data["pictures"])
        return open_store(["CC(=O)Oc1ccccc1C(=O)O"], wanted, disk=False).take([0] * items)
    size = validate_types({"size": int | tuple[int, int]}, {"size": data["size"]}, "data")["size"]
    return torch.rand(items, 3, *pair(size), generator=torch.Generator().manual_seed(0))


def cost_of(model: Model, inputs: Any) -> dict[str, Cost]:
    """Return the cost of the backbone, of each head by its name, and of the whole (`in all`).

    What is counted is the model as it predicts, without branches that only training needs.

    Args:
        model: On the CPU; it is left as it is.
        inputs: Of one item, as the network takes them.
    """
    ready = model.deploy()
    features, flops = counted(ready.backbone, inputs)
    costs = {"backbone": Cost(learnt(ready.backbone), flops)}
    for name, head in ready.named_heads().items():
        costs[f"heads.{name}"] = Cost(learnt(head), counted(head, features)[1])
    return {**costs, WHOLE: Cost(learnt(ready), sum(cost.flops for cost in costs.values()))}


@torch.no_grad()
def counted(part: Callable[..., Any], given: Any) -> tuple[Any, int]:
    """Return what a part of a network makes of something, and how many operations that took."""
    with FlopCounterMode(display=False) as counter:
        made = part(given)
    return made, counter.get_total_flops()


def learnt(part: nn.Module) -> int:
    """Return how many numbers a module learns; a parameter that serves twice counts once."""
    return sum(parameter.numel() for parameter in part.parameters())
