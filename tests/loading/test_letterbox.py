"""The letterbox: one size for every image, and the way back."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import tv_tensors

from polyhead.contracts import IGNORE, Interpolation
from polyhead.loading.letterbox import letterbox, letterbox_item
from polyhead.loading.source import DenseMap, Item


def item(height: int, width: int, box: tuple[int, int, int, int]) -> Item:
    """Return a black image with one white rectangle, and the targets that say where it is."""
    x1, y1, x2, y2 = box
    mask = torch.zeros(height, width, dtype=torch.uint8)
    mask[y1:y2, x1:x2] = 1
    boxes = tv_tensors.BoundingBoxes(torch.tensor([box]).float(), format="XYXY", canvas_size=(height, width))
    return Item(
        tv_tensors.Image(mask * 255).expand(3, -1, -1).as_subclass(tv_tensors.Image),
        {
            "label": 3,
            "boxes": {"boxes": boxes, "labels": torch.tensor([2])},
            "mask": tv_tensors.Mask(mask),
            "depth": DenseMap(mask.float() + 1),
        },
    )


@pytest.mark.parametrize("shape", [(40, 80), (80, 40), (37, 91), (200, 100), (64, 64)])
def test_boxes_come_back_through_the_frame(shape: tuple[int, int]) -> None:
    (_, targets), frame = letterbox_item(item(*shape, (5, 7, 21, 30)), 64)
    (y, x), (top, left) = frame.scale, frame.pad
    back = (targets["boxes"]["boxes"] - torch.tensor([left, top, left, top])) / torch.tensor([x, y, x, y])
    torch.testing.assert_close(back, torch.tensor([[5.0, 7, 21, 30]]))
    assert frame.size == shape


def test_image_mask_depth_and_boxes_show_the_same_rectangle_in_the_same_place() -> None:
    (image, targets), _ = letterbox_item(item(40, 80, (8, 12, 24, 28)), 160)  # twice as large: no rounding
    assert targets["boxes"]["boxes"].tolist() == [[16, 64, 48, 96]]  # by hand: twice, and 40 rows of padding above
    for seen in (targets["mask"] == 1, targets["depth"] == 2, image[0] > 200):
        rows, columns = seen.nonzero().unbind(1)
        assert abs(rows.min() - 64) <= 1 >= abs(rows.max() - 95)
        assert abs(columns.min() - 16) <= 1 >= abs(columns.max() - 47)


def test_padding_is_grey_unlabelled_and_unmeasured() -> None:
    (image, targets), frame = letterbox_item(item(10, 20, (0, 0, 5, 5)), (40, 20))
    assert frame.pad == (15, 0)
    for rows in (slice(0, 15), slice(25, 40)):
        assert image[:, rows].unique().tolist() == [114]
        assert targets["mask"][rows].unique().tolist() == [IGNORE]
        assert targets["depth"][rows].isnan().all()
    assert not (targets["mask"][15:25] == IGNORE).any()
    assert not targets["depth"][15:25].isnan().any()


def test_an_item_that_fits_already_is_unchanged() -> None:
    before = item(32, 48, (1, 2, 9, 20))
    (image, targets), frame = letterbox_item(before, (32, 48))
    assert frame == ((32, 48), (1.0, 1.0), (0, 0))
    assert torch.equal(image, before.image)
    assert torch.equal(targets["mask"], before.targets["mask"])
    assert torch.equal(targets["boxes"]["boxes"], before.targets["boxes"]["boxes"])
    assert targets["label"] == 3


def test_targets_keep_their_kinds_so_that_augmentation_knows_them() -> None:
    (image, targets), _ = letterbox_item(item(10, 20, (0, 0, 5, 5)), 16)
    assert type(image) is tv_tensors.Image
    assert type(targets["mask"]) is tv_tensors.Mask
    assert type(targets["depth"]) is DenseMap
    assert targets["boxes"]["boxes"].canvas_size == (16, 16)


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (3, 7)])
def test_extreme_shapes_fill_the_size_exactly(shape: tuple[int, int]) -> None:
    image, _ = letterbox(torch.zeros(3, *shape, dtype=torch.uint8), (32, 16))
    assert image.shape == (3, 32, 16)


def test_shrinking_averages_instead_of_skipping_pixels() -> None:
    stripes = torch.zeros(3, 64, 64, dtype=torch.uint8)
    stripes[:, :, 1::4] = stripes[:, :, 2::4] = 255  # half of each four columns
    image, _ = letterbox(stripes, 16)
    assert (image.float() - 127.5).abs().max() < 50  # skipping would leave the middle two of each four: 255


@pytest.mark.parametrize("size", [24, 160])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_images_are_scaled_as_pillow_scales_them(interpolation: Interpolation, size: int) -> None:
    image = torch.randint(256, (3, 60, 60), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    mode = Image.Resampling[interpolation.upper()]
    expected = np.array(Image.fromarray(image.permute(1, 2, 0).numpy()).resize((size, size), mode))
    scaled, _ = letterbox(image, size, interpolation)
    assert (scaled.permute(1, 2, 0).int() - torch.from_numpy(expected).int()).abs().max() <= 2  # they round differently


def test_a_mask_keeps_its_class_numbers_however_its_image_is_scaled() -> None:
    image, targets = item(60, 60, (5, 7, 40, 30))
    mask = tv_tensors.Mask(targets["mask"] * 7)
    ways: tuple[Interpolation, ...] = ("nearest", "bilinear", "bicubic")
    scaled = [letterbox_item(Item(image, {"mask": mask}), 24, way)[0] for way in ways]
    assert len({tuple(one.image.flatten().tolist()) for one in scaled}) == 3
    for _, moved in scaled:
        assert torch.equal(moved["mask"], scaled[0].targets["mask"])
        assert moved["mask"].unique().tolist() == [0, 7]
