"""timm's families as bodies: one small model of each keeps the contract, learns, and sees images as timm shows them."""

from pathlib import Path

import pytest
import timm
import torch
from torchvision.transforms.v2 import functional as T

from polyhead.backbones.pyramid import Pyramid
from polyhead.backbones.timm import Timm
from polyhead.checks.backbones import features_carry_the_size, finest_level_comes_first, spec_is_the_real_one
from polyhead.heads.segmentation import Segmentation

FAMILIES = (
    "resnet18",
    "resnet26d",
    "efficientnet_b0",
    "tf_efficientnet_lite0",
    "mobilenetv3_small_050",
    "mobilenetv4_conv_small_035",
    "convnext_atto",
    "regnetx_002",
    "cspresnet50",
    "cspdarknet53",
    "darknet17",
    "hrnet_w18_small",
    "dla34",
    "dla46_c",
    "ghostnet_050",
    "repvgg_a0",
    pytest.param("vgg11_bn", marks=pytest.mark.slow),  # timm builds its 100 million weights above the levels too
    "densenet121",
)
GO_ON = ("efficientnet_b0", "tf_efficientnet_lite0", "hrnet_w18_small", "ghostnet_050")
"""Whole models with one more convolution before what they call their features."""
each_family = pytest.mark.parametrize("model", FAMILIES)


@each_family
def test_the_spec_is_measured_true_at_even_odd_and_small_sizes(model: str) -> None:
    for check in (spec_is_the_real_one, finest_level_comes_first, features_carry_the_size):
        check(lambda: Timm(model=model))


@each_family
def test_every_weight_has_a_finite_gradient_through_a_pyramid_and_a_head(model: str) -> None:
    torch.manual_seed(0)
    neck = Pyramid(Timm(model=model), width=16, levels=3)
    head = Segmentation(neck.spec, ("background", "object"), width=16, finest=1)
    images, masks = torch.rand(2, 3, 64, 64), torch.randint(2, (2, 64, 64))
    features = neck(images)
    losses = head.loss(head(features), masks)
    total = torch.stack([loss.total / loss.count for loss in losses.values()]).sum() + features.pooled.square().mean()
    total.backward()
    assert total.isfinite()
    for name, parameter in [*neck.named_parameters(), *head.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@each_family
def test_images_are_normalised_and_scaled_as_timm_evaluates_the_model(model: str) -> None:
    body, seen = Timm(model=model).eval(), []
    body.body.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    image = torch.rand(1, 3, 64, 64)
    body(image)
    config = timm.data.resolve_data_config(pretrained_cfg=timm.get_pretrained_cfg(model).to_dict())
    torch.testing.assert_close(seen[0], T.normalize(image, config["mean"], config["std"]))
    assert body.interpolation == config["interpolation"]


def test_interpolation_is_that_of_the_training_that_a_name_stands_for_and_of_the_body_in_a_neck() -> None:
    assert Timm(model="resnet18").interpolation == "bicubic"
    assert Timm(model="resnet18.tv_in1k").interpolation == "bilinear"  # torchvision's
    assert Pyramid(Timm(model="resnet18")).interpolation == "bicubic"


@pytest.mark.parametrize("model", [family for family in FAMILIES if family not in GO_ON])
def test_the_last_level_is_what_the_whole_model_makes_there_with_the_same_weights(model: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole, image = timm.create_model(model, num_classes=2).eval(), torch.rand(1, 3, 64, 64)
    torch.save(whole.state_dict(), tmp_path / "weights.pth")
    body = Timm(model=model, weights=str(tmp_path / "weights.pth")).eval()
    with torch.no_grad():
        torch.testing.assert_close(body(image).levels[-1], whole.forward_features((image - body.mean) / body.std))


@pytest.mark.parametrize("model", GO_ON)
def test_every_weight_of_a_body_is_one_of_the_file(model: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = timm.create_model(model).state_dict()
    torch.save(state, tmp_path / "weights.pth")
    torch.manual_seed(1)
    for name, value in Timm(model=model, weights=str(tmp_path / "weights.pth")).body.named_parameters():
        assert any(one.shape == value.shape and torch.equal(one, value) for one in state.values()), name


def test_a_new_body_is_in_training_and_its_statistics_are_untouched() -> None:
    body = Timm(model="test_resnet")  # timm's own, for tests
    assert all(module.training for module in body.modules())
    assert not any(value for name, value in body.named_buffers() if name.endswith("num_batches_tracked"))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("vit_tiny_patch16_224", r"levels of strides \(16, 16, 16\); take a model of ever coarser levels"),
        ("coatnet_nano_rw_224", r"takes no image of 64 x 96 pixels \(.*\); take another, such as a ResNet"),
        ("crossvit_tiny_240", r"makes \[\(96, 20, 20\), .* of 34 x 51 pixels, and not \[\(96, 3, 5\).*; take another"),
        ("resnet18.nonsense", "timm does not give the levels of 'resnet18.nonsense': Invalid pretrained tag"),
    ],
)
def test_what_makes_no_grids_of_any_image_is_refused_in_one_line(model: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        Timm(model=model)
    assert "\n" not in str(caught.value)
