"""Our own backbones keep the contract that plugins must keep."""

from polyhead.backbones.convnet import ConvNet
from polyhead.backbones.cspnet import CSPNet
from polyhead.backbones.molecules import Molecules
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
        "molecules by dmpnn": lambda: Molecules(width=16),
        "molecules by gcn, and attention": lambda: Molecules(encoder="gcn", width=16, pooling="attention"),
        "molecules by gine": lambda: Molecules(encoder="gine", width=16, norm="batch", pooling="sum"),
        "molecules by gatv2": lambda: Molecules(encoder="gatv2", width=16, virtual_node=True),
        "molecules by attentivefp": lambda: Molecules(encoder="attentivefp", width=16, depth=2),
        "molecules by gps": lambda: Molecules(encoder="gps", width=16, norm="layer"),
        "timm": lambda: Timm(model="resnet10t"),
        "timm, whose pooling rounds down": lambda: Timm(model="vgg11_bn"),
        "pyramid": lambda: Pyramid(ConvNet(channels=(8, 8, 8), depth=1), width=8, levels=2),
    }
)
