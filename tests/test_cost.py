"""What networks cost, against operations that are counted by hand."""

import json
from typing import Any

import pytest
import torch
from torch import nn

from polyhead.backbones.convnet import ConvNet
from polyhead.cli.entry import main
from polyhead.contracts import FeatureSpec
from polyhead.cost import Cost, cost_of, cost_of_recipe, counted
from polyhead.errors import UserError
from polyhead.heads.classification import Classification
from polyhead.heads.segmentation import Segmentation
from polyhead.model import Model
from polyhead.recipes.resolving import resolve


def test_a_convolution_and_a_matrix_cost_two_operations_for_each_multiply_add() -> None:
    assert counted(nn.Conv2d(3, 8, 3, padding=1), torch.zeros(1, 3, 5, 7))[1] == 2 * (5 * 7) * 8 * (3 * 3 * 3)
    assert counted(nn.Conv2d(6, 6, 3, stride=2, groups=6), torch.zeros(1, 6, 5, 7))[1] == 2 * (2 * 3) * 6 * (3 * 3)
    assert counted(nn.Linear(10, 4), torch.zeros(1, 10))[1] == 2 * 10 * 4


def test_the_parts_of_a_model_by_hand_and_the_whole_is_their_sum() -> None:
    backbone = ConvNet(channels=(4, 8), depth=1, norm="none")
    label, mask = Classification(backbone.spec, ("a", "b")), Segmentation(backbone.spec, ("a", "b"), width=4)
    found = cost_of(Model(backbone, {"label": label, "mask": mask}), torch.zeros(1, 3, 8, 16))
    body = Cost(4 * 27 + 4 + 8 * 36 + 8, 2 * (8 * 16) * 4 * 27 + 2 * (4 * 8) * 8 * 36)
    assert found["backbone"] == body
    assert found["heads.label"] == Cost(8 * 2 + 2, 2 * 8 * 2)
    cells = 2 * 4  # of stride 4: its lateral convolution, one of 3 x 3, its norm, and 2 x 16 logits a cell
    assert found["heads.mask"] == Cost(
        (8 * 4 + 4) + 4 * 36 + 2 * 4 + (4 * 32 + 32), 2 * cells * (8 * 4 + 4 * 36 + 4 * 32)
    )
    parts = [found[name] for name in ("backbone", "heads.label", "heads.mask")]
    assert found["in all"] == Cost(*map(sum, zip(*parts, strict=True)))


def test_a_part_that_only_training_needs_costs_nothing() -> None:
    class Trained(Classification):
        def __init__(self, spec: FeatureSpec, labels: tuple[str, ...]) -> None:
            super().__init__(spec, labels)
            self.helper: nn.Module = nn.Linear(1000, 1000)

        def deploy(self) -> Any:
            head = super().deploy()
            head.helper = nn.Identity()
            return head

    backbone = ConvNet(channels=(4,), depth=1)
    head = Trained(backbone.spec, ("a", "b"))
    assert cost_of(Model(backbone, {"label": head}), torch.zeros(1, 3, 8, 8))["heads.label"].parameters == 4 * 2 + 2
    assert isinstance(head.helper, nn.Linear)


def test_a_recipe_costs_what_its_size_says_and_fetches_no_weights() -> None:
    body = {"name": "timm", "model": "test_resnet", "weights": "/nowhere.pth"}
    recipe = {"task": {"name": "classification", "backbone": body}, "data": {"name": "digits", "size": [32, 64]}}
    small = cost_of_recipe(resolve(recipe).recipe)
    large = cost_of_recipe(resolve(recipe, ["data.size=64"]).recipe)
    assert large["backbone"].flops == 2 * small["backbone"].flops
    assert large["heads.label"] == small["heads.label"]


def test_a_size_that_is_none_is_said_in_a_line() -> None:
    with pytest.raises(UserError, match=r"data\.size: 'wide' does not fit"):
        cost_of_recipe(resolve("segmentation", ["data.size=wide"]).recipe)


def test_show_prints_costs_below_the_options_and_writes_them_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "segmentation", "--cost"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-5].split() == ["part", "parameters", "GFLOPs"]
    assert [line.split()[0] for line in lines[-4:-1]] == ["backbone", "heads.mask", "in"]
    assert "2 x MACs" in lines[-1]
    assert main(["show", "segmentation", "--cost", "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["cost"]["in all"]["parameters"] / 1e6 == pytest.approx(float(lines[-2].split()[2]), abs=5e-4)
    assert main(["show", "heads.detection", "--cost"]) == 2
