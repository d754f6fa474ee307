"""The textbook network does what its docstring says."""

import pytest
import torch
from torch import Tensor

from polyhead.backbones.convnet import ConvNet


def reach(network: ConvNet, level: int, size: int = 96) -> int:
    """Return the side of the square of input pixels with a gradient from the middle cell of a level."""
    image = torch.rand(1, 3, size, size, requires_grad=True)
    grid = network(image).levels[level]
    middle = grid.shape[-1] // 2
    grid[0, :, middle, middle].sum().backward()
    assert image.grad is not None
    touched = image.grad.abs().sum((0, 1)).nonzero()
    return int((touched.max(0).values - touched.min(0).values + 1).max())


@pytest.mark.parametrize("pool", ["average", "none"])
@pytest.mark.parametrize(("kernel", "depth"), [(3, 1), (3, 2), (5, 1)])
def test_the_receptive_field_is_where_gradients_come_from(pool: str, kernel: int, depth: int) -> None:
    # tanh and average pooling let every pixel of the field through, where ReLU and the maximum would stop some
    torch.manual_seed(0)
    network = ConvNet(channels=(4, 4, 4), depth=depth, kernel=kernel, activation="tanh", pool=pool, norm="none")
    assert [reach(network, level) for level in range(3)] == list(network.receptive_field())


def test_the_receptive_field_of_one_convolution_and_one_pooling_is_four() -> None:
    assert ConvNet(channels=(4,), depth=1).receptive_field() == (4,)


@pytest.mark.parametrize("pool", ["max", "average", "none"])
def test_each_stage_halves_the_grid_rounding_up(pool: str) -> None:
    levels = ConvNet(channels=(4, 4, 4), depth=1, pool=pool)(torch.rand(1, 3, 37, 50)).levels
    assert [tuple(level.shape[2:]) for level in levels] == [(19, 25), (10, 13), (5, 7)]


def shifted(image: Tensor, by: int) -> Tensor:
    return image.roll(by, dims=3)


def test_shifting_the_image_by_a_stride_shifts_the_grid_by_a_cell() -> None:
    network = ConvNet(channels=(4, 8), depth=1).eval()
    image = torch.zeros(1, 3, 64, 64)
    image[:, :, 24:40, 24:40] = torch.rand(1, 3, 16, 16)
    grid, moved = (network(x).levels[1] for x in (image, shifted(image, 4)))
    torch.testing.assert_close(moved[..., 4:12, 5:13], grid[..., 4:12, 4:12])


def test_the_pooled_vector_does_not_tell_where() -> None:
    network = ConvNet(channels=(4, 8), depth=1).eval()
    image = torch.full((1, 3, 64, 64), 0.5)
    image[:, :, 24:40, 24:40] = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(network(shifted(image, 8)).pooled, network(image).pooled)


def test_even_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="odd kernels"):
        ConvNet(kernel=4)
