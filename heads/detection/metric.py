"""COCO's average precision of boxes, also over ranks that saw different numbers of images.

The only module here that imports torchmetrics and faster-coco-eval; nothing but training and evaluation loads it.
"""

from typing import Any, final

import numpy as np
import torch
from faster_coco_eval import COCO, COCOeval_faster
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat
from torchvision.ops import box_convert

IMAGE, TRUE, FOUND = 0.0, 1.0, 2.0
"""What a packed row is: the begin of an image, a true box, or a predicted one."""


def pack(prediction: dict[str, Tensor], target: dict[str, Tensor]) -> Tensor:
    """Return one image as rows (1 + g + r, 7) of kind, label, score, x1, y1, x2, y2; the first marks its begin."""
    true, found = target["boxes"], prediction["boxes"]
    rows = torch.zeros(1 + len(true) + len(found), 7, device=found.device)
    truths, finds = rows[1 : 1 + len(true)], rows[1 + len(true) :]
    truths[:, 0], truths[:, 1], truths[:, 3:] = TRUE, target["labels"], true
    finds[:, 0], finds[:, 1], finds[:, 2], finds[:, 3:] = FOUND, prediction["labels"], prediction["scores"], found
    return rows


def coco(images: list[int], rows: Tensor, classes: list[int], image_count: int) -> COCO:
    """Return rows (N, 7) of one kind in COCO's form, in memory; `images` (N) are their images' numbers from 1 on."""
    boxes = box_convert(rows[:, 3:], "xyxy", "xywh").tolist()
    each = zip(images, rows[:, 1].int().tolist(), rows[:, 2].tolist(), boxes, strict=True)
    annotations = [
        {
            "id": number,  # from 1 on: 0 means unmatched
            "image_id": image,
            "category_id": label,
            "score": score,
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
        }
        for number, (image, label, score, box) in enumerate(each, start=1)
    ]
    pictures = [{"id": number} for number in range(1, image_count + 1)]
    return COCO({"images": pictures, "categories": [{"id": label} for label in classes], "annotations": annotations})


def evaluate(true: COCO, found: COCO, ious: "np.ndarray[Any, Any] | None" = None) -> dict[str, Any]:
    """Return what COCO's protocol accumulates, all sizes of boxes together and at most 100 an image and class.

    Args:
        true: The true boxes.
        found: The predicted ones.
        ious: At which IoU a box counts as found; None: 0.5, 0.55 ... 0.95.
    """
    run = COCOeval_faster(true, found, iouType="bbox")
    run.params.areaRng, run.params.areaRngLbl, run.params.maxDets = [[0, 1e10]], ["all"], [100]
    if ious is not None:
        run.params.iouThrs = ious
    run.evaluate()
    run.accumulate()
    result: dict[str, Any] = run.eval
    return result


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
        self.rows += [pack(*pair).to(self.device) for pair in zip(preds, target, strict=True)]

    def compute(self) -> dict[str, Tensor]:
        """Return the values over all images of all ranks."""
        rows = dim_zero_cat(self.rows).float().cpu()
        images, kind = (rows[:, 0] == IMAGE).cumsum(0), rows[:, 0]
        classes = sorted(set(rows[kind == TRUE, 1].int().tolist()))
        true, found = (
            coco(images[kind == which].tolist(), rows[kind == which], classes, int(images[-1]))
            for which in (TRUE, FOUND)
        )
        scores = rows[kind == FOUND, 2]
        hits = torch.zeros(len(scores), dtype=torch.bool)
        precision = np.zeros((10, 1, 1))
        if classes:
            precision = evaluate(true, found)["precision"]  # (IoU, recall, class, 1, 1)
            pairs = evaluate(true, found, np.array([0.5]))["matched"]  # "PREDICTED_TRUE", by number from 1 on
            hits[[int(pair.partition("_")[0]) - 1 for pair in pairs]] = True
        means = {"map": precision, "map50": precision[0], "map75": precision[5]}
        values = {name: torch.tensor(each.mean(), dtype=torch.float32) for name, each in means.items()}
        values |= best_f1(scores, hits, int((kind == TRUE).sum()))
        return {name: value.to(self.device) for name, value in values.items()}
