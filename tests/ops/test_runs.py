"""Masks as runs, after COCO's own definition: columns first, background first."""

import pytest
import torch

from polyhead.ops.runs import area_of_runs, compress_runs, decode_runs, encode_runs, polygon_runs


def test_a_mask_survives_its_code() -> None:
    mask = torch.rand(13, 7, generator=torch.Generator().manual_seed(0)) > 0.5
    code = encode_runs(mask)
    assert torch.equal(decode_runs(code, (13, 7)), mask)
    assert area_of_runs(code, (13, 7)) == mask.sum()


def test_a_code_is_the_one_that_pycocotools_writes() -> None:
    assert encode_runs(torch.eye(4, dtype=torch.bool)) == "01400000"


def test_plain_run_lengths_count_down_the_columns() -> None:
    code = compress_runs([3, 2, 1], (2, 3))  # by hand: columns are 00, 01, 10
    assert decode_runs(code, (2, 3)).tolist() == [[False, False, True], [False, True, False]]


@pytest.mark.parametrize("counts", [[3, 2], [3, 2, 2], [7, -1], []])
def test_run_lengths_that_do_not_fill_the_mask_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="do not make a mask of 2 x 3"):
        compress_runs(counts, (2, 3))


@pytest.mark.parametrize("code", ["", "5", "zzzz", "oooooooooooooooooooooooo", "é"])
def test_a_broken_code_is_a_value_error(code: str) -> None:
    with pytest.raises(ValueError, match=r"RLE"):
        decode_runs(code, (4, 5))


def test_a_polygon_holds_the_pixels_whose_centres_are_within() -> None:
    square = decode_runs(polygon_runs([[1, 1, 4, 1, 4, 3, 1, 3]], (5, 6)), (5, 6))
    by_hand = torch.zeros(5, 6, dtype=torch.bool)
    by_hand[1:3, 1:4] = True
    assert torch.equal(square, by_hand)


def test_polygons_of_one_object_add_up_and_are_cut_at_the_mask() -> None:
    parts = polygon_runs([[0, 0, 2, 0, 2, 2, 0, 2], [4, 1, 60, 1, 60, 50, 4, 50]], (3, 6))
    by_hand = torch.zeros(3, 6, dtype=torch.bool)
    by_hand[0:2, 0:2] = True
    by_hand[1:3, 4:6] = True
    assert torch.equal(decode_runs(parts, (3, 6)), by_hand)


def test_no_polygon_is_no_pixel() -> None:
    assert not decode_runs(polygon_runs([], (3, 4)), (3, 4)).any()
