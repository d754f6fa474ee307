"""The two things that masks are made of: prototypes of a whole image, and coefficients of each anchor point.

Letters in shapes: B items, L levels, A anchor points of all levels, k prototypes.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.contracts import FeatureSpec
from polyhead.heads.detection.branches import Branch, by_point
from polyhead.ops.norms import group_norm


class Prototypes(nn.Module):
    """From one level of features to k images of an item (YOLACT, arXiv 1904.02689, section 3.1), none negative.

    The level is the finest one whose stride is no smaller than `stride`, or the coarsest; two 3x3 convolutions read it,
    it is scaled up, and another one mends what that has blurred.

    Args:
        spec: The features to read.
        width: Channels within.
        count: k.
        stride: Input pixels per cell of the prototypes.

    Raises:
        ValueError: If the level's stride is no multiple of `stride`.
    """

    def __init__(self, spec: FeatureSpec, width: int, count: int, stride: int) -> None:
        super().__init__()
        self.level = level_for(spec.strides, stride)
        self.stride = stride
        self.growth = spec.strides[self.level] // stride
        self.read = nn.Sequential(*block(spec.channels[self.level], width), *block(width, width))
        self.mend = nn.Sequential(*block(width, width), nn.Conv2d(width, count, 1))

    def forward(self, levels: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
        """Return prototypes (B, k, ceil(H / stride), ceil(W / stride)) of levels (B, C_i, H_i, W_i); size is H, W."""
        x = self.read(levels[self.level])
        if self.growth > 1:
            x = F.interpolate(x, scale_factor=self.growth, mode="nearest")
        height, width = (-(-side // self.stride) for side in size)
        return self.mend(x)[:, :, :height, :width].float().relu()  # type: ignore[no-any-return]  # a Module returns Any


def level_for(strides: Sequence[int], stride: int) -> int:
    """Return the number of the level from which prototypes of a stride are made.

    Raises:
        ValueError: If that level cannot be scaled up to it by a whole number.
    """
    level = next((place for place, own in enumerate(strides) if own >= stride), len(strides) - 1)
    if stride < 1 or strides[level] % stride:
        raise ValueError(
            f"the head 'instances' cannot make prototypes of stride {stride} from levels of strides"
            f" {', '.join(map(str, strides))}; set stride to one of these, or to what divides the finest"
        )
    return level


def block(channels: int, width: int) -> list[nn.Module]:
    """Return a 3x3 convolution with GroupNorm and ReLU."""
    return [nn.Conv2d(channels, width, 3, padding=1, bias=False), group_norm(width), nn.ReLU(inplace=True)]


class Coefficients(nn.Module):
    """At every anchor point, how much of each prototype is in the mask of its object.

    Args:
        width: Channels of the levels.
        depth: 3x3 convolutions.
        levels: L.
        count: k.
    """

    def __init__(self, width: int, depth: int, levels: int, count: int) -> None:
        super().__init__()
        self.branch = Branch(width, depth, levels)
        self.last = nn.Conv2d(width, count, 1)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Return coefficients (B, A, k) in [-1, 1] of levels (B, width, H_i, W_i)."""
        return by_point([self.last(x) for x in self.branch(levels)]).tanh()


def mix(coefficients: Tensor, prototypes: Tensor) -> Tensor:
    """Return masks as logits: of each of P points the sum of the prototypes, each times its coefficient.

    Args:
        coefficients: (B, P, k).
        prototypes: (B, k, h, w).

    Returns:
        (B, P, h, w) float32, also under autocast: an edge is where a sum of large numbers is about 0.
    """
    with torch.autocast(prototypes.device.type, enabled=False):
        return torch.einsum("bpk,bkhw->bphw", coefficients.float(), prototypes.float())


def paint(coefficients: Tensor, prototypes: Tensor, boxes: Tensor, size: tuple[int, int], stride: int) -> Tensor:
    """Return the masks of the r objects of one item, (r, H, W) bool: where logits are above 0, cut at the boxes.

    Args:
        coefficients: (r, k).
        prototypes: (k, h, w).
        boxes: (r, 4) xyxy in input pixels.
        size: H, W of the input.
        stride: Input pixels per cell of the prototypes.
    """
    logits = mix(coefficients[None], prototypes[None])[0]
    fine = F.interpolate(logits[:, None], scale_factor=stride, mode="bilinear", align_corners=False)[:, 0]
    masks: Tensor = fine[:, : size[0], : size[1]] > 0
    return masks & within(boxes, size, 1, 0.5)


def within(boxes: Tensor, shape: tuple[int, int], stride: int, reach: float) -> Tensor:
    """Return which cells of a grid lie in boxes: those whose middle is less than `reach` cells outside.

    Args:
        boxes: (..., 4) xyxy in input pixels.
        shape: h, w of the grid.
        stride: Input pixels per cell.
        reach: 0 takes middles within the box only, 0.5 all cells that it touches.

    Returns:
        (..., h, w) bool.
    """
    x1, y1, x2, y2 = (boxes / stride)[..., None].unbind(dim=-2)
    y = torch.arange(shape[0], device=boxes.device) + 0.5
    x = torch.arange(shape[1], device=boxes.device) + 0.5
    rows = (y > y1 - reach) & (y < y2 + reach)
    columns = (x > x1 - reach) & (x < x2 + reach)
    return rows[..., :, None] & columns[..., None, :]
