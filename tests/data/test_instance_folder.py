"""Images with a mask file for each object."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from polyhead.data.auto import Auto
from polyhead.data.instance_folder import InstanceFolder
from polyhead.data.mask_folder import MaskFolder
from polyhead.errors import UserError
from polyhead.loading.image_module import ImageModule
from polyhead.loading.source import SPLITS

ALL: dict[str, Any] = {"split": (1.0, 0.0, 0.0)}
"""Everything is train."""
LEFT = [[1, 1, 0], [1, 0, 0]]
RIGHT = [[0, 1, 1], [0, 0, 0]]
"""Two objects in an image of 3 x 2 pixels; they share one."""
NONE = [[0, 0, 0], [0, 0, 0]]


def put(path: Path, numbers: list[list[int]] | None = None, white: int = 1) -> None:
    """Write a mask in which the object is `white`, or an image of 3 x 2 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = (len(str(path)), sum(map(ord, str(path.name))) % 256, 9)
    image = (
        Image.new("RGB", (3, 2), colour) if numbers is None else Image.fromarray(white * np.array(numbers, np.uint8))
    )
    image.save(path)


LAYOUTS = {
    "a folder an image": ("{0}/images/{0}.png", "{0}/masks/{1}.png"),
    "a folder an image, in train": ("stage1_train/{0}/images/{0}.png", "stage1_train/{0}/masks/{1}.png"),
    "a folder of masks an image": ("images/{0}.jpg", "masks/{0}/{1}.png"),
    "names that begin alike": ("images/{0}.jpg", "masks/{0}_{1}.png"),
    "names that begin alike, in train": ("train/images/{0}.jpg", "train/masks/{0}_mask_{1}.png"),
    "folders of masks in train": ("images/train/{0}.jpg", "gt/train/{0}/{1}.png"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("white", [1, 7, 255])
def test_each_file_is_an_object_with_box_class_and_pixels(tmp_path: Path, layout: str, white: int) -> None:
    image, mask = LAYOUTS[layout]
    for name in ("a", "b_1"):
        put(tmp_path / image.format(name))
        put(tmp_path / mask.format(name, 0), LEFT, white)
        put(tmp_path / mask.format(name, 1), RIGHT, white)
    data = InstanceFolder(str(tmp_path), label="cell", **ALL)
    assert data.labels() == {"boxes": ("cell",), "mask": ("background", "cell"), "instances": ("cell",)}
    assert data.size("train") == 2
    for index in range(2):
        targets = data.item("train", index).targets
        found = targets["instances"]
        assert found["masks"].tolist() == [LEFT, RIGHT]
        assert found["boxes"].tolist() == targets["boxes"]["boxes"].tolist() == [[0, 0, 2, 2], [1, 0, 3, 1]]  # by hand
        assert found["labels"].tolist() == [0, 0]
        assert targets["mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert f"{tmp_path}: 4 masks of one object each, called cell" in data.notes()
    assert Auto(str(tmp_path), **ALL).found == ("instance masks",)
    assert pickle.loads(pickle.dumps(data)).notes() == data.notes()  # noqa: S301  # our own bytes


def test_an_empty_folder_is_no_object_and_none_is_no_label(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path / name / "images" / f"{name}.png")
    put(tmp_path / "a" / "masks" / "0.png", LEFT)
    (tmp_path / "b" / "masks").mkdir()
    data = InstanceFolder(str(tmp_path), **ALL)
    carried = [data.targets("train", index) for index in range(3)]
    assert [set(one) for one in carried] == [{"boxes", "mask", "instances"}, {"boxes", "mask", "instances"}, set()]
    assert carried[1]["instances"]["masks"].shape == (0, 2, 3)
    assert not carried[1]["mask"].any()
    assert f"{tmp_path}: 1 image without masks: unlabelled (c/images/c.png)" in data.notes()


def test_a_mask_without_an_object_and_one_without_an_image_are_left_out_aloud(tmp_path: Path) -> None:
    put(tmp_path / "images" / "a.png")
    for name, numbers in (("a_0", LEFT), ("a_1", NONE), ("z_0", LEFT)):
        put(tmp_path / "masks" / f"{name}.png", numbers)
    data = InstanceFolder(str(tmp_path), **ALL)
    assert data.targets("train", 0)["instances"]["masks"].tolist() == [LEFT]
    assert f"{tmp_path}: 1 mask without an object: left out (masks/a_1.png)" in data.notes()
    assert f"{tmp_path}: 1 mask without an image: left out (masks/z_0.png)" in data.notes()


def test_a_split_without_masks_is_left_out_aloud(tmp_path: Path) -> None:
    for split in ("train", "test"):
        put(tmp_path / f"stage1_{split}" / "a" / "images" / "a.png")
    put(tmp_path / "stage1_train" / "a" / "masks" / "0.png", LEFT)
    data = InstanceFolder(str(tmp_path), **ALL)
    assert [data.size(split) for split in SPLITS] == [1, 0, 0]
    said = f"{tmp_path}: 1 image in splits without masks: left out (stage1_test/a/images/a.png)"
    assert said in data.notes()


def test_masks_of_classes_beside_images_stay_such(tmp_path: Path) -> None:
    for name in ("a", "a_1", "b"):
        put(tmp_path / "images" / f"{name}.png")
        put(tmp_path / "masks" / f"{name}_mask.png", LEFT)
    assert Auto(str(tmp_path), **ALL).found == ("masks",)
    assert MaskFolder(str(tmp_path), **ALL).size("train") == 3
    with pytest.raises(UserError, match=r"has no masks of one object each; put x/images/x.png"):
        InstanceFolder(str(tmp_path))


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ([[0, 1, 2], [0, 0, 0]], r"masks/0.png: has the values 1 and 2, .* one beside 0; write a file for each object"),
        ([[0, 1], [0, 0]], r"masks/0.png: is 2 x 2 pixels, and its image 3 x 2 pixels; save both in one size"),
    ],
)
def test_a_mask_that_does_not_fit_is_named(tmp_path: Path, numbers: list[list[int]], says: str) -> None:
    put(tmp_path / "a" / "images" / "a.png")
    put(tmp_path / "a" / "masks" / "0.png", numbers)
    with pytest.raises(UserError, match=says):
        InstanceFolder(str(tmp_path))


def test_a_broken_mask_two_images_and_no_name_are_named(tmp_path: Path) -> None:
    put(tmp_path / "a" / "images" / "a.png")
    put(tmp_path / "a" / "masks" / "0.png", LEFT)
    with pytest.raises(UserError, match="label: 'background' is no name of an object"):
        InstanceFolder(str(tmp_path), label="background")
    put(tmp_path / "a" / "images" / "b.png")
    with pytest.raises(UserError, match="a/images: holds 2 images, and each image has a folder of its own"):
        InstanceFolder(str(tmp_path))
    (tmp_path / "a" / "images" / "b.png").unlink()
    (tmp_path / "a" / "masks" / "0.png").write_bytes(b"x")
    with pytest.raises(UserError, match=r"masks/0.png: is not an image that can be read"):
        InstanceFolder(str(tmp_path))


def test_a_table_says_more_of_the_same_images(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / name / "images" / f"{name}.png")
        put(tmp_path / name / "masks" / "0.png", LEFT)
    (tmp_path / "stains.csv").write_text("ImageId,class\na,purple\nb,grey\n")
    data = Auto(str(tmp_path), **ALL)
    assert data.found == ("instance masks", "class CSV")
    assert set(data.targets("train", 0)) == {"boxes", "mask", "instances", "label"}


def test_the_fingerprint_follows_the_pixels_of_masks_and_not_the_place(tmp_path: Path) -> None:
    prints = []
    for name, numbers in (("x", LEFT), ("y", LEFT), ("z", RIGHT)):
        put(tmp_path / name / "a" / "images" / "a.png")
        put(tmp_path / name / "a" / "masks" / "0.png", numbers)
        prints.append(InstanceFolder(str(tmp_path / name), **ALL).fingerprint())
    assert prints[0] == prints[1] != prints[2]


def test_a_batch_holds_masks_and_boxes_of_the_labelled_images(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path / "images" / f"{name}.png")
    for number, numbers in enumerate((LEFT, RIGHT)):
        put(tmp_path / "masks" / "a" / f"{number}.png", numbers)
    data = ImageModule(InstanceFolder(str(tmp_path), **ALL), ("instances",), size=6, batch=2, workers=0, augment="none")
    batch = next(iter(data.train_dataloader()))
    (found,) = batch.targets["instances"]
    assert found["masks"].shape == (2, 6, 6)
    assert torch.equal(found["boxes"], torch.tensor([[0.0, 1, 4, 5], [2, 1, 6, 3]]))  # twice as large, one row lower
