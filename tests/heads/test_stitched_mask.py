"""Masks of windows are those of the whole image, without seams."""

import torch
from torch import Tensor

from polyhead.heads._paint import Paint
from polyhead.heads._stitched_mask import StitchedMask
from polyhead.windows import cut


def stitched(logits: Tensor, side: int, overlap: float) -> Tensor:
    """Return the mask of an image whose network says `logits` (K, H, W), the same in every window."""
    stitch = StitchedMask(len(logits), (logits.shape[1], logits.shape[2]))
    for window in cut((logits.shape[1], logits.shape[2]), side, overlap, 4):
        (top, left), (height, width), _ = window
        part = logits[:, top : top + height, left : left + width]
        stitch.add(Paint(part[None, :, None], (height, width)), window)
    (mask,) = stitch.predictions()
    return mask


def test_of_windows_that_agree_the_mask_is_the_most_probable_class_of_each_pixel() -> None:
    logits = torch.randn(5, 37, 50)
    for side, overlap in ((8, 0.0), (16, 0.5), (20, 0.9), (64, 0.25)):
        assert torch.equal(stitched(logits, side, overlap).long(), logits.argmax(0))


def test_where_windows_differ_the_one_whose_middle_is_nearer_has_the_say() -> None:
    stitch, windows = StitchedMask(2, (8, 24)), list(cut((8, 24), 16, 0.5, 4))
    assert [window.corner[1] for window in windows] == [0, 8]
    for window, number in zip(windows, (0, 1), strict=True):
        logits = torch.zeros(1, 2, 1, *window.size)
        logits[:, number] = 1
        stitch.add(Paint(logits, window.size), window)
    (mask,) = stitch.predictions()
    assert torch.equal(mask, (torch.arange(24) >= 12).byte().expand(8, 24))


def test_sums_are_kept_of_one_row_of_windows_only() -> None:
    stitch = StitchedMask(3, (400, 24))
    for window in cut((400, 24), 16, 0.25, 4):
        stitch.add(Paint(torch.zeros(1, 3, 1, *window.size), window.size), window)
        assert stitch.sums.shape[1] <= 16
    assert stitch.predictions()[0].shape == (400, 24)
