"""Boxes of windows: each object once, whole where any window has the whole of it."""

from typing import Any

import torch

from polyhead.heads.detection.stitch import StitchedBoxes
from polyhead.windows import Window

IMAGE = (100, 200)
LEFT, RIGHT = Window((0, 0), (100, 120), IMAGE), Window((0, 80), (100, 120), IMAGE)


def stitched(*windows: tuple[Window, list[tuple[list[float], float, int]]]) -> list[tuple[list[float], float, int]]:
    """Return the boxes, scores and labels of an image; what windows say is given as if it were outputs."""
    stitch = StitchedBoxes[Any](lambda said: [said])
    for window, said in windows:
        boxes, scores, labels = zip(*said, strict=True) if said else ((), (), ())
        found = {"boxes": torch.tensor(boxes).reshape(-1, 4), "scores": torch.tensor(scores)}
        stitch.add({**found, "labels": torch.tensor(labels, dtype=torch.long)}, window)
    (item,) = stitch.predictions()
    values = (item["boxes"].tolist(), item["scores"].tolist(), item["labels"].tolist())
    return [(box, round(score, 4), label) for box, score, label in zip(*values, strict=True)]


def test_boxes_come_in_the_pixels_of_the_image_best_first() -> None:
    found = stitched((LEFT, [([5.0, 5, 20, 20], 0.5, 0)]), (RIGHT, [([60.0, 50, 80, 70], 0.75, 1)]))
    assert found == [([140, 50, 160, 70], 0.75, 1), ([5, 5, 20, 20], 0.5, 0)]


def test_what_two_windows_see_alike_is_one_object_but_classes_are_apart() -> None:
    found = stitched(
        (LEFT, [([90.0, 5, 110, 25], 0.5, 0)]), (RIGHT, [([10.0, 5, 30, 25], 0.75, 0), ([10.0, 5, 30, 25], 0.25, 1)])
    )
    assert found == [([90, 5, 110, 25], 0.75, 0), ([90, 5, 110, 25], 0.25, 1)]


def test_a_cut_box_goes_where_the_other_window_has_the_whole_even_of_a_lower_score() -> None:
    cut, whole = ([105.0, 10, 120, 40], 0.75, 0), ([25.0, 10, 60, 40], 0.5, 0)
    assert stitched((LEFT, [cut]), (RIGHT, [whole])) == [([105, 10, 140, 40], 0.5, 0)]


def test_a_cut_box_stays_where_none_has_the_whole() -> None:
    parts = (LEFT, [([50.0, 10, 120, 40], 0.75, 0)]), (RIGHT, [([0.0, 10, 70, 40], 0.5, 0)])
    assert len(stitched(*parts)) == 2


def test_a_cut_box_stays_beside_boxes_of_another_class_or_of_hardly_any_score() -> None:
    cut = ([105.0, 10, 120, 40], 0.75, 0)
    other = (RIGHT, [([25.0, 10, 60, 40], 0.7, 1), ([20.0, 5, 70, 60], 0.25, 0)])
    assert ([105, 10, 120, 40], 0.75, 0) in stitched((LEFT, [cut]), other)


def test_a_cut_box_stays_beside_boxes_of_its_own_window() -> None:
    cut, beside = ([60.0, 10, 120, 40], 0.75, 0), ([50.0, 5, 115, 60], 0.6, 0)
    assert stitched((LEFT, [cut, beside]), (RIGHT, [])) == [cut, beside]


def test_a_box_at_the_edge_of_the_image_is_not_cut() -> None:
    edge = ([85.0, 0, 115, 30], 0.75, 0)
    over = (RIGHT, [([5.0, 5, 60, 31], 0.5, 0)])  # covers five sixths of it
    assert ([85, 0, 115, 30], 0.75, 0) in stitched((LEFT, [edge]), over)


def test_nothing_found_is_no_boxes() -> None:
    assert stitched((LEFT, []), (RIGHT, [])) == []
