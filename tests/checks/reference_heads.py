"""Small heads that keep every promise, one for each form of targets: values, classes, maps, lists of boxes."""

# ruff: noqa: ANN001, ANN201, ANN204  # the contract documents and types what these override

from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics import MeanSquaredError, Metric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from polyhead.contracts import IGNORE, Features, Head, Loss, class_names, grid_strides

LABELS = ("ant", "bee", "cat", "dog", "elk")


class NegativeError(MeanSquaredError):
    """Minus the mean squared error: higher is better, at most 0."""

    def compute(self):
        return -super().compute()


class Values(Head[Tensor, Tensor, Tensor]):
    """Two numbers an item from the pooled vector; NaN is a number that nobody measured."""

    main = "negative_error"

    def __init__(self, spec, labels=(), *, scale: float = 1.0):
        super().__init__(spec, labels)
        self.scale = scale
        self.layer = nn.Linear(spec.width, 2)
        self.mean = nn.Buffer(torch.zeros(2))

    def adapt(self, targets):
        self.mean.copy_(torch.cat(list(targets)).nanmean(0))

    def forward(self, features: Features) -> Tensor:
        return self.layer(features.pooled)

    def loss(self, outputs, targets, known=None):
        finite = targets.isfinite()
        wanted = torch.where(finite, targets - self.mean, 0)
        error = torch.where(finite, outputs.float() - wanted, 0) ** 2
        return {"squares": Loss(self.scale * error.sum(), finite.sum())}

    def decode(self, outputs):
        return {"values": outputs.float() + self.mean}

    def metrics(self):
        return MetricCollection({self.main: NegativeError(num_outputs=1)})

    def example_targets(self, batch, size, generator):
        return torch.randn(batch, 2, generator=generator)


class NegativeErrorByCase(NegativeError):  # noqa: N818  # it is no exception
    """The error of all, and that of a case which never occurred."""

    def compute(self):
        return {"negative_error": super().compute(), "negative_error/rare": torch.tensor(torch.nan)}


class NeverSeen(Values):
    """Measures a case that the targets do not have."""

    def metrics(self):
        return MetricCollection({"negative_error": NegativeErrorByCase()})


class Pixels(Head[Tensor, Tensor, Tensor]):
    """A class for every pixel from the finest level; each class is its own yes or no."""

    main = "hits"

    def __init__(self, spec, labels=(), *, width: int = 8):
        super().__init__(spec, class_names("pixels", labels))
        grid_strides("pixels", spec)
        self.layers = nn.Sequential(nn.Conv2d(spec.channels[0], width, 1), nn.SiLU(), nn.Conv2d(width, len(labels), 1))

    def forward(self, features):
        logits = self.layers(features.levels[0])
        height, width = features.size
        return logits.repeat_interleave(8, 2).repeat_interleave(8, 3)[..., :height, :width]

    def loss(self, outputs, targets, known=None):
        seen = (targets != IGNORE)[:, None].expand_as(outputs)
        if known is not None:
            seen = seen & known[:, :, None, None]
        wanted = F.one_hot(targets.where(targets != IGNORE, 0), len(self.labels)).movedim(-1, 1)
        each = F.binary_cross_entropy_with_logits(outputs.float(), wanted.float(), reduction="none")
        return {"pixels": Loss(torch.where(seen, each, 0).sum(), seen.sum())}

    def decode(self, outputs):
        return {"classes": outputs.argmax(1)}

    def metrics(self):
        return MetricCollection({"hits": Hits()})

    def example_targets(self, batch, size, generator):
        cells = torch.randint(len(self.labels), (batch, *[ceil(side / 8) for side in size]), generator=generator)
        return cells.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, : size[0], : size[1]]

    def restore(self, predictions, frames):
        return [self.back(one, frame) for one, frame in zip(predictions, frames, strict=True)]

    def back(self, classes, frame):
        height, width = (round(side * scale) for side, scale in zip(frame.size, frame.scale, strict=True))
        top, left = frame.pad
        inside = classes[top : top + height, left : left + width]
        return F.interpolate(inside[None, None].float(), frame.size)[0, 0].to(classes.dtype)

    def records(self, predictions, score=None):
        return [{"counts": one.flatten().bincount(minlength=len(self.labels)).tolist()} for one in predictions]

    def draw(self, image, record):
        drawn = image.clone()
        drawn[:, :2] = 255
        return drawn


