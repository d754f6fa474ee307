"""How fast each weight learns: slower where it did not start at random, and the slower the further from the heads."""

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import nn

from polyhead.backbones.convnet import ConvNet
from polyhead.backbones.pyramid import Pyramid
from polyhead.backbones.timm import Timm
from polyhead.contracts import Backbone, Features, FeatureSpec
from polyhead.errors import UserError
from polyhead.tasks._optimizer import distances, rate_factors
from polyhead.tasks.multitask import Multitask

LABELS = {"label": ("a", "b"), "mask": ("background", "a")}
HEADS: dict[str, dict[str, Any]] = {
    "label": {"name": "classification"},
    "mask": {"name": "segmentation", "width": 8, "lr": 0.5},
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of weights of resnet18."""
    file = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(timm.create_model("resnet18").state_dict(), file)
    return str(file)


def rates(backbone: dict[str, Any], **options: Any) -> dict[str, float]:
    """Return the learning rate of each parameter of a task's optimiser, by name; lr is 1 and weight decay 0.05."""
    task = Multitask(backbone, HEADS, LABELS, lr=1.0, **options)
    names = {parameter: name for name, parameter in task.model.named_parameters()}
    found = [(names[p], group["lr"]) for group in task.configure_optimizers().param_groups for p in group["params"]]
    assert sorted(name for name, _ in found) == sorted(names.values())  # each once
    return dict(found)


def neck(weights: str, **options: Any) -> dict[str, Any]:
    return {"name": "pyramid", "width": 8, "body": {"name": "timm", "model": "resnet18", "weights": weights}, **options}


def test_what_was_loaded_learns_at_a_tenth_and_neck_and_heads_at_their_full_rates(weights: str) -> None:
    for name, rate in rates(neck(weights)).items():
        expected = 0.1 if name.startswith("backbone.body.body.") else 0.5 if name.startswith("heads.mask") else 1.0
        assert rate == pytest.approx(expected), name


def test_a_body_that_starts_at_random_learns_at_the_full_rate() -> None:
    assert {rate for name, rate in rates(neck("none")).items() if name.startswith("backbone")} == {1.0}


def test_the_share_of_what_was_loaded_is_an_option(weights: str) -> None:
    assert rates(neck(weights), pretrained_lr=0.25)["backbone.body.body.conv1.weight"] == pytest.approx(0.25)
    assert rates(neck(weights), pretrained_lr=1.0)["backbone.body.body.conv1.weight"] == 1.0


AWAY = {"layer4": 0, "layer3": 1, "layer2": 2, "layer1": 3, "bn1": 4, "conv1": 4}
"""Levels between a resnet18's layers and the heads: strides 32, 16, 8, 4, and 2 after the stem."""


@pytest.mark.parametrize("in_a_neck", [True, False])
def test_the_rate_decays_by_level_away_from_the_heads(in_a_neck: bool, weights: str) -> None:
    recipe = neck(weights) if in_a_neck else neck(weights)["body"]
    inner = "backbone.body.body." if in_a_neck else "backbone.body."
    found = rates(recipe, layer_decay=0.5)
    assert {name.removeprefix(inner).partition(".")[0] for name in found if name.startswith(inner)} == set(AWAY)
    for name, rate in found.items():
        if name.startswith(inner):
            assert rate == pytest.approx(0.1 * 0.5 ** AWAY[name.removeprefix(inner).partition(".")[0]]), name
        else:
            assert rate == (0.5 if name.startswith("heads.mask") else 1.0), name


def test_a_body_at_random_decays_by_level_too() -> None:
    body = ConvNet(channels=(4, 4, 4), depth=1)
    factors = rate_factors(body, pretrained=0.1, decay=0.5)
    assert [{factors[p] for p in stage.parameters()} for stage in body.stages] == [{0.25}, {0.5}, {1.0}]


def test_frozen_parts_are_in_no_group_and_the_rest_keeps_its_rates(weights: str) -> None:
    task = Multitask(neck(weights), HEADS, LABELS, lr=1.0, freeze=("backbone.body.body.layer1",), layer_decay=0.5)
    frozen = set(task.model.backbone.get_submodule("body.body.layer1").parameters())
    groups = task.configure_optimizers().param_groups
    learning = {p: group["lr"] for group in groups for p in group["params"]}
    assert not frozen & learning.keys()
    assert learning[task.model.backbone.get_parameter("body.body.conv1.weight")] == pytest.approx(0.1 * 0.5**4)


def test_measuring_distances_leaves_a_body_as_it_was(weights: str) -> None:
    body = Pyramid(Timm(model="resnet18", weights=weights), width=8)
    before = {name: value.clone() for name, value in body.state_dict().items() if isinstance(value, torch.Tensor)}
    distances(body)
    assert body.training
    assert all(parameter.grad is None for parameter in body.parameters())
    for name, value in body.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_measuring_distances_draws_no_random_numbers() -> None:
    body = ConvNet(channels=(4,), depth=1)
    body.stages[0].append(nn.Dropout(0.5))  # type: ignore[operator]  # a ModuleList forgets what it holds
    state = torch.get_rng_state()
    distances(body)
    assert torch.equal(torch.get_rng_state(), state)


class Graph(Backbone):
    """A backbone without grids, as of molecules."""

    def __init__(self) -> None:
        super().__init__()
        self.spec = FeatureSpec((4,), (), 4)
        self.layer = nn.Linear(4, 4)

    def forward(self, inputs: Any) -> Features:
        """Return one level."""
        level = self.layer(inputs)
        return Features((level,), level, None, torch.arange(len(level)))


def test_decay_by_level_needs_levels_of_an_image() -> None:
    with pytest.raises(
        UserError, match=r"task\.layer_decay: the backbone Graph has no levels of an image; leave it at 1"
    ):
        rate_factors(Graph(), pretrained=0.1, decay=0.9)
    assert set(rate_factors(Graph(), pretrained=0.1, decay=1.0).values()) == {1.0}


@pytest.mark.parametrize(("option", "value"), [("layer_decay", 1.5), ("layer_decay", -0.1), ("pretrained_lr", -1.0)])
def test_factors_out_of_range_are_refused(option: str, value: float) -> None:
    with pytest.raises(UserError, match=rf"task\.{option}: {value:g} does not fit; it takes 0 or more"):
        rates(neck("none"), **{option: value})


def test_a_run_that_goes_on_without_the_file_keeps_the_rates_of_what_was_loaded(weights: str, tmp_path: Path) -> None:
    begun = Multitask(neck(weights), HEADS, LABELS, lr=1.0)
    torch.save(begun.state_dict(), tmp_path / "state.pth")
    other = Multitask(neck("none"), HEADS, LABELS, lr=1.0)
    other.load_state_dict(torch.load(tmp_path / "state.pth", weights_only=True))
    shapes = [[(group["lr"], p.shape) for p in group["params"]] for group in other.configure_optimizers().param_groups]
    assert shapes == [
        [(group["lr"], p.shape) for p in group["params"]] for group in begun.configure_optimizers().param_groups
    ]
    assert any(lr == pytest.approx(0.1) for group in shapes for lr, _ in group)
