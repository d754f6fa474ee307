"""Masks as runs: COCO's run-length code, which counts down the columns of a mask, background first."""

from collections.abc import Sequence

import torch
from faster_coco_eval.core import mask as coco
from torch import Tensor


def encode_runs(mask: Tensor) -> str:
    """Return a (H, W) bool mask in COCO's compressed run-length code."""
    code: bytes = coco.encode(mask.cpu().to(torch.uint8).T.contiguous().numpy().T)["counts"]
    return code.decode()


def decode_runs(code: str, size: Sequence[int]) -> Tensor:
    """Return the (H, W) bool mask of `size` behind COCO's compressed run-length code.

    Raises:
        ValueError: If the code is broken, or of another size.
    """
    try:
        return torch.from_numpy(coco.decode({"size": list(size), "counts": code.encode()})).bool()
    except RuntimeError as error:  # what it raises for a number of too many letters
        raise ValueError(str(error)) from error


def area_of_runs(code: str, size: Sequence[int]) -> int:
    """Return how many pixels a mask in run-length code has, without decoding it.

    Raises:
        ValueError: If the code is broken, or longer than a mask of `size` (H, W).
    """
    try:
        return int(coco.area({"size": list(size), "counts": code.encode()}))
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def compress_runs(counts: Sequence[int], size: Sequence[int]) -> str:
    """Return the compressed code of plain run lengths, which must add up to the H W pixels of `size`.

    Raises:
        ValueError: If they do not.
    """
    if sum(counts) != size[0] * size[1] or min(counts) < 0:
        raise ValueError(f"runs of {sum(counts)} pixels in all do not make a mask of {size[0]} x {size[1]}")
    code: bytes = coco.frPyObjects({"size": list(size), "counts": list(counts)}, size[0], size[1])["counts"]
    return code.decode()


def polygon_runs(polygons: Sequence[Sequence[float]], size: Sequence[int]) -> str:
    """Return the code of the pixels of `size` (H, W) within any of some polygons, cut at the image.

    Args:
        polygons: x, y, x, y ... of the corners of each, in pixels; three corners or more. No polygon: no pixel.
        size: H, W of the mask.
    """
    if not polygons:
        return encode_runs(torch.zeros(*size, dtype=torch.bool))
    parts = coco.frPyObjects([list(polygon) for polygon in polygons], size[0], size[1])
    code: bytes = coco.merge(parts)["counts"]
    return code.decode()
