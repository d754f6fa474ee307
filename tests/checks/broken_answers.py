"""Heads that break one promise about answers, state and options each."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN204, D101  # the contract documents and types what these override

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from reference_heads import Boxes, Classes, NegativeError, Pixels, Values
from torch import nn
from torchmetrics import MetricCollection, SumMetric

from polyhead.windows import Stitch

if TYPE_CHECKING:
    from decimal import Decimal


class Squeezed(Values):
    def decode(self, outputs):
        return {"values": super().decode(outputs)["values"].squeeze()}


class SometimesMore(Values):
    def decode(self, outputs):
        values = super().decode(outputs)["values"]
        return {"values": values, "spread": values.sum(0, keepdim=True)}


class OneNameOnly(Values):
    def decode(self, outputs):
        values = super().decode(outputs)["values"]
        return {"values": values, "more": values} if len(values) > 1 else {"values": values}


class OnlyTheBest(Boxes):
    def predict(self, outputs):
        return super().predict(outputs)[:1]


class StitchesNothing(Pixels):
    def stitch(self, image):
        return Nothing(image)


class Nothing(Stitch):
    def __init__(self, image):
        self.image = image

    def add(self, outputs, window):
        pass

    def predictions(self):
        return torch.zeros(1, *self.image, dtype=torch.long)


class HalfAnswer(Values):
    def decode(self, outputs):
        return {"values": outputs}


class LimitsNothing(Classes):
    def limit(self, outputs, known):
        return outputs

    def records(self, predictions, score=None):
        return [{"found": [{"label": self.labels[row.argmax()]}]} for row in predictions]


class MisnamedMain(Values):
    main = "accuracy"

    def metrics(self):
        return MetricCollection({"negative_error": NegativeError()})


class Percent(SumMetric):
    def update(self, predictions, targets):
        super().update(100.0)


class AboveOne(Values):
    main = "percent"

    def metrics(self):
        return MetricCollection({"percent": Percent()})


class NotANumber(Values):
    def decode(self, outputs):
        return {"values": outputs / 0 * 0}


class EndlessError(NegativeError):
    def compute(self):
        return {"negative_error": super().compute(), "negative_error/a": torch.tensor(torch.inf)}


class InfiniteOfOne(Values):
    def metrics(self):
        return MetricCollection({"negative_error": EndlessError()})


class MetricOfEach(Values):
    def metrics(self):
        return MetricCollection({"negative_error": NegativeError(num_outputs=2)})


class OneMetricForAll(Values):
    def __init__(self, spec, labels=()):
        super().__init__(spec, labels)
        self.kept = super().metrics()

    def metrics(self):
        return self.kept


class InputPixels(Pixels):
    def restore(self, predictions, frames):
        return predictions


class RestoresOne(Boxes):
    def restore(self, predictions, frames):
        return super().restore(predictions, frames)[:1]


class PaintsOver(Boxes):
    def back(self, boxes, frame):
        return boxes.sub_(frame.pad[0])


class PadsAfterScale(Boxes):
    def back(self, boxes, frame):
        return boxes / frame.scale[0] - torch.tensor([*frame.pad[::-1]] * 2)


class TensorRecords(Values):
    def records(self, predictions, score=None):
        return [{"value": row} for row in predictions]


class TupleRecords(Values):
    def records(self, predictions, score=None):
        return [{"value": tuple(row.tolist())} for row in predictions]


class OneRecord(Values):
    def records(self, predictions, score=None):
        return [{"value": predictions.tolist()}]


class DrawsInPlace(Values):
    def draw(self, image, record):
        return image.fill_(255)


class DrawsFloats(Values):
    def draw(self, image, record):
        return image / 255


class ForgetsThreshold(Values):
    def get_extra_state(self):
        return torch.tensor(0.5)


class ForgetsMean(Values):
    def __init__(self, spec, labels=()):
        super().__init__(spec, labels)
        self.mean = nn.Buffer(torch.zeros(2), persistent=False)


class TwoOutputs(Values):
    def forward(self, features):
        outputs = super().forward(features)
        return outputs if self.training else (outputs,)

    def decode(self, outputs):
        return super().decode(outputs[0])


class DeploysItself(Values):
    def deploy(self):
        return self.eval()


class DeploysZeros(Values):
    def deploy(self):
        copy = super().deploy()
        copy.layer.weight.data.zero_()
        return copy


class DeploysTraining(Values):
    def deploy(self):
        return super().deploy().train()


class AssumesGrids(Values):
    def forward(self, features):
        return self.layer(features.pooled) + features.levels[0].mean((1, 2, 3))[:, None]


class AnyOption(Values):
    def __init__(self, spec, labels=(), **options):
        super().__init__(spec, labels)


class BareOption(Values):
    def __init__(self, spec, labels=(), *, depth=2):
        super().__init__(spec, labels)


class LayerOption(Values):
    def __init__(self, spec, labels=(), *, activation: nn.Module | None = None):
        super().__init__(spec, labels)


class CallableDefault(Values):
    def __init__(self, spec, labels=(), *, activation: Callable = nn.SiLU):
        super().__init__(spec, labels)


class WrongDefault(Values):
    def __init__(self, spec, labels=(), *, depth: int = 2.5):
        super().__init__(spec, labels)


class UnimportedType(Values):
    def __init__(self, spec, labels=(), *, rate: "Decimal" = 1):
        super().__init__(spec, labels)


class TakesTheTasksName(Values):
    def __init__(self, spec, labels=(), *, weight: float = 1.0):
        super().__init__(spec, labels)


class NoLabels(Values):
    def __init__(self, spec, *, depth: int = 2):
        super().__init__(spec)


class Positional(Values):
    def __init__(self, spec, labels, depth: int):
        super().__init__(spec, labels)


class PeeksAtTargets(Values):
    def forward(self, features, targets=None):
        return super().forward(features)
