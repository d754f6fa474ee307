"""Masks as sums of prototypes."""

import torch

from polyhead.heads.instances.prototypes import mix, paint


def test_masks_are_as_exact_under_autocast_as_without() -> None:
    generator = torch.Generator().manual_seed(0)
    coefficients = torch.randn(3, 8, generator=generator).tanh()
    prototypes = 5 * torch.rand(8, 6, 7, generator=generator)
    boxes = torch.tensor([[0.0, 0, 28, 24]]).expand(3, 4)
    wanted = mix(coefficients[None], prototypes[None])
    with torch.autocast("cpu", torch.bfloat16):
        found = mix(coefficients[None], prototypes[None])
        masks = paint(coefficients, prototypes, boxes, (24, 28), 4)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)
    assert masks.equal(paint(coefficients, prototypes, boxes, (24, 28), 4))
