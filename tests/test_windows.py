"""Windows cover an image, and weigh little at their rim."""

from itertools import pairwise

import pytest
import torch

from polyhead.errors import UserError
from polyhead.windows import Window, cut, taper


def test_windows_by_hand_begin_on_cells_overlap_and_end_with_the_image() -> None:
    found = list(cut((20, 50), 16, 0.25, 4))
    assert [(place.corner, place.size) for place in found] == [
        ((top, left), (height, width))
        for top, height in ((0, 16), (4, 16))
        for left, width in ((0, 16), (12, 16), (24, 16), (36, 14))
    ]
    assert found[0].inner_sides() == (False, False, True, True)
    assert found[-1].inner_sides() == (True, True, False, False)


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (65, 200), (97, 61), (333, 128)])
@pytest.mark.parametrize("overlap", [0.0, 0.5, 0.9])
def test_every_pixel_is_in_a_window_and_no_window_leaves_the_image(size: tuple[int, int], overlap: float) -> None:
    seen = torch.zeros(size, dtype=torch.long)
    for (top, left), (height, width), image in cut(size, 64, overlap, 32):
        assert image == size
        assert top % 32 == left % 32 == 0
        assert 0 < height <= 64
        assert 0 < width <= 64
        part = seen[top : top + height, left : left + width]
        assert part.shape == (height, width)
        part += 1
    assert (seen > 0).all()


def test_neighbours_share_at_least_what_was_asked_for() -> None:
    for overlap in (0.0, 0.25, 0.5, 0.75):
        spans = [(place.corner[1], place.size[1]) for place in cut((64, 1000), 128, overlap, 32)]
        shared = [start + length - after for (start, length), (after, _) in pairwise(spans)]
        assert min(shared) >= overlap * 128


def test_an_image_that_fits_is_one_window() -> None:
    assert list(cut((30, 64), 64, 0.5, 32)) == [Window((0, 0), (30, 64), (30, 64))]


@pytest.mark.parametrize(
    ("side", "overlap", "said"), [(63, 0.25, "takes 64 or more"), (64, 1.0, r"0 to 0\.9"), (64, -0.1, r"0 to 0\.9")]
)
def test_windows_that_cannot_be_are_refused_in_a_line(side: int, overlap: float, said: str) -> None:
    with pytest.raises(UserError, match=said):
        next(cut((100, 100), side, overlap, 32))


def test_the_taper_is_highest_in_the_middle_even_and_nowhere_nothing() -> None:
    weights = taper(Window((0, 0), (9, 16), (9, 16)))
    assert weights.shape == (9, 16)
    assert (weights > 0).all()
    torch.testing.assert_close(weights, weights.flip(0, 1))
    assert weights[4].argmax().item() in (7, 8)
    assert weights[0, 8] < 0.1 * weights[4, 8]