class Hits(Metric):
    """The share of pixels whose class is right, among those that somebody labelled."""

    def __init__(self):
        super().__init__()
        self.add_state("right", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("seen", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predictions, targets):
        self.right += (predictions == targets).sum()
        self.seen += (targets != IGNORE).sum()

    def compute(self):
        return self.right / self.seen.clamp(min=1)


class Classes(Head[Tensor, Tensor, Tensor]):
    """One class an item, or shares of several."""

    main = "right"
    mixes = True

    def __init__(self, spec, labels=(), *, bias: bool = True):
        super().__init__(spec, class_names("classes", labels))
        self.layer = nn.Linear(spec.width, len(labels), bias=bias)

    def forward(self, features):
        return self.layer(features.pooled)

    def loss(self, outputs, targets, known=None):
        shares = targets if targets.is_floating_point() else F.one_hot(targets, len(self.labels)).float()
        logits = outputs.float()
        if known is not None:
            logits = logits.masked_fill(~known, -1e30)
        costs = -logits.log_softmax(1)
        if known is not None:
            costs = costs.masked_fill(~known, 0)
        return {"classes": Loss((costs * shares).sum(), shares.sum())}

    def distil(self, outputs, teacher, taught, temperature):
        mine, theirs = ((one.float() / temperature).log_softmax(1) for one in (outputs, taught))
        return Loss((theirs.exp() * (theirs - mine)).sum(), torch.tensor(len(outputs)))

    def decode(self, outputs):
        return {"scores": outputs.float().softmax(1)}

    def metrics(self):
        return MetricCollection({"right": MulticlassAccuracy(len(self.labels), average="micro")})

    def example_targets(self, batch, size, generator):
        return torch.randint(len(self.labels), (batch,), generator=generator)


class BoxOutputs(NamedTuple):
    """One logit a class and the four sides of one box, for every item."""

    logits: Tensor
    boxes: Tensor


class Boxes(Head[BoxOutputs, list, list]):
    """One box an item, the first of its targets."""

    main = "named"

    def __init__(self, spec, labels=(), *, size: float = 64.0):
        super().__init__(spec, class_names("boxes", labels))
        self.size = size
        self.classes, self.sides = nn.Linear(spec.width, len(labels)), nn.Linear(spec.width, 4)

    def forward(self, features):
        return BoxOutputs(self.classes(features.pooled), self.sides(features.pooled))

    def loss(self, outputs, targets, known=None):
        wanted = torch.zeros_like(outputs.logits, dtype=torch.float32)
        sides = outputs.boxes.float()
        error = sides.sum() * 0
        for place, target in enumerate(targets):
            wanted[place, target["labels"][:1]] = 1
            error = error + (sides[place] - target["boxes"][:1] / self.size).square().sum()
        each = F.binary_cross_entropy_with_logits(outputs.logits.float(), wanted, reduction="none")
        seen = torch.ones_like(wanted) if known is None else known.float()
        found = sum(len(target["labels"][:1]) for target in targets)
        return {"class": Loss((each * seen).sum(), seen.sum()), "box": Loss(error, torch.tensor(float(found)))}

    def decode(self, outputs):
        scores, labels = outputs.logits.float().sigmoid().max(-1)
        return {"boxes": outputs.boxes.float() * self.size, "scores": scores, "labels": labels}

    def predict(self, outputs):
        decoded = self.decode(outputs)
        return [{key: part[place][None] for key, part in decoded.items()} for place in range(len(outputs.logits))]

    def metrics(self):
        return MetricCollection({"named": Named()})

    def example_targets(self, batch, size, generator):
        corners = torch.rand(batch, 4, generator=generator) * torch.tensor([*size[::-1]] * 2) / 2
        corners[:, 2:] += corners[:, :2]
        labels = torch.randint(len(self.labels), (batch, 1), generator=generator)
        return [{"boxes": box[None], "labels": label} for box, label in zip(corners, labels, strict=True)]

    def restore(self, predictions, frames):
        pairs = zip(predictions, frames, strict=True)
        return [{**one, "boxes": self.back(one["boxes"], frame)} for one, frame in pairs]

    def back(self, boxes, frame):
        return (boxes - torch.tensor([*frame.pad[::-1]] * 2)) / torch.tensor([*frame.scale[::-1]] * 2)

    def records(self, predictions, score=None):
        least = self.threshold if score is None else score
        return [self.record(one, least) for one in predictions]

    def record(self, one, least):
        kept = one.get("scores", torch.ones(len(one["labels"]))) >= least
        names = [self.labels[number] for number in one["labels"][kept].tolist()]
        return {"boxes": one["boxes"][kept].tolist(), "labels": names}


class Named(Metric):
    """The share of items whose best box has the right class."""

    def __init__(self):
        super().__init__()
        self.add_state("right", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("seen", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predictions, targets):
        for one, target in zip(predictions, targets, strict=True):
            self.right += int(torch.equal(one["labels"][:1], target["labels"][:1]))
            self.seen += 1

    def compute(self):
        return self.right / self.seen.clamp(min=1)


HEADS = {
    "values": Values,
    "classes": lambda spec: Classes(spec, LABELS),
    "pixels": lambda spec: Pixels(spec, LABELS),
    "boxes": lambda spec: Boxes(spec, LABELS),
}
