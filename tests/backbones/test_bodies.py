"""timm's bodies and the pyramid."""

import pytest
import torch

from polyhead.backbones.convnet import ConvNet
from polyhead.backbones.cspnet import CSPNet
from polyhead.backbones.pyramid import Pyramid, fitting_width
from polyhead.backbones.timm import Timm
from polyhead.contracts import Backbone


def test_a_timm_model_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="'resnet18'"):
        Timm(model="resnet118")


def test_a_timm_model_whose_levels_do_not_get_coarser_is_refused() -> None:
    with pytest.raises(ValueError, match="ever coarser"):
        Timm(model="vit_tiny_patch16_224")


def test_a_timm_body_normalises_with_its_own_mean_and_deviation() -> None:
    body = Timm(model="resnet10t")
    assert body.mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])
    assert body.std.flatten().tolist() == pytest.approx([0.229, 0.224, 0.225])


def test_the_pyramid_passes_finer_levels_on_and_fuses_the_coarsest() -> None:
    body = CSPNet(channels=(8, 16, 24, 32), depth=(1, 1, 1, 1))
    neck = Pyramid(body, width=12, levels=3).eval()
    image = torch.rand(1, 3, 64, 64)
    assert neck.spec == ((8, 12, 12, 12), (4, 8, 16, 32), 32)
    torch.testing.assert_close(neck(image).levels[0], body(image).levels[0])


def test_every_level_of_the_pyramid_sees_every_level_of_the_body() -> None:
    neck = Pyramid(ConvNet(channels=(4, 4, 4), depth=1), width=4, levels=3)
    for level in range(3):
        neck.zero_grad()
        neck(torch.rand(2, 3, 32, 32)).levels[level].square().sum().backward()
        for lateral in neck.lateral:
            assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in list(lateral.parameters())[:1])


def test_the_pyramid_asks_for_no_more_levels_than_the_body_has() -> None:
    with pytest.raises(ValueError, match="levels=4"):
        Pyramid(ConvNet(channels=(4, 4)), levels=4)


@pytest.mark.parametrize(
    "body",
    [
        ConvNet(channels=(8, 32), depth=2, norm="group"),
        CSPNet(channels=(8, 32), depth=(1, 2), norm="group"),
        Pyramid(ConvNet(channels=(8, 32), depth=1, norm="group"), width=32, levels=2, norm="group"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_with_group_normalisation_an_image_trains_alone_as_it_does_among_others(body: Backbone) -> None:
    images = torch.rand(3, 3, 32, 32)
    together, alone = body.train()(images), body(images[:1])
    for one, other in zip((*alone.levels, alone.pooled), (*together.levels, together.pooled), strict=True):
        torch.testing.assert_close(one, other[:1], rtol=1e-4, atol=1e-5)
    norms = [module for module in body.modules() if isinstance(module, torch.nn.GroupNorm)]
    assert {(norm.num_channels, norm.num_groups) for norm in norms} >= {(32, 2), (8, 1)}
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in body.modules())


def test_the_smallest_cspnet_is_the_default_and_channels_and_depth_overrule_a_size() -> None:
    torch.manual_seed(0)
    told = CSPNet(channels=(32, 64, 128, 256), depth=(1, 2, 3, 2)).state_dict()
    torch.manual_seed(0)
    small = CSPNet().state_dict()
    assert told.keys() == small.keys()
    assert all(torch.equal(value, small[name]) for name, value in told.items())
    assert CSPNet(size="s", depth=(1, 1, 1, 1)).spec.channels == (64, 128, 256, 512)
    assert CSPNet(size="m", channels=(8, 8, 8, 8)).spec.channels == (8, 8, 8, 8)


def test_larger_cspnets_have_more_weights_and_the_pyramid_follows() -> None:
    necks = [Pyramid(CSPNet(size=size)) for size in ("n", "s", "m")]
    assert [neck.spec.channels[-1] for neck in necks] == [64, 128, 144]
    small, middle, large = (sum(p.numel() for p in neck.parameters()) for neck in necks)
    assert 3 * small < middle < large / 2


def test_the_width_of_a_pyramid_is_a_quarter_of_its_body_in_steps_and_within_bounds() -> None:
    assert [fitting_width(channels) for channels in (8, 256, 320, 640, 1000, 2048)] == [64, 64, 80, 160, 240, 256]
