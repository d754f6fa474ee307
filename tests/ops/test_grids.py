"""Cells of a grid as pixels."""

import torch

from polyhead.ops.grids import lay_out


def test_no_row_gives_no_pixel_and_still_a_gradient() -> None:
    x = torch.zeros(0, 12, 3, 5, requires_grad=True)
    pixels = lay_out(x, 2)
    assert pixels.shape == (0, 3, 6, 10)
    pixels.sum().backward()
    assert x.grad is not None
