"""COCO's average precision of boxes, also over ranks that saw different numbers of images.

The only module of detection that imports torchmetrics; nothing but training and evaluation loads it.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat
from torchvision.ops import box_convert

from polyhead.heads.detection.matching import Ints, Pairs, best_first, close_pairs, match, precision_at

IMAGE, TRUE, FOUND = 0.0, 1.0, 2.0
"""What a packed row is: the begin of an image, a true box, or a predicted one."""
IOUS, RECALLS = np.linspace(0.5, 0.95, 10), np.linspace(0, 1, 101)
MOST = 100
"""Predictions of an image and class that count, the best ones."""
Compare = Callable[[Ints, Ints, Ints, Ints], Pairs]
"""From rows of predictions and their groups, and rows of truths and theirs, both groups in ascending order, to pairs of
places in these: those of one group whose IoU is at least the least of `IOUS`, as `close_pairs` returns them."""


def pack(predictions: list[dict[str, Tensor]], targets: list[dict[str, Tensor]]) -> Tensor:
    """Return images as rows (B + g + r, 7) of kind, label, score, x1, y1, x2, y2.

    Each image begins with a row that marks it; its g true and r predicted boxes follow.

    Args:
        predictions: `boxes`, `scores` and `labels` of B >= 1 images.
        targets: `boxes` and `labels` of the same.
    """
    true = torch.cat([one["boxes"] for one in targets]).float()
    found = torch.cat([one["boxes"] for one in predictions]).float()
    rows = torch.zeros(len(targets) + len(true) + len(found), 7, device=found.device)
    truths, finds = rows[len(targets) : len(targets) + len(true)], rows[len(targets) + len(true) :]
    truths[:, 0], truths[:, 1], truths[:, 3:] = TRUE, torch.cat([one["labels"] for one in targets]), true
    finds[:, 0], finds[:, 1], finds[:, 3:] = FOUND, torch.cat([one["labels"] for one in predictions]), found
    finds[:, 2] = torch.cat([one["scores"] for one in predictions])
    counts = [1] * len(targets) + [len(one["boxes"]) for one in (*targets, *predictions)]
    images = np.repeat(np.tile(np.arange(len(targets)), 3), counts)
    return rows[torch.from_numpy(images.argsort(kind="stable")).to(rows.device)]


def evaluate(rows: Tensor, compare: Compare | None = None) -> tuple[NDArray[np.float64], Tensor]:
    """Return what COCO's protocol finds, all sizes of boxes together and at most 100 of an image and class.

    Boxes that end before they begin count as little as if they were not there.

    Args:
        rows: (N, 7) of `pack`, on the CPU; more columns do not matter.
        compare: What else than boxes to compare.

    Returns:
        The precision (10, 101, K) at each IoU of 0.5, 0.55 ... 0.95, recall of 0, 0.01 ... 1, and class with a true
        box (one class of zeros if there is none); and which predictions find a true box at IoU 0.5, (r,) bool in the
        order of the rows.
    """
    boxes = box_convert(rows[:, 3:7], "xyxy", "xywh").numpy()
    kind, labels, scores = rows[:, 0].numpy(), rows[:, 1].numpy(), rows[:, 2].numpy()
    real = boxes[:, 2:].prod(1) >= 0
    true = np.flatnonzero((kind == TRUE) & real)
    classes = np.unique(labels[true])
    names = np.searchsorted(classes, labels)
    group = (kind == IMAGE).cumsum() * len(classes) + names
    true = true[group[true].argsort(kind="stable")]
    known = np.flatnonzero((kind == FOUND) & np.isin(labels, classes))
    order, ranks = best_first(group[known], scores[known], MOST)
    found, ranks = known[order][real[known[order]]], ranks[real[known[order]]]
    pairs = (
        compare(found, group[found], true, group[true])
        if compare
        else close_pairs(boxes[found], group[found], boxes[true], group[true], IOUS[0])
    )
    hits = match(pairs, ranks, len(true), IOUS)
    caught = np.zeros(len(rows), dtype=bool)
    caught[found] = hits[0]
    return curves(hits, scores[found], names[found], np.bincount(names[true])), torch.from_numpy(caught[kind == FOUND])


def curves(
    hits: NDArray[np.bool_], scores: NDArray[np.float32], names: NDArray[np.int64], true: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the precision (10, 101, K), or zeros (10, 101, 1) if K is 0.

    Args:
        hits: (10, n) whether each of n predictions finds a true box, at each IoU.
        scores: (n,); of equal ones the earlier comes first.
        names: (n,) class numbers in [0, K).
        true: (K,) true boxes of each class, >= 1.
    """
    if not len(true):
        return np.zeros((len(IOUS), len(RECALLS), 1))
    order = np.lexsort((-scores, names))
    edges = np.searchsorted(names[order], np.arange(len(true) + 1))
    each = (order[start:stop] for start, stop in pairwise(edges))
    return np.stack([precision_at(hits[:, mine], n, RECALLS) for mine, n in zip(each, true.tolist(), strict=True)], 2)


