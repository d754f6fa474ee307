"""The neck: every level learns from the coarser and from the finer ones."""

from typing import Literal

from torch import Tensor, nn

from polyhead.backbones._layers import conv_norm_act
from polyhead.contracts import Backbone, Features, FeatureSpec


class Pyramid(Backbone):
    """The neck around any body: a feature pyramid, fused top-down and then bottom-up.

    Top-down, fine cells learn what they are part of; bottom-up, coarse cells learn where exactly it is.

    The coarsest `levels` of the body become as many levels of `width` channels at the same strides. Finer ones are
    passed on as they are, for heads that want detail; the pooled vector is the body's.

    Args:
        body: The backbone to wrap.
        width: Channels of the levels that it makes; None: a quarter of the body's coarsest, see `fitting_width`.
        levels: How many of the body's coarsest levels take part.
        norm: Batch normalisation, or group normalisation, which sees each image by itself; the body has its own option.

    Raises:
        ValueError: If the body has no grids, or fewer levels than asked for.

    References:
        Lin et al., FPN, arXiv 1612.03144; Liu et al., PANet, arXiv 1803.01534.
    """

    def __init__(
        self, body: Backbone, *, width: int | None = None, levels: int = 3, norm: Literal["batch", "group"] = "batch"
    ) -> None:
        super().__init__()
        channels, strides, pooled = body.spec
        if not 1 <= levels <= len(strides):
            raise ValueError(f"levels={levels}: the body {type(body).__name__} has levels of strides {strides}")
        width = fitting_width(channels[-1]) if width is None else width
        self.body = body
        self.lateral = nn.ModuleList(conv_norm_act(c, width, kernel=1, norm=norm) for c in channels[-levels:])
        self.down = nn.ModuleList(conv_norm_act(width, width, norm=norm) for _ in range(levels - 1))
        self.reduce = nn.ModuleList(conv_norm_act(width, width, stride=2, norm=norm) for _ in range(levels - 1))
        self.up = nn.ModuleList(conv_norm_act(width, width, norm=norm) for _ in range(levels - 1))
        self.spec = FeatureSpec((*channels[:-levels], *[width] * levels), strides, pooled)
        self.interpolation = body.interpolation

    def forward(self, inputs: Tensor) -> Features:
        """Return the body's features, with the coarsest levels fused."""
        features: Features = self.body(inputs)
        finer, taken = features.levels[: -len(self.lateral)], features.levels[-len(self.lateral) :]
        fused = [lateral(level) for lateral, level in zip(self.lateral, taken, strict=True)]
        for place in reversed(range(len(self.down))):
            coarser = nn.functional.interpolate(fused[place + 1], size=fused[place].shape[2:], mode="nearest")
            fused[place] = self.down[place](fused[place] + coarser)
        for place, (reduce, up) in enumerate(zip(self.reduce, self.up, strict=True)):
            fused[place + 1] = up(fused[place + 1] + reduce(fused[place]))
        return features._replace(levels=(*finer, *fused))

    def pretrained_part(self) -> nn.Module | None:
        """Return the body's; the neck itself starts at random."""
        return self.body.pretrained_part()


def fitting_width(channels: int) -> int:
    """Return a quarter of a body's coarsest channels, from 64 to 256 and in steps of 16, as heads like them."""
    return max(64, min(channels // 4 // 16 * 16, 256))
