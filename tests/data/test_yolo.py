"""Data in the form of YOLO: boxes and polygons, a text file for each image."""

import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from faster_coco_eval.core import mask as coco
from yolo_folders import BOX, EACH, FOLDERS, POLYGON, configured, data, named, picture, write

from polyhead.data._yolo import fits
from polyhead.data.coco import Coco
from polyhead.data.yolo import Yolo
from polyhead.loading.image_module import ImageModule
from polyhead.loading.source import SPLITS


def test_boxes_are_shares_of_width_and_height_around_their_centre(tmp_path: Path) -> None:
    source = data(tmp_path, BOX, "1 0.5 0.5 1 1")
    found = source.targets("train", 0)["boxes"]
    assert torch.allclose(found["boxes"], torch.tensor([[2.0, 1, 6, 4], [0, 0, 20, 10]]))  # by hand
    assert found["labels"].tolist() == [0, 1]
    assert source.labels() == {"boxes": ("cat", "dog")}


def test_polygons_give_the_box_around_them_and_a_mask(tmp_path: Path) -> None:
    source = data(tmp_path, POLYGON.replace("0", "1", 1), names=["cat", "dog"])
    named = {"boxes": ("cat", "dog"), "mask": ("background", "cat", "dog"), "instances": ("cat", "dog")}
    assert source.labels() == named
    found = source.targets("train", 0)
    assert torch.allclose(found["boxes"]["boxes"], torch.tensor([[2.0, 1, 6, 4]]))
    by_hand = torch.zeros(10, 20, dtype=torch.uint8)
    by_hand[1:4, 2:6] = 2
    assert torch.equal(found["mask"], by_hand)


def test_a_polygon_of_three_corners_or_of_many_is_one_and_its_pixels_are_cocos(tmp_path: Path) -> None:
    circle = [(10 + 6 * math.cos(turn / 8), 5 + 4 * math.sin(turn / 8)) for turn in range(50)]
    for number, corners in enumerate(([(2, 1), (18, 2), (7, 9)], circle)):
        line = " ".join(f"{x / 20:.6f} {y / 10:.6f}" for x, y in corners)
        found = data(tmp_path / str(number), f"0 {line}").targets("train", 0)
        flat = [value for corner in corners for value in corner]
        theirs = torch.from_numpy(coco.decode(coco.frPyObjects([flat], 10, 20))[..., 0])
        assert 40 < theirs.sum() < 100
        assert torch.equal(found["instances"]["masks"][0].as_subclass(torch.Tensor), theirs)
        around = [min(flat[::2]), min(flat[1::2]), max(flat[::2]), max(flat[1::2])]
        assert found["boxes"]["boxes"].flatten().tolist() == pytest.approx(around, abs=1e-4)


def test_an_image_with_boxes_among_its_polygons_has_no_mask(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "b.png")
    write(tmp_path / "labels" / "b.txt", BOX, POLYGON)
    source = data(tmp_path, POLYGON)
    carried = {Path(source.name("train", i)).name: set(source.targets("train", i)) for i in range(2)}
    assert carried == {"a.png": {"boxes", "mask", "instances"}, "b.png": {"boxes"}}
    assert f"{tmp_path}: 1 image with objects that have no outline: no mask, no instances (b.png)" in source.notes()


def test_an_empty_label_file_is_no_object_and_none_is_no_label(tmp_path: Path) -> None:
    for name in ("b", "c"):
        picture(tmp_path / "images" / f"{name}.png")
    write(tmp_path / "labels" / "b.txt")
    source = data(tmp_path, POLYGON)
    places = {Path(source.name("train", i)).stem: i for i in range(3)}
    empty, unlabelled = (source.targets("train", places[name]) for name in "bc")
    assert empty["boxes"]["boxes"].shape == (0, 4)
    assert not empty["mask"].any()
    assert unlabelled == {}
    assert f"{tmp_path}: 1 image without a label file: unlabelled (c.png)" in source.notes()