def best_f1(scores: Tensor, hits: Tensor, true: int) -> dict[str, Tensor]:
    """Return the score `threshold` of the highest F1, with `precision`, `recall` and `f1` of all that reach it.

    Args:
        scores: (N,) of all predicted boxes.
        hits: (N,) bool, whether each found a true box.
        true: How many true boxes there are.

    Returns:
        0-d tensors. Where nothing hits: a threshold of 0.5, and zeros. Of equal ones the highest threshold.
    """
    order = scores.argsort(descending=True, stable=True)
    scores, caught = scores[order], hits[order].cumsum(0).double()
    shown = torch.arange(1, len(scores) + 1)
    f1 = 2 * caught / (shown + true)
    f1[:-1][scores[1:] == scores[:-1]] = 0  # a threshold cannot part equal scores
    if not hits.any():
        zero = torch.zeros(())
        return {"threshold": torch.tensor(0.5), "precision": zero, "recall": zero, "f1": zero}
    best = f1.argmax()
    precision, recall = caught[best] / shown[best], caught[best] / true
    return {"threshold": scores[best], "precision": precision.float(), "recall": recall.float(), "f1": f1[best].float()}


def summary(rows: Tensor, compare: Compare | None = None) -> dict[str, Tensor]:
    """Return the values that `DetectionMetric.compute` explains; arguments as those of `evaluate`."""
    scores, true = rows[rows[:, 0] == FOUND, 2], int((rows[:, 0] == TRUE).sum())
    precision, hits = evaluate(rows, compare)
    means = {"map": precision, "map50": precision[0], "map75": precision[5]}
    values = {name: torch.tensor(each.mean(), dtype=torch.float32) for name, each in means.items()}
    return values | best_f1(scores, hits, true)


@final
class DetectionMetric(Metric):
    """Average precision of boxes by COCO's protocol, and the score threshold of the best F1 at IoU 0.5.

    All images are one state of packed rows, in which a row that marks the begin of an image stands before its boxes.
    So no image needs a number that is unique over ranks: rows of several ranks, joined end to end, stay in order. Each
    rank's rows begin with a mark of their own (an image without boxes, which changes nothing), so that ranks without
    images join too; torchmetrics cannot gather an empty state and one of two dimensions.

    `compute` returns 0-d tensors: `map` (mean over IoU 0.5 to 0.95 and classes), `map50`, `map75`, `threshold`,
    `precision`, `recall`, `f1`. Classes without a true box are left out of the means (their predictions count in F1 as
    false). Without any true box all are 0, where COCO says -1, and the threshold is 0.5.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    rows: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("rows", [], dist_reduce_fx="cat")
        self.reset()

    def reset(self) -> None:
        """Forget all images."""
        super().reset()
        self.rows.append(torch.zeros(1, 7, device=self.device))

    def update(self, preds: list[dict[str, Tensor]], target: list[dict[str, Tensor]]) -> None:
        """Take in images: `boxes`, `scores` and `labels` predicted, `boxes` and `labels` true, of each."""
        if target:
            self.rows.append(pack(preds, target).to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Return the values over all images of all ranks."""
        values = summary(dim_zero_cat(self.rows).float().cpu())
        return {name: value.to(self.device) for name, value in values.items()}
