"""Colour jitter as one affine map: the colours of torchvision, and hue as NTSC has it."""

import cmath
import colorsys
import math
from itertools import permutations

import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from polyhead.loading.colours import LUMA, ColorJitter, recoloured, turn


def image(low: int = 0, high: int = 256) -> Tensor:
    """Return pixels of every colour, (3, 32, 32) uint8, with values from `low` to below `high`."""
    return torch.randint(low, high, (3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def theirs(pixels: Tensor, changes: list[tuple[str, float]]) -> Tensor:
    """Return what torchvision makes of an image in floats, which it does not round."""
    floats = pixels.float() / 255
    for name, amount in changes:
        floats = getattr(v2.functional, f"adjust_{name}")(floats, amount)
    return floats * 255


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
@pytest.mark.parametrize("amount", [0.0, 0.3, 0.7, 1.0, 1.4, 2.5])
def test_one_change_is_that_of_torchvision_rounded(name: str, amount: float) -> None:
    ours = recoloured(image(), [(name, amount)]).float()
    assert (
        ours - theirs(image(), [(name, amount)])
    ).abs().max() <= 0.55  # half a level, and greys of 0.2989, not 0.299


@pytest.mark.parametrize("names", [*permutations(["brightness", "contrast", "saturation"])])
def test_several_changes_are_those_of_torchvision_in_the_same_order(names: tuple[str, ...]) -> None:
    changes = list(zip(names, (1.2, 0.8, 1.3), strict=True))
    pixels = image(60, 180)  # nothing is clamped on the way
    assert (recoloured(pixels, changes).float() - theirs(pixels, changes)).abs().max() <= 0.6


def test_the_jitter_draws_what_torchvision_draws() -> None:
    options = {"brightness": 0.2, "contrast": 0.2, "saturation": 0.2}
    pixels, targets = tv_tensors.Image(image(80, 160)), {"label": 3}
    for seed in range(5):
        torch.manual_seed(seed)
        expected = v2.ColorJitter(**options)(pixels)
        torch.manual_seed(seed)
        ours, same = ColorJitter(**options)(pixels, targets)
        assert (ours.int() - expected.int()).abs().max() <= 3  # torchvision cuts fractions off after each change
        assert type(ours) is tv_tensors.Image
        assert same is targets


@pytest.mark.parametrize("amount", [0.08, -0.2, 0.5])
def test_hue_turns_i_and_q_and_leaves_brightness_and_greys(amount: float) -> None:
    red, green, blue = 140.0, 110.0, 120.0
    luma, i, q = colorsys.rgb_to_yiq(red, green, blue)
    turned = turn(amount) @ torch.tensor([red, green, blue])
    after = colorsys.rgb_to_yiq(*turned.tolist())
    assert after[0] == pytest.approx(luma, abs=0.2)  # colorsys has 0.30, 0.59, 0.11
    angle = cmath.phase(complex(*after[1:])) - cmath.phase(complex(i, q))
    assert math.cos(angle + math.tau * amount) == pytest.approx(1, abs=1e-3)
    assert abs(complex(*after[1:])) == pytest.approx(abs(complex(i, q)), rel=0.01)
    assert LUMA @ turned == pytest.approx(float(LUMA @ torch.tensor([red, green, blue])), abs=1e-3)
    grey = torch.full((3, 4, 4), 77, dtype=torch.uint8)
    assert torch.equal(recoloured(grey, [("hue", amount)]), grey)


def test_hue_goes_the_way_of_torchvision() -> None:
    pixels = image(60, 190)
    moved = [recoloured(pixels, [("hue", turns)]).float() - pixels for turns in (0.05, -0.05)]
    there = theirs(pixels, [("hue", 0.05)]) - pixels
    assert (moved[0] * there).sum() > 0 > (moved[1] * there).sum()


def test_what_leaves_the_range_is_clamped() -> None:
    assert recoloured(image(), [("brightness", 300.0)]).unique().tolist() == [0, 255]
    darker = recoloured(image(), [("contrast", 9.0)])
    assert {0, 255} < set(darker.unique().tolist())
