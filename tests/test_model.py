"""Backbone and heads as one network."""

from typing import Any

import pytest
import torch
from torch import nn

from polyhead.backbones.convnet import ConvNet
from polyhead.contracts import Features
from polyhead.heads.classification import Classification
from polyhead.heads.regression import Regression
from polyhead.model import Model, build_model


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
    torch.testing.assert_close(deployed(images), model.eval()(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "body", [{"name": "cspnet"}, {"name": "convnet", "channels": [8, 16, 24]}, {"name": "timm", "model": "resnet18"}]
)
@pytest.mark.parametrize("nms", [True, False])
def test_a_deployed_model_has_no_batch_norm_left_and_answers_the_same(body: dict[str, Any], nms: bool) -> None:
    torch.manual_seed(0)
    heads = {"boxes": {"name": "detection", "one_to_one": True, "nms": nms}}
    task = {"backbone": {"name": "pyramid", "body": body, "width": 16}, "heads": heads, "labels": {"boxes": ["a", "b"]}}
    model = build_model(task)
    for _ in range(2):
        model(2 * torch.rand(4, 3, 64, 64))  # statistics that are not those of a new network
    deployed, images = model.deploy(), torch.rand(2, 3, 97, 70)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in deployed.modules())
    assert any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    head, small = (each.named_heads()["boxes"] for each in (model.eval(), deployed))
    wanted = head.decode(model(images)["boxes"])
    again = deployed.deploy()
    for other in (deployed, again):
        found = small.decode(other(images)["boxes"])
        torch.testing.assert_close(found["scores"], wanted["scores"], rtol=1e-4, atol=1e-4)
        if nms:
            torch.testing.assert_close(found["boxes"], wanted["boxes"], rtol=1e-4, atol=1e-2)
    assert [*again.state_dict()] == [*deployed.state_dict()]
