"""Outlines of objects, drawn as masks of class numbers."""

import pickle
from array import array
from pathlib import Path

import pytest
import torch

from polyhead.data._instances import Instances
from polyhead.data._photos import Boxes, Photo
from polyhead.data._regions import Region, Regions, Shape, mask_names, outlined, polygons_within
from polyhead.errors import UserError
from polyhead.ops.runs import encode_runs

NAMES = ("background", "cat", "dog")


def rectangle(x1: float, y1: float, x2: float, y2: float) -> Shape:
    """Return the outline of a rectangle."""
    return (array("d", [x1, y1, x2, y1, x2, y2, x1, y2]),)


def test_each_object_is_drawn_with_the_number_of_its_class_in_the_mask() -> None:
    mask = Regions([Region("dog", rectangle(0, 0, 2, 1)), Region("cat", rectangle(3, 1, 5, 2))], "a").target(
        NAMES, (3, 5)
    )
    assert mask.dtype == torch.uint8
    assert mask.tolist() == [[2, 2, 0, 0, 0], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]


def test_small_objects_lie_on_large_ones_and_all_on_crowds_whatever_their_order() -> None:
    large, small = Region("dog", rectangle(0, 0, 4, 1)), Region("cat", rectangle(1, 0, 2, 1))
    crowd = Region(None, rectangle(3, 0, 6, 1))
    for order in ([large, small, crowd], [crowd, small, large]):
        assert Regions(order, "a").target(NAMES, (1, 6)).tolist() == [[2, 1, 2, 2, 255, 255]]


def test_run_length_codes_are_drawn_as_they_are() -> None:
    pixels = torch.eye(4, dtype=torch.bool)
    assert torch.equal(Regions([Region("cat", encode_runs(pixels))], "a").target(NAMES, (4, 4)), pixels.byte())


def test_no_object_is_all_background() -> None:
    assert not Regions([], "a").target(NAMES, (2, 3)).any()


@pytest.mark.parametrize("code", ["zzzz", "5", ""])
def test_a_broken_code_names_its_object_and_the_cure(code: str) -> None:
    regions = Regions([Region("cat", rectangle(0, 0, 1, 1), 6), Region("cat", code, 7)], "data/a.json: annotations")
    with pytest.raises(UserError, match=r"^data/a.json: annotations\[7\] has a broken .*; mend or delete it$"):
        regions.target(NAMES, (4, 4))


def test_what_a_fingerprint_hashes_follows_the_pixels_and_the_class() -> None:
    same = repr(Region("cat", rectangle(0, 0, 1, 1)))
    assert repr(pickle.loads(pickle.dumps(Region("cat", rectangle(0, 0, 1, 1))))) == same  # noqa: S301  # our own bytes
    others = [Region("dog", rectangle(0, 0, 1, 1)), Region("cat", rectangle(0, 0, 1, 2)), Region("cat", "01")]
    assert len({same, *map(repr, others)}) == 4


def test_polygons_need_three_corners_and_a_place_near_the_image() -> None:
    good, thin = array("d", [0, 0, 9, 0, 9, 9]), array("d", [0, 0, 9, 9])
    assert polygons_within([good, thin], (10, 10)) == (good,)
    with pytest.raises(ValueError, match="7 numbers in polygon 1"):
        polygons_within([good, array("d", [0] * 7)], (10, 10))
    for far in (1e9, -1e9):
        with pytest.raises(ValueError, match=r"corner at -?1e\+09 in polygon 0, far outside an image of 20 x 10"):
            polygons_within([array("d", [0, 0, far, 0, 9, 9])], (10, 20))


def photo(name: str, mask: Regions | None) -> Photo:
    """Return an image with boxes, and outlines or none."""
    boxes = {"boxes": Boxes([], [])}
    outlines = {} if mask is None else {"mask": mask, "instances": Instances(Boxes([], []), mask)}
    return Photo(Path(name), None, {**boxes, **outlines})


FULL, EMPTY = Regions([Region("cat", rectangle(0, 0, 1, 1))], "a"), Regions([], "a")


def test_a_mask_is_offered_where_an_outline_is_and_images_without_are_counted() -> None:
    photos, names, notes = outlined([photo("a", FULL), photo("b", EMPTY), photo("c", None)], ("cat",))
    assert names == {"mask": ("background", "cat"), "instances": ("cat",)}
    assert [{"mask", "instances"} <= one.labels.keys() for one in photos] == [True, True, False]
    assert notes == ["1 image with objects that have no outline: no mask, no instances (c)"]


def test_no_outline_anywhere_is_no_mask() -> None:
    photos, names, notes = outlined([photo("b", EMPTY), photo("c", None)], ("cat",))
    assert (names, notes) == ({}, [])
    assert [list(one.labels) for one in photos] == [["boxes"], ["boxes"]]


def test_more_classes_than_a_mask_can_number_are_instances_and_no_mask_aloud() -> None:
    classes = [f"class {n}" for n in range(255)]
    photos, names, notes = outlined([photo("a", FULL)], classes)
    assert names == {"instances": tuple(classes)}
    assert list(photos[0].labels) == ["boxes", "instances"]
    assert notes == ["no target `mask`: it numbers 254 classes beside the background at most, and these are 255"]
    assert "mask" in outlined([photo("a", FULL)], classes[:254])[1]


def test_the_background_comes_first_even_if_it_is_a_class() -> None:
    assert mask_names(("cat", "background", "dog")) == NAMES
