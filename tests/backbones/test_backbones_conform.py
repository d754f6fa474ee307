"""Our own backbones keep the contract that plugins must keep."""

from polyhead.backbones.convnet import ConvNet
from polyhead.backbones.cspnet import CSPNet
from polyhead.backbones.pyramid import Pyramid
from polyhead.backbones.timm import Timm
from polyhead.checks import parametrize_backbones

test_backbones = parametrize_backbones(
    {
        "convnet": lambda: ConvNet(channels=(8, 12, 16), depth=1),
        "convnet with average pooling": lambda: ConvNet(channels=(8, 12), pool="average", activation="silu"),
        "convnet with group normalisation": lambda: ConvNet(channels=(8, 16), depth=1, norm="group"),
        "cspnet": lambda: CSPNet(channels=(8, 12, 16), depth=(1, 2, 1)),
        "cspnet with group normalisation": lambda: CSPNet(channels=(8, 32), depth=(1, 1), norm="group"),
        "timm": lambda: Timm(model="resnet10t"),
        "timm, whose pooling rounds down": lambda: Timm(model="vgg11_bn"),
        "pyramid": lambda: Pyramid(ConvNet(channels=(8, 8, 8), depth=1), width=8, levels=2),
    }
)
