"""COCO's average precision of masks, and of the boxes beside them, also over ranks that saw different images.

The only module of instances that imports torchmetrics; nothing but training and evaluation loads it.
"""

from functools import partial
from typing import Any, final

import numpy as np
import torch
from faster_coco_eval.core import mask as coco
from torch import Tensor
from torch.nn.functional import pad as widen
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from polyhead.heads.detection.matching import Ints, Pairs
from polyhead.heads.detection.metric import IMAGE, IOUS, pack, summary
from polyhead.ops.runs import encode_runs

Shape = dict[str, Any]
"""A mask as COCO has it: `size` [H, W] and `counts`, the compressed run-length code."""


def pack_masks(predictions: list[dict[str, Tensor]], targets: list[dict[str, Tensor]]) -> tuple[Tensor, Tensor]:
    """Return images as rows and the run-length codes of their masks, both on the CPU.

    Returns:
        (B + g + r, 8) rows as detection packs them, and in the last column how many bytes of code are the row's; one
        that marks an image's begin has H and W where the others have x1 and y1. And all the bytes, (b,) uint8.
    """
    rows = widen(pack(predictions, targets).cpu(), (0, 1))
    pairs = zip(targets, predictions, strict=True)
    masks = [mask for pair in pairs for one in pair for mask in one["masks"].cpu().bool()]
    codes = [encode_runs(mask).encode() for mask in masks]
    begins = rows[:, 0] == IMAGE
    rows[begins, 3:5] = torch.tensor([target["masks"].shape[1:] for target in targets]).float()
    rows[~begins, 7] = torch.tensor([len(code) for code in codes]).float()
    return rows, torch.from_numpy(np.frombuffer(b"".join(codes), np.uint8).copy())


def unpack_masks(rows: Tensor, codes: Tensor) -> list[Shape]:
    """Return the mask of each of N rows (N, 8), from the bytes (b,) of all codes; of one that marks an image, none."""
    text, sizes = codes.numpy().tobytes(), rows[rows[:, 0] == IMAGE, 3:5].int().tolist()
    images = ((rows[:, 0] == IMAGE).cumsum(0) - 1).tolist()
    ends = rows[:, 7].long().cumsum(0).tolist()
    begins = [0, *ends[:-1]]
    spans = zip(images, begins, ends, strict=True)
    return [{"size": sizes[image], "counts": text[begin:end]} for image, begin, end in spans]


def close_masks(shapes: list[Shape], found: Ints, found_group: Ints, true: Ints, true_group: Ints) -> Pairs:
    """Return the pairs of a predicted and a true mask that overlap enough, as `detection.metric.Compare` explains.

    Args:
        shapes: The mask of each row.
        found: (n,) rows of predictions.
        found_group: (n,) their groups, in ascending order.
        true: (m,) rows of truths.
        true_group: (m,) as `found_group`.
    """
    parts: list[Pairs] = [(found[:0], true[:0], np.zeros(0))]
    for group in np.intersect1d(found_group, true_group):
        first, last = (np.searchsorted(of, [group, group + 1]) for of in (found_group, true_group))
        mine, theirs = ([shapes[row] for row in rows[slice(*span)]] for rows, span in ((found, first), (true, last)))
        ious = np.asarray(coco.iou(mine, theirs, [0] * len(theirs))).reshape(len(mine), len(theirs))
        one, other = np.nonzero(ious >= IOUS[0])
        parts.append((one + first[0], other + last[0], ious[one, other]))
    which, other, ious = (np.concatenate(part) for part in zip(*parts, strict=True))
    return which, other, ious


@final
class InstanceMetric(Metric):
    """Average precision of masks and of boxes by COCO's protocol, in the pixels of the input.

    Images are packed as `DetectionMetric` packs them, with the masks in run-length code in a second state; each rank's
    states begin with the mark of an image without objects, of one byte, since torchmetrics cannot gather empty states.

    `compute` returns 0-d tensors: `mask_map` (mean over IoU 0.5 to 0.95 of masks, and over classes), `mask_map50`,
    `mask_map75`, the same of boxes as `box_map`, `box_map50`, `box_map75`, and `threshold`, `precision`, `recall`,
    `f1` by the masks' IoU of 0.5. What holds of `DetectionMetric` where there is no true object holds of these.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    rows: list[Tensor]
    codes: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("rows", [], dist_reduce_fx="cat")
        self.add_state("codes", [], dist_reduce_fx="cat")
        self.reset()

    def reset(self) -> None:
        """Forget all images."""
        super().reset()
        first = torch.zeros(1, 8, device=self.device)
        first[0, 7] = 1
        self.rows.append(first)
        self.codes.append(torch.zeros(1, dtype=torch.uint8, device=self.device))

    def update(self, preds: list[dict[str, Tensor]], target: list[dict[str, Tensor]]) -> None:
        """Take in images: `boxes`, `scores`, `labels` and `masks` (r, H, W) predicted, the same without scores true."""
        if target:
            rows, codes = pack_masks(preds, target)
            self.rows.append(rows.to(self.device))
            self.codes.append(codes.to(self.device))

    def compute(self) -> dict[str, Tensor]:
        """Return the values over all images of all ranks."""
        rows = dim_zero_cat(self.rows).float().cpu()
        shapes = unpack_masks(rows, dim_zero_cat(self.codes).cpu())
        masks, boxes = summary(rows, partial(close_masks, shapes)), summary(rows)
        means = ("map", "map50", "map75")
        values = {f"mask_{name}": masks[name] for name in means} | {f"box_{name}": boxes[name] for name in means}
        values |= {name: masks[name] for name in masks if name not in means}
        return {name: value.to(self.device) for name, value in values.items()}
