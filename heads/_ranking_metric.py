"""How well scores rank the items that have a class before those that have not, over the labelled entries."""

from collections.abc import Callable, Sequence
from typing import final

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import binary_auroc, binary_average_precision
from torchmetrics.utilities import dim_zero_cat

from polyhead.heads._per_label import with_means

SCORES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"auroc": binary_auroc, "prc": binary_average_precision}


@final
class LabelRanking(Metric):
    """The areas under the ROC curve (`auroc`) and under the precision-recall curve (`prc`, the average precision).

    Each is computed for each of K classes over its labelled items, equal scores counting as one threshold, and averaged
    over the classes. A class without a present or without an absent item has neither, and is left out of the means;
    where no class has one, they are NaN. All items are kept until then: 8 bytes an entry.

    Args:
        labels: Class names. Where there are several each has values of its own, `auroc/CLASS` and `prc/CLASS`, NaN
            where it has none.
    """

    full_state_update = False
    scores: list[Tensor]
    truths: list[Tensor]

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.labels = tuple(labels)
        self.add_state("scores", [], dist_reduce_fx="cat")
        self.add_state("truths", [], dist_reduce_fx="cat")
        self.reset()

    def reset(self) -> None:
        """Forget all items; ranks without any join with a row of none, as torchmetrics cannot gather an empty list."""
        super().reset()
        for state in (self.scores, self.truths):
            state.append(torch.full((1, len(self.labels)), torch.nan, device=self.device))

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        """Take in probabilities (n, K) and targets (n, K): 1 present, 0 absent, NaN unlabelled."""
        self.scores.append(predictions.detach().float())
        self.truths.append(targets.float())

    def compute(self) -> dict[str, Tensor]:
        """Return `auroc` and `prc`, each 0-d, and those of each class."""
        scores, truths = dim_zero_cat(self.scores).T, dim_zero_cat(self.truths).T
        pairs = list(zip(scores, truths, strict=True))
        each = {name: torch.stack([of_class(score, *pair) for pair in pairs]) for name, score in SCORES.items()}
        return with_means(each, self.labels)


def of_class(score: Callable[[Tensor, Tensor], Tensor], said: Tensor, truth: Tensor) -> Tensor:
    """Return the score of one class, 0-d, from all items' probabilities (n,) and truths (n,); NaN where it has none."""
    labelled = truth.isfinite()
    present = truth[labelled] > 0.5
    if present.all() or not present.any():
        return torch.full((), torch.nan, device=said.device)
    return score(said[labelled], present.long())
