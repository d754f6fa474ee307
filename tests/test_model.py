"""Backbone and heads as one network."""

import torch

from polyhead.backbones.convnet import ConvNet
from polyhead.contracts import Features
from polyhead.heads.classification import Classification
from polyhead.heads.regression import Regression
from polyhead.model import Model


def small() -> Model:
    """Return a model of two heads."""
    body = ConvNet(channels=(4, 8), depth=1)
    return Model(body, {"label": Classification(body.spec, ("a", "b")), "mass": Regression(body.spec)})


def test_one_forward_of_the_backbone_serves_all_heads() -> None:
    model, seen = small(), list[Features]()
    model.backbone.register_forward_hook(lambda _module, _inputs, features: seen.append(features))
    outputs = model(torch.rand(3, 3, 16, 16))
    assert {name: tuple(tensor.shape) for name, tensor in outputs.items()} == {"label": (3, 2), "mass": (3, 1)}
    assert len(seen) == 1


def test_a_deployed_model_is_a_copy_that_gives_the_same_and_leaves_the_model_in_training() -> None:
    model, images = small(), torch.rand(3, 3, 16, 16)
    deployed = model.deploy()
    assert model.training
    assert model.backbone.training
    assert not deployed.training
    assert deployed.backbone is not model.backbone
    torch.testing.assert_close(deployed(images), model.eval()(images))
