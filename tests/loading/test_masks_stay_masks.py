"""Masks stay masks through every augmentation: no number that was not there, no object that the image does not show."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors

from polyhead.contracts import IGNORE
from polyhead.loading.augment import IMAGE_ONLY, Augment, catalogue
from polyhead.loading.letterbox import LEAST, letterbox_item
from polyhead.loading.source import InstanceMasks, Item, Sample
from polyhead.ops.outlines import boxes_around

pytestmark = [
    pytest.mark.filterwarnings("ignore:The image decoding and encoding:DeprecationWarning"),  # torchvision's, of jpeg
    pytest.mark.filterwarnings("ignore:RandomErasing:UserWarning"),  # it hides pixels, and no labels, which is meant
]
SIDE = 48
THINGS = {7: (4, 6, 20, 22), 9: (24, 18, 44, 40)}
"""Class number in the mask, and x1, y1, x2, y2, of two objects."""
GROUND = 5
"""The class around them: there is no 0, so that one that appears was made up."""
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "center_crop": [{"size": 30}, {"size": 70}],
    "elastic_transform": [{"alpha": 60.0}],
    "gaussian_blur": [{"kernel_size": 5}],
    "jpeg": [{"quality": 20}],
    "mosaic": [{"share": 1.0}],
    "pad": [{"padding": 9}],
    "random_adjust_sharpness": [{"sharpness_factor": 2.0, "p": 1.0}],
    "random_affine": [{"degrees": 40, "translate": [0.3, 0.3], "scale": [0.5, 1.5], "shear": 15}],
    "random_crop": [{"size": 30}, {"size": 60, "pad_if_needed": True}],
    "random_erasing": [{"p": 1.0}],
    "random_perspective": [{"p": 1.0, "distortion_scale": 0.7}],
    "random_posterize": [{"bits": 2, "p": 1.0}],
    "random_resize": [{"min_size": 24, "max_size": 90}],
    "random_resized_crop": [{"scale": [0.2, 0.6]}],
    "random_rotation": [{"degrees": 45}, {"degrees": 45, "expand": True}],
    "random_shortest_size": [{"min_size": 31}],
    "random_solarize": [{"threshold": 100, "p": 1.0}],
    "random_zoom_out": [{"p": 1.0}],
    "resize": [{"size": 31}, {"size": [31, 70]}],
    "scale_jitter": [{"scale_range": [0.4, 2.0]}],
}
"""Of augmentations that need some, or do more with them."""
CASES = [
    pytest.param({"name": name, **options}, id=f"{name} {' '.join(map(str, options.values()))}".strip())
    for name in sorted(catalogue().keys() - set(IMAGE_ONLY))
    for options in OPTIONS.get(name, [{}])
]
RECOLOURS = {
    "color_jitter",
    "gaussian_blur",
    "jpeg",
    "random_autocontrast",
    "random_equalize",
    "random_erasing",
    "random_invert",
    "random_photometric_distort",
    "random_posterize",
    "random_solarize",
}
"""Those that move nothing, and leave no class its grey."""
SLACK = {"elastic_transform": 3.1}
"""Pixels by which boxes alone, whose corners are moved, may cut what is around the pixels; 2.1 of others."""
BRIGHT = {7: 90, 9: 200, GROUND: 30}
"""What the image shows of each class."""


def item() -> Item:
    """Return two objects on the ground, with an unlabelled strip, as mask, instances and boxes."""
    mask = torch.full((SIDE, SIDE), GROUND, dtype=torch.uint8)
    for number, (x1, y1, x2, y2) in THINGS.items():
        mask[y1:y2, x1:x2] = number
    layers = InstanceMasks(torch.stack([mask == number for number in THINGS]).byte())
    image = torch.zeros_like(mask)
    for number, grey in BRIGHT.items():
        image[mask == number] = grey
    mask[44:46] = IGNORE
    boxes = tv_tensors.BoundingBoxes(list(THINGS.values()), format="XYXY", canvas_size=(SIDE, SIDE), dtype=torch.float)
    both = {"boxes": boxes, "labels": torch.tensor([0, 1])}
    targets = {"mask": tv_tensors.Mask(mask), "instances": {**both, "masks": layers}, "boxes": dict(both)}
    return Item(tv_tensors.Image(image.repeat(3, 1, 1)), targets)


def changed(named: dict[str, Any], seed: int) -> Item:
    """Return the item after an augmentation."""
    sample: Sample = letterbox_item(item(), SIDE)
    augment = Augment((named,), (SIDE, SIDE))
    if augment.mosaic:
        return augment(augment.mosaic(sample, range(9), lambda _: sample, (seed,)), (seed,))
    return augment(sample[0], (seed,))


@pytest.mark.parametrize("named", CASES)
def test_masks_stay_masks_and_boxes_stay_around_them(named: dict[str, Any]) -> None:
    for seed in range(12):
        _, targets = changed(named, seed)
        mask, layers = (one.as_subclass(Tensor) for one in (targets["mask"], targets["instances"]["masks"]))
        assert mask.dtype == layers.dtype == torch.uint8
        assert mask.shape == (SIDE, SIDE)
        assert set(mask.unique().tolist()) <= {*THINGS, GROUND, IGNORE}
        assert set(layers.unique().tolist()) <= {0, 1}
        around = targets["instances"]["boxes"].as_subclass(Tensor)
        assert torch.equal(around, boxes_around(layers))
        labels = targets["instances"]["labels"].tolist()
        for layer, label in zip(layers, labels, strict=True):
            assert set(mask[layer > 0].tolist()) <= {list(THINGS)[label], IGNORE}
        if named["name"] not in {"mosaic", "random_iou_crop"}:  # these leave out boxes of which little can be seen
            for box, label in zip(around, labels, strict=True):
                alone = targets["boxes"]["boxes"].as_subclass(Tensor)[targets["boxes"]["labels"] == label]
                if not len(alone):  # as a box it was a sliver
                    assert (box[2:] - box[:2]).min() < 2 * LEAST
                    continue
                assert (
                    torch.cat([alone[0, :2] - box[:2], box[2:] - alone[0, 2:]]) < SLACK.get(named["name"], 2.1)
                ).all()


@pytest.mark.parametrize("named", [case for case in CASES if case.values[0]["name"] not in RECOLOURS])
def test_masks_move_as_their_image_does(named: dict[str, Any]) -> None:
    for seed in range(6):
        image, targets = changed(named, seed)
        shown = image.as_subclass(Tensor).float().mean(0)
        mask = targets["mask"].as_subclass(Tensor)
        wrong = [((shown - grey).abs() > 25) & (mask == number) for number, grey in BRIGHT.items()]
        assert torch.stack(wrong).any(0).float().mean() < 0.12  # along edges, where the image is blurred
