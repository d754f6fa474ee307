"""From what the branches say at every anchor point to boxes in input pixels, and to a short list of them.

Letters in shapes: B items, A anchor points of all levels (finest level first, row by row), K classes.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.ops import batched_nms, clip_boxes_to_image

from polyhead.heads.detection.outputs import Boxes, DetectionOutputs

LEAST = 0.01
"""The least distance from an anchor point to a side, in strides: no box is without area, so CIoU is never NaN."""


def grid(
    shapes: Sequence[tuple[int, int]], strides: Sequence[int], device: torch.device | None = None
) -> tuple[Tensor, Tensor]:
    """Return the anchor points of all levels: the middles of their cells.

    Args:
        shapes: H, W of each level's feature map; taken from the maps, since an odd input rounds up.
        strides: Input pixels per cell of each level.
        device: Where to make them.

    Returns:
        (A, 2) x, y in input pixels, and (A,) the stride at each.
    """
    points, steps = [], []
    for (height, width), stride in zip(shapes, strides, strict=True):
        y = torch.arange(height, dtype=torch.float32, device=device) + 0.5
        x = torch.arange(width, dtype=torch.float32, device=device) + 0.5
        points.append(torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).flatten(0, 1) * stride)
        steps.append(torch.full((height * width,), float(stride), device=device))
    return torch.cat(points), torch.cat(steps)


def to_boxes(points: Tensor, strides: Tensor, distances: Tensor) -> Tensor:
    """Return boxes xyxy in input pixels, not clamped to the input.

    Args:
        points: (A, 2) x, y in input pixels.
        strides: (A,) input pixels.
        distances: (B, A, 4) from the point to the left, top, right and bottom side, in strides, >= 0.

    Returns:
        (B, A, 4).
    """
    near, far = (distances * strides[:, None]).chunk(2, dim=-1)
    return torch.cat([points - near, points + far], dim=-1)


def find(outputs: DetectionOutputs, *, nms: bool = True) -> Boxes:
    """Return up to 300 boxes an item, without gradient, with `points` (r,): places along A, to gather from.

    Args:
        outputs: What one pair of branches says.
        nms: Suppress what overlaps, as outputs need that give an object many points.
    """
    boxes, scores = outputs.boxes.detach(), outputs.logits.detach().sigmoid()
    if nms:
        return [select(*pair, outputs.size) for pair in zip(boxes, scores, strict=True)]
    best = top(boxes, scores)
    return [shown({name: value[item] for name, value in best.items()}, outputs.size) for item in range(len(boxes))]


def top(boxes: Tensor, scores: Tensor, *, most: int = 300) -> dict[str, Tensor]:
    """Return the pairs of point and class of the highest scores, best first, however they overlap.

    Args:
        boxes: (B, A, 4).
        scores: (B, A, K) in [0, 1].
        most: How many pairs to return at most.

    Returns:
        `boxes` (B, r, 4), `scores` (B, r), `labels` (B, r) and `points` (B, r), r the lesser of `most` and A K.
    """
    score, place = scores.flatten(1).topk(min(most, scores.shape[1] * scores.shape[2]))
    point, label = place // scores.shape[2], place % scores.shape[2]
    chosen = boxes.gather(1, point[..., None].expand(-1, -1, 4))
    return {"boxes": chosen, "scores": score, "labels": label, "points": point}


def shown(item: dict[str, Tensor], size: tuple[int, int], *, least: float = 0.001) -> dict[str, Tensor]:
    """Return one item's boxes clamped to the input of `size` (H, W), without those outside it or not over `least`."""
    boxes: Tensor = clip_boxes_to_image(item["boxes"], size)
    kept = (boxes[:, 2:] > boxes[:, :2]).all(dim=1) & (item["scores"] > least)
    return {name: value[kept] for name, value in {**item, "boxes": boxes}.items()}


def select(
    boxes: Tensor, scores: Tensor, size: tuple[int, int], *, least: float = 0.001, iou: float = 0.7, most: int = 300
) -> dict[str, Tensor]:
    """Return one item's boxes after non-maximum suppression within each class, best first.

    A point may answer for several classes. There is no time limit: how fast the machine is never changes a result. Only
    the 3000 best pairs of point and class enter the suppression, which bounds its cost (it grows with their square).

    Args:
        boxes: (A, 4) xyxy in input pixels.
        scores: (A, K) in [0, 1].
        size: H, W of the input, to which boxes are clamped; what lies outside is dropped.
        least: Scores have to be above it.
        iou: Of two boxes of a class that overlap by more, the one with the lower score goes.
        most: How many boxes to return at most.

    Returns:
        `boxes` (r, 4), `scores` (r,), `labels` (r,) and `points` (r,), the anchor points that said so, both int64;
        0 <= r <= `most`.
    """
    best, place = scores.flatten().topk(min(3000, scores.numel()))
    place = place[best > least]
    point, label = place // scores.shape[1], place % scores.shape[1]
    clipped: Tensor = clip_boxes_to_image(boxes[point], size)
    real = (clipped[:, 2:] > clipped[:, :2]).all(dim=1)
    clipped, score, label, point = clipped[real], scores.flatten()[place][real], label[real], point[real]
    kept = suppress(clipped, score, label, iou=iou, most=most)
    return {"boxes": clipped[kept], "scores": score[kept], "labels": label[kept], "points": point[kept]}


def suppress(boxes: Tensor, scores: Tensor, labels: Tensor, *, iou: float, most: int) -> Tensor:
    """Return the places of the first `most` boxes that survive non-maximum suppression within each class, best first.

    A box falls only to better ones, so the survivors among the first thousand are final. Where they are enough, as they
    are while an untrained head scores everything alike, the costly rest is not looked at; the result is the same.

    Args:
        boxes: (N, 4) xyxy, best first.
        scores: (N,), falling.
        labels: (N,) class numbers.
        iou: Of two boxes of a class that overlap by more, the worse goes.
        most: How many to return at most.
    """
    kept: Tensor = batched_nms(boxes[:1000], scores[:1000], labels[:1000], iou)
    if len(kept) < most and len(boxes) > 1000:
        kept = batched_nms(boxes, scores, labels, iou)
    return kept[:most]
