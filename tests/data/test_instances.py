"""The objects of an image one by one, from every form of data that has outlines."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yolo_folders
from coco_folders import PIXELS, SQUARE, data, listed, sheet, target, thing
from torch import Tensor

from polyhead.data.digits import Digits
from polyhead.loading.source import InstanceMasks
from polyhead.ops.outlines import boxes_around
from polyhead.ops.runs import encode_runs, polygon_runs

CROWD = {"size": [10, 20], "counts": [0, 200]}


def of_coco(root: Path, *things: dict[str, Any]) -> dict[str, Tensor]:
    """Return the instances of an image of 20 x 10 pixels with some annotations of the classes cat (1) and dog (2)."""
    content = sheet([listed(1, "a.png")], list(things), cat=1, dog=2)
    found: dict[str, Tensor] = target(data(root, content), "a.png", "instances")
    return found


def test_each_object_of_coco_has_box_class_and_pixels_of_its_own_where_they_overlap(tmp_path: Path) -> None:
    runs = {"size": [10, 20], "counts": encode_runs(torch.ones(10, 20, dtype=torch.bool))}
    large, small = (
        thing(1, 2, [0, 0, 20, 10], segmentation=runs),
        thing(1, 1, [2, 1, 4, 3], segmentation=[SQUARE]),
    )
    found = of_coco(tmp_path, large, small)
    assert found["boxes"].tolist() == [[0, 0, 20, 10], [2, 1, 6, 4]]
    assert found["labels"].tolist() == [1, 0]
    assert type(found["masks"]) is InstanceMasks
    assert torch.equal(found["masks"], torch.stack([torch.ones(10, 20), PIXELS]).byte())


def test_crowds_and_boxes_without_area_go_with_their_pixels(tmp_path: Path) -> None:
    crowd = thing(1, 1, [0, 0, 20, 10], segmentation=CROWD, iscrowd=1)
    flat = thing(1, 1, [2, 1, 0, 3], segmentation=[SQUARE])
    found = of_coco(tmp_path, crowd, flat, thing(1, 2, [2, 1, 4, 3], segmentation=[SQUARE]))
    assert found["labels"].tolist() == [1]
    assert torch.equal(found["masks"], PIXELS[None].byte())


def test_an_image_without_objects_has_no_layers(tmp_path: Path) -> None:
    content = sheet([listed(1, "a.png"), listed(2, "b.png")], [thing(2, 1, [2, 1, 4, 3], segmentation=[SQUARE])], cat=1)
    assert target(data(tmp_path, content), "a.png", "instances")["masks"].shape == (0, 10, 20)


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_polygon_and_run_length_code_give_the_same_mask_to_within_a_pixel(tmp_path: Path, shift: float) -> None:
    corners = [3 + shift, 1, 17, 2.5 + shift, 12.1, 9.4 - shift, 5.5, 7]
    x, y = torch.meshgrid(torch.arange(20) + 0.5, torch.arange(10) + 0.5, indexing="xy")
    inside = torch.ones(10, 20, dtype=torch.bool)  # by the sides of the polygon, which is convex
    points = torch.tensor(corners).view(-1, 2)
    for (x1, y1), (x2, y2) in zip(points, points.roll(-1, 0), strict=True):
        inside &= (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= 0
    runs = {"size": [10, 20], "counts": encode_runs(inside)}
    one = of_coco(tmp_path / "a", thing(1, 1, [3, 1, 15, 9], segmentation=[corners]))["masks"][0].as_subclass(Tensor)
    other = of_coco(tmp_path / "b", thing(1, 1, [3, 1, 15, 9], segmentation=runs))["masks"][0].as_subclass(Tensor)
    assert other.sum() > 40
    for thin, thick in ((one, other), (other, one)):
        grown = torch.nn.functional.max_pool2d(thick[None, None].float(), 3, 1, 1)[0, 0]
        assert (thin <= grown).all()


def test_polygons_of_yolo_are_drawn_as_those_of_coco(tmp_path: Path) -> None:
    source = yolo_folders.data(tmp_path, yolo_folders.POLYGON)
    found = source.targets("train", 0)["instances"]
    assert found["labels"].tolist() == [0]
    assert torch.allclose(found["boxes"], torch.tensor([[2.0, 1, 6, 4]]))
    assert torch.equal(found["masks"], PIXELS[None].byte())
    assert polygon_runs([SQUARE], (10, 20)) == encode_runs(PIXELS)


def test_digits_are_parts_of_the_mask_with_tight_boxes() -> None:
    for index in range(30):
        targets = Digits(canvas=64).item("train", index).targets
        found = targets["instances"]
        masks, labels = found["masks"].as_subclass(Tensor), found["labels"]
        assert torch.equal((masks * (labels + 1)[:, None, None]).sum(0), targets["mask"].as_subclass(Tensor).long())
        assert masks.sum(0).max() == 1
        assert torch.equal(found["boxes"].as_subclass(Tensor), boxes_around(masks))
        assert (found["boxes"] - targets["boxes"]["boxes"]).abs().max() <= 8  # what another digit hides of it


def test_masks_that_nobody_asks_for_are_not_drawn(tmp_path: Path) -> None:
    broken = {"size": [10, 20], "counts": encode_runs(PIXELS)[:-2]}
    content = sheet([listed(1, "a.png")], [thing(1, 1, [2, 1, 4, 3], segmentation=broken)], cat=1)
    source = data(tmp_path, content)
    assert source.item("train", 0).targets["boxes"]["labels"].tolist() == [0]
    with pytest.raises(Exception, match=r"annotations\[0\] has a broken run-length code"):
        source.item("train", 0).targets["instances"]
