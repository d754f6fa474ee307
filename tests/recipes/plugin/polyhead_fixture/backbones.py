"""Three backbones that compute next to nothing."""

from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from polyhead.contracts import Backbone, Features, FeatureSpec

KERNEL = (3, 3)


class Slim(Backbone):
    """Narrow.

    Args:
        width: Channels
            of every level.
        kernel (tuple): Height and width.
        norm: Which one.
        start: Where weights are.
    """

    def __init__(
        self,
        width: int = 8,
        *,
        kernel: tuple[int, int] = KERNEL,
        norm: Literal["batch", "group"] = "batch",
        scale: float = 1.0,
        start: Path | None = None,
    ) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"width={width} must be 1 or more")
        self.options: dict[str, Any] = {"width": width, "kernel": kernel, "norm": norm, "scale": scale, "start": start}
        self.spec = FeatureSpec((width,), (4,), width)

    def forward(self, inputs: Tensor) -> Features:
        """Return the inputs' own pixels as features."""
        return Features((inputs[:, :, ::4, ::4],), inputs.mean((2, 3)), (inputs.shape[2], inputs.shape[3]), None)


class Broad(Slim):
    """Wide."""

    def __init__(self, depth: int, width: int = 64) -> None:
        super().__init__(width)
        self.depth = depth


class Neck(Slim):
    """Around another."""

    def __init__(self, body: Backbone, width: int = 32) -> None:
        super().__init__(width)
        self.body = body
