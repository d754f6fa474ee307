"""Images are scaled as suits the backbone, or as the recipe says, in training and in prediction alike."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors

import polyhead
from polyhead import checkpoints
from polyhead.backbones.convnet import ConvNet
from polyhead.contracts import Interpolation
from polyhead.heads.regression import Regression
from polyhead.loading.image_module import ImageModule
from polyhead.loading.letterbox import letterbox
from polyhead.loading.source import Item, Source, Split
from polyhead.model import Model
from polyhead.predictor import Predictor

IMAGE = torch.randint(256, (3, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
SIZE = 16


class One(Source):
    """The same image in every split."""

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return one target."""
        return {"mass": ()}

    def size(self, _split: Split) -> int:
        """Return 1."""
        return 1

    def item(self, _split: Split, _index: int) -> Item:
        """Return the image."""
        return Item(tv_tensors.Image(IMAGE), {"mass": torch.ones(1)})

    def fingerprint(self) -> str:
        """Return the same always."""
        return "one"


def scaled(interpolation: Interpolation) -> Tensor:
    """Return the image as it should reach the network."""
    return letterbox(IMAGE, SIZE, interpolation)[0]


def loaded(data: ImageModule) -> list[Tensor]:
    """Return the image as each split's loader gives it."""
    loaders = (data.train_dataloader(), data.val_dataloader(), data.test_dataloader())
    return [next(iter(loader)).inputs[0] for loader in loaders]


@pytest.mark.parametrize(
    ("option", "body", "expected"),
    [
        ("auto", "bicubic", "bicubic"),
        ("auto", "bilinear", "bilinear"),
        ("nearest", "bicubic", "nearest"),
        ("bilinear", "bicubic", "bilinear"),
    ],
)
def test_every_split_is_scaled_as_the_recipe_says_or_as_suits_the_body(
    option: Any, body: Interpolation, expected: Interpolation
) -> None:
    data = ImageModule(One(), size=SIZE, batch=1, workers=0, augment="none", interpolation=option)
    data.suit(body)
    for image in loaded(data):
        assert torch.equal(image, scaled(expected))


def model(interpolation: Interpolation) -> tuple[Model, list[Tensor]]:
    """Return a network that wants its images scaled so, and the list of those that its copies will see."""
    body, seen = ConvNet(channels=(4,), depth=1), []
    body.interpolation = interpolation
    body.register_forward_pre_hook(lambda _, given: seen.append(given[0][0]))
    return Model(body, {"mass": Regression(body.spec)}), seen


@pytest.mark.parametrize("told", [None, "nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("body", ["bilinear", "bicubic"])
def test_a_predictor_scales_as_it_is_told_or_as_suits_the_body(body: Interpolation, told: Interpolation | None) -> None:
    network, seen = model(body)
    Predictor(network, SIZE, interpolation=told).predict(IMAGE)
    torch.testing.assert_close(seen[-1], scaled(told or body).float() / 255)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [({"interpolation": "auto"}, "bicubic"), ({"interpolation": "nearest"}, "nearest"), ({}, "bilinear")],
)
def test_a_checkpoint_predicts_with_the_scaling_that_it_was_trained_with(
    stored: dict[str, str], expected: str, tmp_path: Path
) -> None:
    body = {"name": "timm", "model": "test_efficientnet", "weights": "none"}  # timm's own, for tests; bicubic
    node = {"backbone": body, "heads": {"mass": {"name": "regression"}}, "labels": {"mass": []}}
    network = polyhead.model.build_model(node)
    weights = {f"{checkpoints.PREFIX}{name}": value for name, value in network.state_dict().items()}
    recipe = {"task": node, "data": {"size": SIZE, **stored}}
    torch.save({"state_dict": weights, "polyhead": checkpoints.stamp(recipe)}, tmp_path / "a.ckpt")
    assert polyhead.load(tmp_path / "a.ckpt").interpolation == expected
