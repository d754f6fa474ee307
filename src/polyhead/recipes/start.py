"""A recipe whose weights come from elsewhere."""

from copy import deepcopy
from typing import Any


def without_start(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe as a checkpoint keeps it: it brings the weights, so that no body fetches pretrained ones."""
    kept = deepcopy(recipe)
    node = kept["task"]["backbone"]
    while isinstance(node, dict):
        node.update({"weights": "none"} if "weights" in node else {})
        node = node.get("body")
    return kept
