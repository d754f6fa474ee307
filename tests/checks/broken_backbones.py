"""A small backbone that keeps every promise, and backbones that break one each."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN204, D101  # the contract documents and types what these override

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.chemistry.features import ATOM, BOND, sizes
from polyhead.chemistry.graphs import Graphs
from polyhead.contracts import Backbone, Features, FeatureSpec


class Two(Backbone):
    """Two levels of strides 4 and 8."""

    def __init__(self, *, width: int = 8):
        super().__init__()
        self.spec = FeatureSpec((width, 2 * width), (4, 8), 2 * width)
        self.fine = nn.Sequential(nn.Conv2d(3, width, 7, 4, 3), nn.BatchNorm2d(width), nn.SiLU())
        self.coarse = nn.Sequential(nn.Conv2d(width, 2 * width, 3, 2, 1), nn.SiLU())

    def forward(self, inputs: Tensor) -> Features:
        fine = self.fine(inputs - 0.5)
        coarse = self.coarse(fine)
        return Features((fine, coarse), coarse.mean((2, 3)), (inputs.shape[2], inputs.shape[3]), None)


class Wrapper(Two):
    """A good one too: it takes a built backbone, by place."""

    def __init__(self, body: Backbone):
        super().__init__(width=body.spec.channels[0])


class WrongStride(Two):
    def __init__(self):
        super().__init__()
        self.spec = self.spec._replace(strides=(4, 16))


class CutsTheRest(Two):
    def __init__(self):
        super().__init__()
        self.coarse[0].padding = (0, 0)


class WrongWidth(Two):
    def __init__(self):
        super().__init__()
        self.spec = self.spec._replace(width=7)


class OneLevelMore(Two):
    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(levels=(*features.levels, features.levels[-1]))


class NotFinite(Two):
    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(pooled=features.pooled / 0)


class NoSpec(Two):
    def __init__(self):
        super().__init__()
        self.spec = tuple(self.spec)


class CoarsestFirst(Two):
    def __init__(self):
        super().__init__()
        self.spec = FeatureSpec(self.spec.channels[::-1], self.spec.strides[::-1], self.spec.width)

    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(levels=features.levels[::-1])


class SizeOfLevel(Two):
    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(size=tuple(features.levels[0].shape[2:]))


class PlainTuple(Two):
    def forward(self, inputs):
        return tuple(super().forward(inputs))


class InPlace(Two):
    def forward(self, inputs):
        return super().forward(inputs.sub_(0.5))


class SharedStatistics(Two):
    def forward(self, inputs):
        return super().forward(inputs - inputs.mean(0, keepdim=True))


class PoolsInEval(Two):
    def forward(self, inputs):
        features = super().forward(inputs)
        return features if self.training else features._replace(pooled=features.pooled[:, :4])


class NanAlone(Two):
    def forward(self, inputs):
        features = super().forward(inputs)
        spread = (features.pooled - features.pooled.mean(0)).square().sum(0) / (len(inputs) - 1)
        return features._replace(pooled=features.pooled / spread if self.training else features.pooled)


class NormOfOne(Two):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(self.spec.width)

    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(pooled=self.norm(features.pooled))


class OldClassifier(Two):
    def __init__(self):
        super().__init__()
        self.classifier = nn.Linear(16, 10)


class RandomProjection(Two):
    def __init__(self):
        super().__init__()
        self.projection = torch.randn(16, 16)

    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(pooled=features.pooled @ self.projection.to(features.pooled.dtype))


class LargeOffset(Two):
    def forward(self, inputs):
        features = super().forward(inputs)
        pooled = F.linear(features.pooled + 1000, torch.eye(16)) - 1000
        return features._replace(pooled=pooled)


class SeesTargets(Two):
    def forward(self, inputs, targets=None):
        return super().forward(inputs)


class AnyOption(Two):
    def __init__(self, **options):
        super().__init__()


class ModuleOption(Two):
    def __init__(self, *, norm: type[nn.Module] = nn.BatchNorm2d):
        super().__init__()


class Hears(Backbone):
    """A good one of molecules: each atom adds up what it hears from its neighbours."""

    def __init__(self, *, width: int = 8):
        super().__init__()
        self.spec = FeatureSpec((width,), (), width)
        self.element = nn.Embedding(sizes(ATOM)[0], width)
        self.bond = nn.Embedding(sizes(BOND)[0], width)

    def forward(self, inputs: Graphs) -> Features:
        atoms = self.element(inputs.atoms[:, 0].long())
        kinds = self.bond(inputs.kinds[:, 0].long()).repeat_interleave(2, 0)
        atoms = atoms.index_add(0, inputs.bonds[1], (atoms[inputs.bonds[0]] + kinds).relu())
        pooled = torch.zeros(len(inputs), atoms.shape[1]).index_add(0, inputs.item, atoms)
        return Features((atoms,), pooled, None, inputs.item)


class HearsTheAtomBefore(Hears):
    def forward(self, inputs):
        features = super().forward(inputs)
        atoms = features.levels[0]
        same = (inputs.item[1:] == inputs.item[:-1])[:, None]
        return features._replace(levels=(torch.cat([atoms[:1], atoms[1:] + same * atoms[:-1]]),))


class HearsOtherMolecules(Hears):
    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(pooled=features.pooled - features.pooled.mean(0))


class MeanOfNone(Hears):
    def forward(self, inputs):
        features = super().forward(inputs)
        counts = torch.bincount(inputs.item, minlength=len(inputs))[:, None]
        return features._replace(pooled=features.pooled / counts)


class NoItem(Hears):
    def forward(self, inputs):
        return super().forward(inputs)._replace(item=None)


class OneVectorAMolecule(Hears):
    def forward(self, inputs):
        features = super().forward(inputs)
        return features._replace(levels=(features.pooled,))


class RecountsBonds(Hears):
    def forward(self, inputs):
        features = super().forward(inputs)
        inputs.kinds.zero_()
        return features
