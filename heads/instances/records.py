"""Instances outside the network: in the original image, as plain data, and drawn."""

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.utils import draw_segmentation_masks

from polyhead.contracts import Frame, Record
from polyhead.heads.detection import records as boxes
from polyhead.ops.frames import inside
from polyhead.ops.pictures import colour
from polyhead.ops.runs import decode_runs, encode_runs


def to_frame(item: dict[str, Tensor], frame: Frame) -> dict[str, Tensor]:
    """Return an item whose `boxes` (r, 4) and `masks` (r, H, W) go from the input's pixels to those of the original."""
    masks = item["masks"].new_zeros(len(item["masks"]), *frame.size)
    for restored, mask in zip(masks, item["masks"], strict=True):  # one at a time: as floats they are large
        restored.copy_(restore_mask(mask, frame))
    return {**boxes.to_frame(item, frame), "masks": masks}


def restore_mask(mask: Tensor, frame: Frame) -> Tensor:
    """Return the mask (H, W) of an input as that of its original image, (H0, W0) bool, with smooth edges."""
    (height, width), (top, left) = inside(frame), frame.pad
    inner = mask[top : top + height, left : left + width].float()
    return F.interpolate(inner[None, None], size=frame.size, mode="bilinear", align_corners=False)[0, 0] > 0.5


def to_records(item: dict[str, Tensor], labels: tuple[str, ...], least: float) -> Record:
    """Return an item's instances as plain data, highest score first, chosen as detection chooses boxes.

    Args:
        item: `boxes` (r, 4), `labels` (r,), `masks` (r, H, W) and `scores` (r,); without scores (a target) they are 1.
        labels: Class names.
        least: The lowest score to keep.
    """
    masks = item["masks"][boxes.shown(item, least)].bool()
    rows = zip(boxes.to_records(item, labels, least)["boxes"], masks, strict=True)
    found = [{**row, "area": int(mask.sum()), "rle": encode_runs(mask)} for row, mask in rows]
    return {"size": list(item["masks"].shape[1:]), "instances": found}


def draw(image: Tensor, record: Record, labels: tuple[str, ...]) -> Tensor:
    """Return the (3, H, W) uint8 image with each instance's pixels, their outline, and its box, class and score.

    Args:
        image: (3, H, W) uint8; it is left as it is.
        record: What `to_records` returned, in the image's pixels.
        labels: Class names, whose order gives the colours.
    """
    found = record["instances"]
    if not found:
        return image.clone()
    masks = torch.stack([decode_runs(one["rle"], record["size"]) for one in found]).to(image.device)
    colours = [colour(labels.index(one["label"])) for one in found]
    drawn: Tensor = draw_segmentation_masks(image, masks, alpha=0.4, colors=colours)
    for mask, own in zip(masks, colours, strict=True):
        drawn[:, outline(mask)] = torch.tensor(own, dtype=torch.uint8, device=image.device)[:, None]
    return boxes.draw(drawn, {"boxes": found}, labels)


def outline(mask: Tensor) -> Tensor:
    """Return the pixels (H, W) bool of a mask that are near its edge: 1 pixel, more in images of 400 pixels and up."""
    reach = max(1, min(mask.shape) // 200)
    outside = F.max_pool2d((~mask)[None, None].float(), 2 * reach + 1, stride=1, padding=reach)[0, 0] > 0
    return mask & outside
