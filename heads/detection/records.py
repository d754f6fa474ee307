"""Detections outside the network: in the original image, as plain data, and drawn."""

import torch
from torch import Tensor
from torchvision.utils import draw_bounding_boxes

from polyhead.contracts import Frame, Record
from polyhead.ops.pictures import colour


def to_frame(item: dict[str, Tensor], frame: Frame) -> dict[str, Tensor]:
    """Return an item whose `boxes` (r, 4) go from the pixels of the input to those of the original, clamped to it."""
    (height, width), (y, x), (top, left) = frame
    boxes = item["boxes"]
    moved = (boxes - boxes.new_tensor([left, top, left, top])) / boxes.new_tensor([x, y, x, y])
    clamped = moved.clamp(min=0).minimum(boxes.new_tensor([width, height, width, height]))
    return {**item, "boxes": clamped}


def shown(item: dict[str, Tensor], least: float) -> Tensor:
    """Return the places of an item's boxes of `least` or more score and with area, highest score first.

    A box found in the padding of an input has no area in the original image.

    Args:
        item: `boxes` (r, 4) and `scores` (r,); without scores (a target) they are 1.
        least: The lowest score to keep.
    """
    scores = scores_of(item)
    order = scores.argsort(descending=True, stable=True)
    area = (item["boxes"][:, 2:] > item["boxes"][:, :2]).all(1)
    return order[(scores[order] >= least) & area[order]]


def scores_of(item: dict[str, Tensor]) -> Tensor:
    """Return the scores (r,) float32 of an item, 1 where it has none."""
    boxes = item["boxes"]
    return item["scores"].float() if "scores" in item else torch.ones(len(boxes), device=boxes.device)


def to_records(item: dict[str, Tensor], labels: tuple[str, ...], least: float) -> Record:
    """Return an item's boxes as plain data, in the order and choice of `shown`.

    Args:
        item: `boxes` (r, 4), `labels` (r,) and `scores` (r,); without scores (a target) they are 1.
        labels: Class names.
        least: The lowest score to keep.
    """
    order, scores = shown(item, least), scores_of(item)
    rows = zip(item["boxes"][order].tolist(), item["labels"][order].tolist(), scores[order].tolist(), strict=True)
    return {"boxes": [{"box": box, "label": labels[label], "score": score} for box, label, score in rows]}


def draw(image: Tensor, record: Record, labels: tuple[str, ...]) -> Tensor:
    """Return the (3, H, W) uint8 image with the record's boxes, each with its class and score.

    Args:
        image: (3, H, W) uint8; it is left as it is.
        record: What `to_records` returned, in the image's pixels.
        labels: Class names, whose order gives the colours.
    """
    found = record["boxes"]
    if not found:  # torchvision warns of nothing to draw
        return image.clone()
    drawn: Tensor = draw_bounding_boxes(
        image,
        torch.tensor([each["box"] for each in found]),
        labels=[f"{each['label']} {each['score']:.2f}" for each in found],
        colors=[colour(labels.index(each["label"])) for each in found],
        width=max(1, min(image.shape[1:]) // 200),
        label_colors="black",
        fill_labels=True,
    )
    return drawn
