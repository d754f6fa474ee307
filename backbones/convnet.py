"""The textbook convolutional network."""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from polyhead.contracts import Backbone, Features, FeatureSpec
from polyhead.ops.norms import group_norm

Activation = Literal["relu", "leaky_relu", "elu", "silu", "gelu", "tanh"]
ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
}


class ConvNet(Backbone):
    """The textbook network: stages of convolution, activation and pooling.

    **Convolution.** A small bank of weights, the *kernel* (k x k), slides over the image; at each place it gives the
    weighted sum of what lies under it, one number for each output channel. The same weights serve every place, so a
    pattern is found wherever it stands: shift the input and the output shifts with it (translation equivariance). The
    *stride* s is the kernel's step, the *padding* p the rim of zeros that lets it stand on the border. Along one
    side, n inputs become

        floor((n + 2 p - k) / s) + 1        outputs; with k odd, p = (k - 1) / 2 that is ceil(n / s)

    **Activation.** ReLU, max(0, x), or another function of one number. Without it, a stack of convolutions would
    still be one linear map, and no deeper than a single layer.

    **Pooling.** Each window of 2 x 2 becomes its maximum (is the pattern anywhere here?) or its average (how much of
    it?), which halves the grid: ceil(n / 2). What remains changes little when the input moves by a pixel
    (translation invariance); `pool: none` halves by a convolution of stride 2 instead. The mean over the whole last
    grid gives the `pooled` vector: it forgets where, and keeps what.

    **Spatial hierarchy.** The *receptive field* of a cell is the square of input pixels that can change it. With r = 1
    and jump j = 1 at the input, each layer of kernel k and stride s makes

        r <- r + (k - 1) j,    j <- j s

    so that early stages see edges, later ones strokes and corners, the last ones whole objects.

    Args:
        channels: Output channels of each stage; their number is the number of stages. Level i has stride 2^(i + 1).
        depth: Convolutions in each stage.
        kernel: Side of the convolutions' kernels; odd.
        activation: The function between layers.
        pool: How a stage halves its grid at its end.
        norm: What follows each convolution: batch normalisation; group normalisation, which sees each image by itself
            and so does not mind small batches; or nothing, as in the first networks.

    Raises:
        ValueError: If `channels` is empty, `depth` below 1, or `kernel` even.

    References:
        LeCun et al., Gradient-based learning applied to document recognition, 1998. Simonyan and Zisserman, arXiv
        1409.1556. Receptive fields: Araujo et al., distill.pub/2019/computing-receptive-fields.
    """

    def __init__(
        self,
        *,
        channels: tuple[int, ...] = (32, 64, 128, 256),
        depth: int = 2,
        kernel: int = 3,
        activation: Activation = "relu",
        pool: Literal["max", "average", "none"] = "max",
        norm: Literal["batch", "group", "none"] = "batch",
    ) -> None:
        super().__init__()
        if not channels or depth < 1 or kernel % 2 == 0:
            raise ValueError(
                f"channels={channels}, depth={depth}, kernel={kernel}: take one stage or more, odd kernels"
            )
        self.stages = nn.ModuleList(
            _stage(inside, outside, depth=depth, kernel=kernel, activation=activation, pool=pool, norm=norm)
            for inside, outside in pairwise((3, *channels))
        )
        strides = tuple(2 ** (stage + 1) for stage in range(len(channels)))
        self.spec = FeatureSpec(channels, strides, channels[-1])

    def forward(self, inputs: Tensor) -> Features:
        """Return one level a stage, of (B, 3, H, W) images."""
        x, levels = inputs - 0.5, []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        return Features(tuple(levels), x.mean((2, 3)), (inputs.shape[2], inputs.shape[3]), None)

    def receptive_field(self) -> tuple[int, ...]:
        """Return the side, in input pixels, of the square that can change one cell of each level."""
        size, jump, sizes = 1, 1, []
        for stage in self.stages:
            for layer in stage.modules():
                if isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
                    size += (_side(layer.kernel_size) - 1) * jump
                    jump *= _side(layer.stride)
            sizes.append(size)
        return tuple(sizes)


def _side(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0]


def _stage(
    inside: int, outside: int, *, depth: int, kernel: int, activation: Activation, pool: str, norm: str
) -> nn.Sequential:
    layers: list[nn.Module] = []
    for step in range(depth):
        stride = 2 if pool == "none" and step == depth - 1 else 1
        bias = norm == "none"
        layers.append(nn.Conv2d(inside if step == 0 else outside, outside, kernel, stride, kernel // 2, bias=bias))
        layers += [nn.BatchNorm2d(outside)] if norm == "batch" else []
        layers += [group_norm(outside)] if norm == "group" else []
        layers.append(ACTIVATIONS[activation]())
    if pool == "max":
        layers.append(nn.MaxPool2d(2, ceil_mode=True))
    elif pool == "average":
        layers.append(nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False))
    return nn.Sequential(*layers)
