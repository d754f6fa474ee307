"""Any convolutional model of timm as a body."""

from typing import Any

import timm
import torch
from torch import Tensor, nn

from polyhead.contracts import Backbone, Features, FeatureSpec
from polyhead.errors import nearest


class Timm(Backbone):
    """A convolutional model of timm: its levels, its strides, its own normalisation of the input.

    Args:
        model: A name that timm knows (`timm.list_models()`), such as `resnet18` or `mobilenetv3_large_100`.
        pretrained: Start from timm's weights, which its hub downloads once; else from random ones.

    Raises:
        ValueError: If timm has no such model, or it is no convolutional model with ever coarser levels.
    """

    def __init__(self, *, model: str = "resnet18", pretrained: bool = False) -> None:
        super().__init__()
        if not timm.is_model(model.partition(".")[0]):
            raise ValueError(f"timm has no model {model!r}{nearest(model, timm.list_models())}")
        body = _features_only(model, pretrained)
        channels, strides = tuple(body.feature_info.channels()), tuple(body.feature_info.reduction())
        if list(strides) != sorted(set(strides)):
            raise ValueError(f"{model!r} has levels of strides {strides}; take a model of ever coarser levels")
        self.spec = FeatureSpec(channels, strides, channels[-1])
        self.body: nn.Module = body
        config = body.pretrained_cfg
        self.mean = nn.Buffer(torch.tensor(config["mean"]).view(3, 1, 1), persistent=False)
        self.std = nn.Buffer(torch.tensor(config["std"]).view(3, 1, 1), persistent=False)

    def forward(self, inputs: Tensor) -> Features:
        """Return timm's levels of (B, 3, H, W) images.

        Models differ in how they round sides that their stride does not divide. So these are padded with the mean
        colour up to the next multiple, and the levels cut to the ceil(H / s) that the contract asks for.
        """
        height, width = inputs.shape[2:]
        coarsest = self.spec.strides[-1]
        x = nn.functional.pad((inputs - self.mean) / self.std, (0, -width % coarsest, 0, -height % coarsest))
        levels = tuple(
            level[:, :, : -(-height // stride), : -(-width // stride)]
            for level, stride in zip(self.body(x), self.spec.strides, strict=True)
        )
        return Features(levels, levels[-1].mean((2, 3)), (height, width), None)


def _features_only(model: str, pretrained: bool) -> Any:
    try:
        return timm.create_model(model, pretrained=pretrained, features_only=True)
    except (RuntimeError, AttributeError, AssertionError) as error:
        raise ValueError(f"timm's {model!r} does not give its levels: {error}") from error