def test_what_is_left_out_or_cut_is_counted(tmp_path: Path) -> None:
    write(tmp_path / "labels" / "lost.txt", BOX)
    picture(tmp_path / "images" / "train" / "b.png")
    boxes = ["0 0.2 0.2 0 0.1", "0 1.3 0.5 0.2 0.2", "0 0.95 0.5 0.3 0.2", BOX, BOX]
    picture(tmp_path / "images" / "train" / "t.png")
    write(tmp_path / "labels" / "train" / "t.txt", *boxes)
    source = data(tmp_path)
    file = tmp_path / "labels" / "train" / "t.txt"
    notes = source.notes()
    for line in (
        f"{file}: 1 box without area: left out (line 1)",
        f"{file}: 1 box outside the image: left out (line 2)",
        f"{file}: 1 box sticking out of the image: cut (line 3)",
        f"{file}: 1 box there twice, of one class and with the same corners: kept (line 5)",
        f"{tmp_path}: no box of 1 class: kept (dog)",
        f"{tmp_path}: 1 image without a label file: unlabelled (b.png)",
        f"{tmp_path}: 1 image in no split: left out (a.png)",
    ):
        assert line in notes
    (tmp_path / "images" / "train").rename(tmp_path / "images" / "more")
    (tmp_path / "labels" / "train").rename(tmp_path / "labels" / "more")
    assert f"{tmp_path}: 1 label file without an image: left out (lost.txt)" in Yolo(str(tmp_path)).notes()


@pytest.mark.parametrize("image", ["images/{}/{}.png", "{}/images/{}.png"])
@pytest.mark.parametrize("val", ["val", "valid"])
def test_splits_are_folders_within_images_or_around_them(tmp_path: Path, image: str, val: str) -> None:
    for split in ("train", val, "test"):
        path = picture(tmp_path / image.format(split, split))
        write(Path(str(path).replace("images", "labels")).with_suffix(".txt"), BOX)
    write(tmp_path / "classes.txt", "cat")
    assert fits(tmp_path)
    assert named(Yolo(str(tmp_path))) == [["train.png"], [f"{val}.png"], ["test.png"]]


@pytest.mark.parametrize("classes", ["classes.txt", "labels/classes.txt"])
def test_flat_folders_are_parted_by_content(tmp_path: Path, classes: str) -> None:
    for number in range(4):
        picture(tmp_path / "images" / f"{number}.png")
        write(tmp_path / "labels" / f"{number}.txt", BOX)
    write(tmp_path / classes, "cat", "")
    source = Yolo(str(tmp_path))
    assert sum(source.size(split) for split in SPLITS) == 4
    assert source.labels() == {"boxes": ("cat",)}
    assert any("images that have no split of their own: 4" in note for note in source.notes())
    assert not any("without" in note for note in source.notes())


