"""Heads that break one promise about losses and learning each."""

# ruff: noqa: ANN001, ANN201, ANN204, D101  # the contract documents and types what these override

import torch
from reference_heads import Boxes, Classes, Pixels, Values
from torch import nn

from polyhead.contracts import Loss


class Broken(Values):
    """A head whose one loss is changed by `change`."""

    def loss(self, outputs, targets, known=None):
        loss = super().loss(outputs, targets, known)["squares"]
        return {"squares": self.change(loss)}


class MeanLoss(Broken):
    def change(self, loss):
        return Loss(loss.total / loss.count.clamp(min=1), torch.tensor(1.0))


class MeanTimesCount(Values):
    def loss(self, outputs, targets, known=None):
        error = (outputs.float() - targets)[targets.isfinite()] ** 2
        return {"squares": Loss(error.mean() * error.numel(), torch.tensor(error.numel()))}


class ListOfOneLoss(Broken):
    def change(self, loss):
        return Loss(loss.total[None], loss.count)


class InfiniteLoss(Broken):
    def change(self, loss):
        return Loss(loss.total / 0, loss.count)


class CountInGraph(Broken):
    def change(self, loss):
        return Loss(loss.total, loss.total + 1)


class NegativeCount(Broken):
    def change(self, loss):
        return Loss(loss.total, -loss.count)


class NoGraph(Broken):
    def change(self, loss):
        return Loss(loss.total.detach(), loss.count)


class BareLoss(Broken):
    def change(self, loss):
        return loss.total


class SkipsEmpty(Values):
    def loss(self, outputs, targets, known=None):
        return super().loss(outputs, targets) if len(targets) else {"squares": Loss(torch.zeros(()), torch.zeros(()))}


class NoNamesOfNothing(Values):
    def loss(self, outputs, targets, known=None):
        losses = super().loss(outputs, targets)
        return losses if len(targets) else {"nothing": losses["squares"]}


class StacksNothing(Values):
    def example_targets(self, batch, size, generator):
        return torch.stack([torch.randn(2, generator=generator) for _ in range(batch)])


class OneAtLeast(Values):
    def example_targets(self, batch, size, generator):
        return super().example_targets(max(1, batch), size, generator)


class NanTimesZero(Values):
    def loss(self, outputs, targets, known=None):
        finite = targets.isfinite()
        return {"squares": Loss(((outputs.float() - targets) ** 2 * finite).sum(), finite.sum())}


class Normalised(Values):
    def __init__(self, spec, labels=()):
        super().__init__(spec, labels)
        self.layer = nn.Sequential(nn.Linear(spec.width, 2), nn.BatchNorm1d(2))


class MultipleOfStride(Pixels):
    def forward(self, features):
        return self.layers(features.levels[0]).repeat_interleave(8, 2).repeat_interleave(8, 3)


class Centred(Values):
    def forward(self, features):
        outputs = super().forward(features)
        return outputs - outputs.mean(0, keepdim=True)


class RelativeAnswer(Values):
    def decode(self, outputs):
        return {"values": outputs.softmax(0)}


class UnusedLayer(Values):
    def __init__(self, spec, labels=()):
        super().__init__(spec, labels)
        self.spare = nn.Linear(2, 2)

    def loss(self, outputs, targets, known=None):
        loss = super().loss(outputs, targets)["squares"]
        return {"squares": loss._replace(total=loss.total + 0 * self.spare.weight.sum() + 0 * self.spare.bias.sum())}


class Detached(Values):
    def forward(self, features):
        return self.layer(features.pooled.detach())


class FarFromZero(Values):
    def forward(self, features):
        return self.layer(features.pooled) + 1000

    def loss(self, outputs, targets, known=None):
        return super().loss(outputs - 1000, targets)

    def decode(self, outputs):
        return super().decode(outputs - 1000)


class UnknownIsNegative(Pixels):
    def loss(self, outputs, targets, known=None):
        return super().loss(outputs, targets)


class UnknownIsNegativeBox(Boxes):
    def loss(self, outputs, targets, known=None):
        return super().loss(outputs, targets)


class KnownMeansHalf(Pixels):
    def loss(self, outputs, targets, known=None):
        loss = super().loss(outputs, targets, known)["pixels"]
        return {"pixels": loss if known is None else loss._replace(total=loss.total / 2)}


class LargestShare(Classes):
    def loss(self, outputs, targets, known=None):
        return super().loss(outputs, targets.argmax(1) if targets.ndim == 2 else targets, known)


class NumbersOnly(Classes):
    def loss(self, outputs, targets, known=None):
        return super().loss(outputs, nn.functional.one_hot(targets, len(self.labels)).float(), known)


class SharesCostDouble(Classes):
    def loss(self, outputs, targets, known=None):
        loss = super().loss(outputs, targets, known)["classes"]
        return {"classes": loss._replace(total=loss.total * targets.ndim)}


class MixesBoxes(Boxes):
    mixes = True


class CrossEntropyFromTeacher(Classes):
    def distil(self, outputs, teacher, taught, temperature):
        return Loss(-(taught.softmax(1) * outputs.log_softmax(1)).sum(), torch.tensor(len(outputs)))


class LearnsNothingFromTeacher(Classes):
    def distil(self, outputs, teacher, taught, temperature):
        return Loss(outputs.square().sum() * 0, torch.tensor(len(outputs)))


class RoundsForTeacher(Classes):
    def distil(self, outputs, teacher, taught, temperature):
        return super().distil((10 * outputs).round(), teacher, (10 * taught).round(), temperature)


class MeanFromTeacher(Classes):
    def distil(self, outputs, teacher, taught, temperature):
        loss = super().distil(outputs, teacher, taught, temperature)
        return loss._replace(total=loss.total / max(1, len(outputs)))


class TakesTheTeachersName(Classes):
    def loss(self, outputs, targets, known=None):
        return {"distil": super().loss(outputs, targets, known)["classes"]}


class LossOfTheOpposite(Values):
    def loss(self, outputs, targets, known=None):
        return super().loss(-outputs, targets)


class NoiseForTargets(Values):
    def loss(self, outputs, targets, known=None):
        return super().loss(outputs, targets + 10 * torch.randn_like(targets))
