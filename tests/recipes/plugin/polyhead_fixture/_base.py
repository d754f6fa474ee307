"""The constructor that the named tasks share."""

from typing import Any


class Base:
    """A task.

    Args:
        lr: The learning rate.
    """

    def __init__(
        self, backbone: dict[str, Any], heads: dict[str, Any], labels: dict[str, Any], *, lr: float = 0.1
    ) -> None:
        self.given = backbone, heads, labels, lr
