"""What the tests of the detection head share."""

from collections.abc import Callable

import pytest
import torch

from polyhead.contracts import Features, FeatureSpec

Make = Callable[[int, tuple[int, int]], Features]


@pytest.fixture
def spec() -> FeatureSpec:
    return FeatureSpec((16, 16, 16), (8, 16, 32), 16)


@pytest.fixture
def features(spec: FeatureSpec) -> Make:
    """Features of random images: of how many, and of what H, W."""

    def make(batch: int, size: tuple[int, int]) -> Features:
        generator = torch.Generator().manual_seed(0)
        levels = tuple(
            torch.randn(batch, channels, -(-size[0] // stride), -(-size[1] // stride), generator=generator)
            for channels, stride in zip(spec.channels, spec.strides, strict=True)
        )
        return Features(levels, torch.zeros(batch, spec.width), size, None)

    return make
