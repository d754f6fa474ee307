"""BatchNorm, folded into the convolution before it."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from polyhead.ops.folding import folded

PROBE = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def norms(network: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def lived(network: nn.Module) -> nn.Module:
    """Return a network whose statistics and weights are not those of a new one."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_var is not None:
            module.running_mean, module.running_var = (
                torch.randn_like(module.running_var),
                0.5 + torch.rand_like(module.running_var),
            )
            nn.init.uniform_(module.weight, -1, 1)
            nn.init.normal_(module.bias)
    return network


class Reused(nn.Module):
    """What a convolution gives is normalised and read by something else too, or in other ways is not to be folded."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)
        if how == "weights of its own making":
            self.convolution = weight_norm(self.convolution)
        self.norm = nn.BatchNorm2d(3, track_running_stats=how != "no statistics")
        self.other = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.convolution(x)
        if self.how == "a way around":
            return self.norm(y) + y
        if self.how == "two norms":
            return self.norm(y) + self.other(y)
        if self.how == "twice the convolution":
            return self.norm(self.convolution(y))
        if self.how == "twice the norm":
            return self.norm(self.norm(y))
        if self.how == "an activation between":
            return self.norm(y.relu())
        return self.norm(y)


HOWS = ("a way around", "two norms", "twice the convolution", "twice the norm", "an activation between")


@pytest.mark.parametrize("how", [*HOWS, "no statistics", "weights of its own making"])
def test_what_cannot_be_folded_is_left_and_the_rest_is_not(how: str) -> None:
    network = lived(nn.Sequential(nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), Reused(how))).eval()
    copy = folded(network, PROBE)
    assert norms(copy) == 2
    assert norms(network) == 3
    torch.testing.assert_close(copy(PROBE), network(PROBE), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("options", [{}, {"groups": 3, "stride": 2}, {"padding_mode": "reflect", "dilation": 2}])
def test_a_folded_convolution_answers_the_same(bias: bool, options: dict[str, int]) -> None:
    convolution = nn.Conv2d(3, 6, 3, padding=1, bias=bias, **options)  # type: ignore[arg-type]  # a dict of all kinds
    network = lived(nn.Sequential(convolution, nn.BatchNorm2d(6, eps=1e-2), nn.ReLU(inplace=True)))
    copy = folded(network, PROBE)
    assert norms(copy) == 0
    assert not copy.training
    assert network.training
    assert norms(network) == 1
    other = torch.rand(2, 3, 23, 9)
    torch.testing.assert_close(copy(other), network.eval()(other), rtol=1e-4, atol=1e-4)


def test_folding_again_changes_nothing() -> None:
    once = folded(lived(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))), PROBE)
    twice = folded(once, PROBE)
    assert [*twice.state_dict()] == [*once.state_dict()]
    assert torch.equal(twice(PROBE), once(PROBE))


def test_an_activation_within_the_norm_stays() -> None:
    class Active(nn.BatchNorm2d):
        def __init__(self) -> None:
            super().__init__(4)
            self.act = nn.SiLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.act(super().forward(x))  # type: ignore[no-any-return]  # a Module returns Any

    network = lived(nn.Sequential(nn.Conv2d(3, 4, 3), Active())).eval()
    copy = folded(network, PROBE)
    assert norms(copy) == 0
    torch.testing.assert_close(copy(PROBE), network(PROBE), rtol=1e-4, atol=1e-4)