def test_labels_may_lie_beside_their_images(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    write(tmp_path / "a.txt", BOX)
    write(tmp_path / "classes.txt", "cat")
    assert fits(tmp_path)
    source = Yolo(str(tmp_path), split=(1, 0, 0))
    assert torch.allclose(source.targets("train", 0)["boxes"]["boxes"], torch.tensor([[2.0, 1, 6, 4]]))
    assert not any("without an image" in note for note in source.notes())


@pytest.mark.parametrize(
    "content",
    [
        {**FOLDERS, "names": ["cat"]},
        {**FOLDERS, "names": {0: "cat"}, "nc": 1},
        {"train": ["images/train"], "valid": "images/val", "test": "images/test", "names": ["cat"]},
        {**{split: f"../images/{split}" for split in SPLITS}, "names": ["cat"]},
        {**{split: f"./images/{split}" for split in SPLITS}, "names": ["cat"]},
        {"path": "images", **{split: split for split in SPLITS}, "names": ["cat"]},
        {"path": ".", **{split: f"{split}.txt" for split in SPLITS}, "names": ["cat"]},
        {"names": ["cat"]},
    ],
    ids=["folders", "names by number", "several", "Roboflow", "dots", "path", "lists", "names only"],
)
def test_data_yaml_says_where_the_splits_are(tmp_path: Path, content: dict[str, Any]) -> None:
    for split in SPLITS:
        write(tmp_path / f"{split}.txt", f"./images/{split}/{split}.png", "")
    source = configured(tmp_path, **content)
    assert named(source) == EACH
    assert source.labels() == {"boxes": ("cat",)}
    assert source.targets("val", 0)["boxes"]["labels"].tolist() == [0]
    assert fits(tmp_path)
    assert named(Yolo(str(tmp_path / "data.yaml"))) == EACH


def test_a_split_that_data_yaml_does_not_name_is_said(tmp_path: Path) -> None:
    source = configured(tmp_path, train="images/train", val="images/val", names=["cat"])
    assert [source.size(split) for split in SPLITS] == [1, 1, 0]
    cure = "name them in data.yaml, or move them away"
    where = f"{tmp_path}: 1 image in other folders, in no split: left out (images/test/test.png); {cure}"
    assert where in source.notes()
    assert not any("other folders" in note for note in configured(tmp_path, **FOLDERS, names=["cat"]).notes())


def test_class_numbers_may_have_gaps(tmp_path: Path) -> None:
    source = configured(tmp_path, **FOLDERS, names={0: "cat", 7: "dog"})
    write(tmp_path / "labels" / "val" / "val.txt", BOX.replace("0", "7", 1))
    source = Yolo(str(tmp_path))
    assert source.labels() == {"boxes": ("cat", "dog")}
    assert source.targets("val", 0)["boxes"]["labels"].tolist() == [1]


def test_a_path_that_is_not_there_is_said_and_the_own_folder_taken(tmp_path: Path) -> None:
    source = configured(tmp_path, path="/nowhere/data", **FOLDERS, names=["cat"])
    assert named(source) == EACH
    assert any("data.yaml: path is '/nowhere/data', and there is no such folder" in note for note in source.notes())


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    source = data(tmp_path, "\ufeff" + BOX, names=["\ufeffcat"])
    assert source.labels() == {"boxes": ("cat",)}
    assert source.targets("train", 0)["boxes"]["labels"].tolist() == [0]


def test_class_names_beside_the_labels_of_a_split_are_no_labels(tmp_path: Path) -> None:
    write(tmp_path / "labels" / "train" / "classes.txt", "cat")
    source = configured(tmp_path, **FOLDERS, names=["cat"])
    assert not any("without an image" in note for note in source.notes())


def test_coco_and_yolo_say_the_same_of_the_same_objects(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    images, annotations = [], []
    for number in range(5):
        picture(tmp_path / "images" / "train" / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 20, "height": 10})
        lines = []
        for category in range(number):
            x, y, width, height = (torch.rand(4, generator=generator) / 2 * torch.tensor([20, 10, 20, 10])).tolist()
            corners = [x, y, x + width, y, x + width, y + height]
            one = {"image_id": number, "category_id": category + 1, "bbox": [x, y, width, height]}
            annotations.append({**one, "segmentation": [corners]})
            shares = [value / (10 if place % 2 else 20) for place, value in enumerate(corners)]
            lines.append(" ".join(map(repr, [category, *shares])))
        write(tmp_path / "labels" / "train" / f"{number}.txt", *lines)
    names = ["ant", "bee", "cat", "dog"]
    write(tmp_path / "classes.txt", *names)
    categories = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
    sheet = {"images": images, "annotations": annotations, "categories": categories}
    write(tmp_path / "annotations" / "instances_train.json", json.dumps(sheet))
    coco, yolo = Coco(str(tmp_path)), Yolo(str(tmp_path))
    assert coco.labels() == yolo.labels()
    for split in SPLITS:
        assert [coco.name(split, i) for i in range(coco.size(split))] == [
            yolo.name(split, i) for i in range(yolo.size(split))
        ]
        for index in range(coco.size(split)):
            one, other = coco.targets(split, index), yolo.targets(split, index)
            assert torch.allclose(one["boxes"]["boxes"], other["boxes"]["boxes"], atol=1e-5)
            assert torch.equal(one["boxes"]["labels"], other["boxes"]["labels"])
            assert torch.equal(one["mask"], other["mask"])


def test_the_fingerprint_follows_the_labels_and_not_the_place(tmp_path: Path) -> None:
    here = data(tmp_path / "here", POLYGON)
    assert data(tmp_path / "there", POLYGON).fingerprint() == here.fingerprint()
    assert pickle.loads(pickle.dumps(here)).fingerprint() == here.fingerprint()  # noqa: S301  # our own bytes
    assert data(tmp_path / "there", POLYGON.replace("0.4", "0.5")).fingerprint() != here.fingerprint()


def test_batches_carry_boxes_of_the_labelled_images_only(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "b.png")
    both = ImageModule(data(tmp_path, BOX), size=32, batch=2, unlabelled="read")
    batch = next(iter(both.train_dataloader()))
    assert batch.inputs.shape == (2, 3, 32, 32)
    assert len(batch.targets["boxes"]) == len(batch.rows["boxes"]) == 1
