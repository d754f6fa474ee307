"""Which class is it? A softmax where an item has one class, sigmoids where it may have several."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import Features, FeatureSpec, Head, Loss, Record, class_names
from polyhead.errors import UserError
from polyhead.heads._pooled_layers import pooled_layers
from polyhead.ops.class_weights import ClassWeights, balanced, balanced_entries, count_classes, first_weights
from polyhead.ops.distil import in_order, sigmoid_divergence, softmax_divergence
from polyhead.ops.pictures import caption

if TYPE_CHECKING:  # torchmetrics takes seconds to import, and only training needs it
    from torchmetrics import MetricCollection


class Classification(Head[Tensor, Tensor, Tensor]):
    """Class of an image or a molecule: a fully connected layer on the pooled vector, then softmax or sigmoids.

    Outputs are logits (n, K); predictions are probabilities (n, K). Targets are class numbers (n,), or with
    `multilabel` (n, K) floats: 1 present, 0 absent, NaN unlabelled. Of blended images they are shares (n, K).

    Args:
        spec: The features to read; only `pooled` is.
        labels: Class names: two or more, or with `multilabel` one or more.
        multilabel: Whether an item may belong to several classes, or to none.
        smoothing: Share of the target that is spread evenly (arXiv 1512.00567), in [0, 1): over all known classes, or
            with `multilabel` over present and absent.
        hidden: Width of a layer between the features and the answer; 0 for none.
        dropout: Share of features that are dropped in training before each layer, in [0, 1).
        class_weights: What classes weigh in the loss: "none" alike; "balanced" the more the rarer they are among the
            training targets; or a number by class name, 1 for others. With `multilabel` it weighs a class's positive
            entries against its negative ones.

    Raises:
        ValueError: If there are too few class names, weights that no class can have, `hidden` is below 0, or
            `smoothing` or `dropout` is not in [0, 1).
    """

    main: str = "accuracy"
    mixes: ClassVar[bool] = True
    weights: Tensor | None

    def __init__(
        self,
        spec: FeatureSpec,
        labels: tuple[str, ...] = (),
        *,
        multilabel: bool = False,
        smoothing: float = 0.0,
        hidden: int = 0,
        dropout: float = 0.0,
        class_weights: ClassWeights = "none",
    ) -> None:
        super().__init__(spec, class_names("classification", labels, least=1 if multilabel else 2))
        if not (0 <= smoothing < 1 and 0 <= dropout < 1):
            raise ValueError(f"smoothing={smoothing:g}, dropout={dropout:g}: both take 0 or more, and less than 1")
        self.multilabel = multilabel
        if multilabel:  # where most entries are 0, saying 0 of all of them is accurate, and worth nothing
            self.main = "auroc"
        self.smoothing = smoothing
        self.layer = pooled_layers(spec.width, len(labels), hidden, dropout)
        self.balanced = class_weights == "balanced"
        self.register_buffer("weights", first_weights("classification", class_weights, labels), persistent=False)

    def weigh(self, targets: Iterable[Tensor]) -> None:
        """Take balanced weights from the training targets; of any other weights nothing is read."""
        if self.balanced:
            assert self.weights is not None
            count = len(self.labels)
            found = balanced_entries(targets, count) if self.multilabel else balanced(count_classes(targets, count))
            self.weights.copy_(found)

    def forward(self, features: Features) -> Tensor:
        """Return logits (n, K)."""
        return self.layer(features.pooled)  # type: ignore[no-any-return]  # a Module returns Any

    def loss(self, outputs: Tensor, targets: Tensor, known: Tensor | None = None) -> dict[str, Loss]:
        """Return the cross-entropy: softmax's per row, or the sigmoids' per labelled entry."""
        known = torch.ones_like(outputs, dtype=torch.bool) if known is None else known
        if self.multilabel:
            return {"bce": sigmoid_cross_entropy(outputs, targets, known, self.weights, self.smoothing)}
        return {"ce": softmax_cross_entropy(outputs, targets, known, self.smoothing, self.weights)}

    def limit(self, outputs: Tensor, known: Tensor) -> Tensor:
        """Return logits that leave unknown classes a probability of 0."""
        return outputs.masked_fill(~known, torch.finfo(outputs.dtype).min)

    def distil(self, outputs: Tensor, teacher: Self, taught: Tensor, temperature: float) -> Loss:
        """Return the divergence of softened probabilities per row, or of sigmoids' per entry.

        Raises:
            UserError: If only one of the two is `multilabel`.
        """
        if teacher.multilabel != self.multilabel:
            raise UserError(f"multilabel is {self.multilabel}, and {teacher.multilabel} of its teacher")
        divergence = sigmoid_divergence if self.multilabel else softmax_divergence
        return divergence(outputs, in_order(taught, teacher.labels, self.labels), temperature)

    def decode(self, outputs: Tensor) -> dict[str, Tensor]:
        """Return probabilities (n, K)."""
        logits = outputs.float()
        return {"probabilities": logits.sigmoid() if self.multilabel else logits.softmax(dim=1)}

    def metrics(self) -> "MetricCollection":
        """Return accuracy (per item, or per labelled entry) and the F1 score averaged over classes.

        With `multilabel` also the areas under the ROC curve and the precision-recall curve, `auroc` and `prc`: their
        means over the classes, and where there are several also `auroc/CLASS` and `prc/CLASS`.
        """
        from torchmetrics import MetricCollection
        from torchmetrics.classification import (
            BinaryAccuracy,
            BinaryF1Score,
            MulticlassAccuracy,
            MulticlassF1Score,
            MultilabelF1Score,
        )
        from torchmetrics.wrappers import LambdaInputTransformer

        from polyhead.heads._ranking_metric import LabelRanking

        count = len(self.labels)
        if not self.multilabel:
            return MetricCollection(
                {"accuracy": MulticlassAccuracy(count, average="micro"), "f1": MulticlassF1Score(count)}
            )
        several = {
            "accuracy": BinaryAccuracy(ignore_index=-1),
            "f1": MultilabelF1Score(count, ignore_index=-1) if count > 1 else BinaryF1Score(ignore_index=-1),
        }
        whole = {name: LambdaInputTransformer(metric, transform_target=_whole) for name, metric in several.items()}
        return MetricCollection({**whole, "ranking": LabelRanking(self.labels)})

    def example_targets(self, batch: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:  # noqa: ARG002
        """Return random classes."""
        if self.multilabel:
            return torch.randint(2, (batch, len(self.labels)), generator=generator).float()
        return torch.randint(len(self.labels), (batch,), generator=generator)

    def records(self, predictions: Tensor, score: float | None = None) -> list[Record]:
        """Return `{"label", "score"}` an item, or `{"labels": [{"label", "score"}, ...]}` from the threshold on."""
        if predictions.ndim == 1:
            predictions = F.one_hot(predictions.long(), len(self.labels))
        if self.multilabel:
            least = self.threshold if score is None else score
            return [{"labels": self._named(row, (row >= least).nonzero().flatten())} for row in predictions.float()]
        return [self._named(row, row.argmax()[None])[0] for row in predictions.float()]

    def _named(self, row: Tensor, classes: Tensor) -> list[Record]:
        return [{"label": self.labels[c], "score": float(f"{row[c].item():.6g}")} for c in classes.tolist()]

    def draw(self, image: Tensor, record: Record) -> Tensor:
        """Return the image with its classes written along the top."""
        found = record["labels"] if self.multilabel else [record]
        return caption(image, ", ".join(f"{one['label']} {one['score']:.2f}" for one in found) or "none")


def softmax_cross_entropy(
    logits: Tensor, targets: Tensor, known: Tensor, smoothing: float = 0.0, weights: Tensor | None = None
) -> Loss:
    """Return the cross-entropy of a softmax over the known classes, summed over rows.

    Args:
        logits: (n, K).
        targets: (n,) class numbers, or (n, K) shares of classes; a row with a class that its source does not label
            counts for nothing.
        known: (n, K) bool; the logits of other classes get exactly no gradient.
        smoothing: Share of the target that is spread evenly over the known classes.
        weights: (K,) what each class weighs; a row counts as much as its class weighs, and each part of a spread
            target is weighed by its own class, as torch does. None: 1.
    """
    weights = logits.new_ones(logits.shape[1], dtype=torch.float32) if weights is None else weights
    shares = targets if targets.is_floating_point() else F.one_hot(targets.long(), logits.shape[1]).float()
    logits = logits.float().masked_fill(~known, torch.finfo(torch.float32).min)
    costs = -weights * logits.log_softmax(dim=1).masked_fill(~known, 0)
    right = (shares * costs).sum(1)
    spread = costs.sum(1) / known.sum(1).clamp(min=1)
    counted = ((shares == 0) | known).all(1)
    rows = ((1 - smoothing) * right + smoothing * spread).masked_fill(~counted, 0)
    return Loss(rows.sum(), (counted * (shares * weights).sum(1)).sum())


def sigmoid_cross_entropy(
    logits: Tensor, targets: Tensor, known: Tensor, weights: Tensor | None = None, smoothing: float = 0.0
) -> Loss:
    """Return the binary cross-entropy summed over labelled entries: `known` (n, K), and no NaN in `targets` (n, K).

    Positive entries cost `weights` (K,) times as much, None: 1; as torch's `pos_weight`, they count once all the same.
    `smoothing` moves targets so far of the way to 0.5, as the softmax's does of two classes.
    """
    counted = known & targets.isfinite()
    wanted = targets.nan_to_num() + smoothing * (0.5 - targets.nan_to_num())
    entries = F.binary_cross_entropy_with_logits(logits.float(), wanted, reduction="none", pos_weight=weights)
    return Loss(entries.masked_fill(~counted, 0).sum(), counted.sum())


def _whole(targets: Tensor) -> Tensor:
    return targets.nan_to_num(nan=-1).long()
