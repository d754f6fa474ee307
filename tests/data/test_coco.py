"""Data in the form of COCO: boxes and masks from JSON files."""

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from coco_folders import PIXELS, SQUARE, data, listed, one_image, picture, save, sheet, target, thing
from faster_coco_eval.core import mask as coco

from polyhead.data._coco import fits
from polyhead.data._coco_files import json_files
from polyhead.data.coco import Coco
from polyhead.findings.collecting import collecting
from polyhead.loading.image_module import ImageModule
from polyhead.loading.images import read_mask
from polyhead.loading.source import SPLITS
from polyhead.ops.runs import encode_runs

NUCLEI = Path(__file__).parents[2].parent / "shared" / "data" / "nuclei"
needs_nuclei = pytest.mark.skipif(not NUCLEI.is_dir(), reason=f"needs the nuclei data set in {NUCLEI}")


def test_boxes_are_corners_and_classes_come_in_the_order_of_their_ids_with_gaps(tmp_path: Path) -> None:
    things = [thing(7, 90, [2, 1, 4, 3]), thing(7, 0, [0.5, 0, 19.5, 10])]
    source = data(tmp_path, sheet([listed(7, "a.png")], things, zebra=0, cat=90))
    assert source.labels() == {"boxes": ("zebra", "cat")}
    found = target(source, "a.png", "boxes")
    assert found["boxes"].tolist() == [[2, 1, 6, 4], [0.5, 0, 20, 10]]  # by hand
    assert found["labels"].tolist() == [1, 0]


def test_ids_of_images_are_sparse_and_in_no_order_and_files_lie_in_folders(tmp_path: Path) -> None:
    for name in ("x/a.png", "y/deep/a.png"):
        picture(tmp_path / "images" / name)
    images = [listed(900_001, "y/deep/a.png"), listed(3, "x/a.png")]
    things = [thing(3, 1, [0, 0, 2, 2]), thing(900_001, 2, [2, 1, 4, 3]), thing(3, 2, [1, 1, 5, 5])]
    source = data(tmp_path, sheet(images, things, cat=1, dog=2))
    found = {source.name("train", i): source.targets("train", i)["boxes"] for i in range(2)}
    first, second = (found[str(tmp_path / "images" / name)] for name in ("x/a.png", "y/deep/a.png"))
    assert (first["boxes"].tolist(), first["labels"].tolist()) == ([[0, 0, 2, 2], [1, 1, 6, 6]], [0, 1])
    assert (second["boxes"].tolist(), second["labels"].tolist()) == ([[2, 1, 6, 4]], [1])


def test_an_image_without_annotations_shows_no_object(tmp_path: Path) -> None:
    content = sheet([listed(1, "a.png"), listed(2, "b.png")], [thing(2, 1, [2, 1, 4, 3], segmentation=[SQUARE])], cat=1)
    source = data(tmp_path, content)
    assert target(source, "a.png", "boxes")["boxes"].shape == (0, 4)
    assert not target(source, "a.png", "mask").any()


@pytest.mark.parametrize(
    "outline",
    [
        [SQUARE],
        [[2, 1, 4, 1, 4, 4, 2, 4], [4, 1, 6, 1, 6, 4, 4, 4]],
        {"size": [10, 20], "counts": [21, 3, 7, 3, 7, 3, 7, 3, 146]},
        {"size": [10, 20], "counts": encode_runs(PIXELS)},
    ],
    ids=["polygon", "two polygons", "plain runs", "compressed runs"],
)
def test_outlines_of_every_kind_are_drawn_alike(tmp_path: Path, outline: Any) -> None:
    content = sheet([listed(1, "a.png")], [thing(1, 5, [2, 1, 4, 3], segmentation=outline)], cat=5)
    source = data(tmp_path, content)
    assert source.labels() == {"boxes": ("cat",), "mask": ("background", "cat"), "instances": ("cat",)}
    assert torch.equal(target(source, "a.png", "mask"), PIXELS.byte())


def test_polygons_have_the_pixels_of_cocos_own_code(tmp_path: Path) -> None:
    corners = [3.3, 1.2, 17.8, 2.9, 12.1, 9.4, 5.5, 7.7]
    content = sheet([listed(1, "a.png")], [thing(1, 1, [3, 1, 15, 9], segmentation=[corners])], cat=1)
    theirs = torch.from_numpy(coco.decode(coco.frPyObjects([corners], 10, 20))[..., 0])
    assert 0 < theirs.sum() < 200
    assert torch.equal(target(data(tmp_path, content), "a.png", "mask"), theirs)


def test_a_crowd_is_no_box_and_unlabelled_in_the_mask(tmp_path: Path) -> None:
    runs = {"size": [10, 20], "counts": [0, 20, 180]}
    things = [
        thing(1, 1, [0, 0, 2, 10], iscrowd=1, segmentation=runs),
        thing(1, 1, [2, 1, 4, 3], segmentation=[SQUARE]),
    ]
    source = data(tmp_path, sheet([listed(1, "a.png")], things, cat=1))
    assert target(source, "a.png", "boxes")["boxes"].tolist() == [[2, 1, 6, 4]]
    mask = target(source, "a.png", "mask")
    assert (mask[:, :2] == 255).all()
    assert (mask == 255).sum() == 20
    assert (mask == 1).sum() == 12
    assert any(
        "1 box around crowds (iscrowd 1): left out" in note and "annotations[0]" in note for note in source.notes()
    )


def test_an_image_has_a_mask_only_if_all_its_objects_have_outlines(tmp_path: Path) -> None:
    things = [thing(1, 1, [2, 1, 4, 3], segmentation=[SQUARE]), thing(1, 1, [0, 0, 2, 2], segmentation=[])]
    things += [thing(2, 1, [2, 1, 4, 3], segmentation=[SQUARE])]
    source = data(tmp_path, sheet([listed(1, "a.png"), listed(2, "b.png")], things, cat=1))
    carried = {Path(source.name("train", i)).name: set(source.targets("train", i)) for i in range(2)}
    assert carried == {"a.png": {"boxes"}, "b.png": {"boxes", "mask", "instances"}}
    assert any(
        "1 image with objects that have no outline: no mask, no instances (a.png)" in note for note in source.notes()
    )


def test_what_is_left_out_or_cut_is_counted_by_kind(tmp_path: Path) -> None:
    boxes = [[2, 1, 4, 3], [2, 1, 4, 3], [30, 1, 4, 3], [15, 5, 50, 50], [2, 1, 0, 3], [2, 1, 4, -3]]
    content = sheet([listed(1, "a.png")], [thing(1, 1, box) for box in boxes], cat=1, dog=2)
    source = data(tmp_path, content)
    assert target(source, "a.png", "boxes")["boxes"].tolist() == [[2, 1, 6, 4], [2, 1, 6, 4], [15, 5, 20, 10]]
    file = tmp_path / "annotations" / "instances.json"
    notes = source.notes()
    for line in (
        f"{file}: 1 box there twice, of one class and with the same corners: kept (annotations[1])",
        f"{file}: 1 box outside the image: left out (annotations[2])",
        f"{file}: 1 box sticking out of the image: cut (annotations[3])",
        f"{file}: 2 boxes without area: left out (annotations[4], annotations[5])",
        f"{tmp_path}: no box of 1 class: kept (dog)",
        f"{tmp_path}: 1 image in no JSON file: left out (b.png)",
    ):
        assert line in notes


def test_a_polygon_of_two_corners_is_left_out_aloud(tmp_path: Path) -> None:
    content = sheet([listed(1, "a.png")], [thing(1, 1, [2, 1, 4, 3], segmentation=[SQUARE, [1, 1, 2, 2]])], cat=1)
    source = data(tmp_path, content)
    assert target(source, "a.png", "mask").sum() == 12
    assert any("1 box with a polygon of fewer than three corners" in note for note in source.notes())


LAYOUTS = {
    "COCO": ("annotations/instances_{}2017.json", "{}2017/a_{}.png", "a_{}.png"),
    "images by split": ("annotations/{}.json", "images/{}/a_{}.png", "a_{}.png"),
    "images in one folder": ("annotations/instances_{}.json", "images/a_{}.png", "a_{}.png"),
    "paths from the root": ("annotations/instances_{}.json", "images/{}/a_{}.png", "images/{}/a_{}.png"),
    "subfolders": ("annotations/instances_{}.json", "images/deep/{}/a_{}.png", "deep/{}/a_{}.png"),
    "Windows": ("annotations/instances_{}.json", "images/deep/a_{}.png", "deep\\a_{}.png"),
    "Roboflow": ("{}/_annotations.coco.json", "{}/a_{}.png", "a_{}.png"),
    "a folder a split": ("{}/instances.json", "{}/images/a_{}.png", "a_{}.png"),
    "JSON in the root": ("{}.json", "images/a_{}.png", "a_{}.png"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("val", ["val", "valid"])
def test_every_layout_is_found_with_its_own_split(tmp_path: Path, layout: str, val: str) -> None:
    for split in ("train", val, "test"):
        file, image, name = (part.replace("{}", split) for part in LAYOUTS[layout])
        picture(tmp_path / image)
        save(tmp_path / file, one_image(name))
    assert fits(tmp_path)
    source = Coco(str(tmp_path))
    named = {split: [Path(source.name(split, i)).name for i in range(source.size(split))] for split in SPLITS}
    assert named == {"train": ["a_train.png"], "val": [f"a_{val}.png"], "test": ["a_test.png"]}
    assert source.item("train", 0).image.shape == (3, 10, 20)


def test_equal_file_names_are_told_apart_by_the_folder_of_their_split(tmp_path: Path) -> None:
    for split in SPLITS:
        picture(tmp_path / "images" / split / "a.png")
        save(tmp_path / "annotations" / f"instances_{split}.json", one_image())
    source = Coco(str(tmp_path))
    assert [source.name(split, 0) for split in SPLITS] == [str(tmp_path / "images" / s / "a.png") for s in SPLITS]


def test_captions_beside_the_instances_are_not_read(tmp_path: Path) -> None:
    for split in SPLITS:
        picture(tmp_path / f"{split}2017" / "a.png")
        save(tmp_path / "annotations" / f"instances_{split}2017.json", one_image())
        save(tmp_path / "annotations" / f"captions_{split}2017.json", {"images": [], "annotations": [{"caption": ""}]})
    assert Coco(str(tmp_path)).size("train") == 1


def test_a_file_called_like_a_split_that_the_others_lack_is_read_too_and_the_rest_is_remarked(tmp_path: Path) -> None:
    sheets = {
        "annotations/instances_train.json": one_image("a.png"),
        "annotations/val.json": one_image("b.png"),
        "annotations/train.json": one_image("c.png"),
        "annotations/captions_test.json": {"images": [], "annotations": [{"caption": ""}]},
        "test/instances.json": one_image("d.png"),
    }
    for name, content in sheets.items():
        save(tmp_path / name, content)
    for letter in "abcd":
        picture(tmp_path / "images" / f"{letter}.png")
    with collecting() as collected:
        source = Coco(str(tmp_path))
    assert [source.size(split) for split in SPLITS] == [1, 1, 0]
    assert Path(source.name("val", 0)).name == "b.png"
    strange = [one for one in collected.found if one.kind == "file-strange"]
    assert [Path(one.file) for one in strange] == [tmp_path / name for name in sorted(list(sheets)[2:])]
    assert strange[0].what == "is not read, since annotations/instances_train.json is: left out"


def test_a_file_called_like_a_split_is_not_read_beside_one_of_all_splits_or_in_another_form(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.png")
    save(tmp_path / "annotations" / "instances_all.json", one_image())
    save(tmp_path / "annotations" / "val.json", one_image())
    assert Coco(str(tmp_path), split=(1, 0, 0)).size("train") == 1
    (tmp_path / "annotations" / "instances_all.json").rename(tmp_path / "annotations" / "instances_train.json")
    save(tmp_path / "annotations" / "val.json", ["a.png"])
    assert json_files(tmp_path) == [tmp_path / "annotations" / "instances_train.json"]


def test_a_json_file_is_a_root_without_a_split(tmp_path: Path) -> None:
    source = data(tmp_path, one_image())
    file = tmp_path / "annotations" / "instances_val.json"
    (tmp_path / "annotations" / "instances.json").rename(file)
    alone = Coco(str(file), split=(1, 0, 0))
    assert fits(file)
    assert alone.size("train") == 1
    assert alone.labels() == source.labels()
    assert any("images that have no split of their own: 1" in note for note in alone.notes())


def test_categories_are_matched_by_name_between_files_and_differences_are_said(tmp_path: Path) -> None:
    for split in SPLITS:
        picture(tmp_path / split / "a.png")
    save(tmp_path / "train" / "x.json", sheet([listed(1, "a.png")], [thing(1, 1, [2, 1, 4, 3])], cat=1, dog=2))
    save(tmp_path / "val" / "x.json", sheet([listed(1, "a.png")], [thing(1, 1, [2, 1, 4, 3])], dog=1, cat=2))
    save(tmp_path / "test" / "x.json", sheet([listed(1, "a.png")], [], cat=1))
    source = Coco(str(tmp_path))
    assert source.labels() == {"boxes": ("cat", "dog")}
    assert [source.targets(split, 0)["boxes"]["labels"].tolist() for split in SPLITS] == [[0], [1], []]
    notes = source.notes()
    first = tmp_path / "train" / "x.json"
    assert (
        f"{tmp_path / 'val' / 'x.json'}: has other category ids than {first}: matched by name (dog is 1, cat is 2)"
        in notes
    )
    assert f"{tmp_path / 'test' / 'x.json'}: lacks 1 category of the other files (dog)" in notes


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    data(tmp_path, one_image())
    file = tmp_path / "annotations" / "instances.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert fits(tmp_path)
    assert Coco(str(tmp_path)).labels() == {"boxes": ("cat",)}


def test_the_fingerprint_follows_the_labels_and_not_the_place(tmp_path: Path) -> None:
    content = sheet([listed(1, "a.png")], [thing(1, 1, [2, 1, 4, 3], segmentation=[SQUARE])], cat=1)
    here = data(tmp_path / "here", content)
    assert data(tmp_path / "there", content).fingerprint() == here.fingerprint()
    assert pickle.loads(pickle.dumps(here)).fingerprint() == here.fingerprint()  # noqa: S301  # our own bytes
    content["annotations"][0]["segmentation"] = [[*SQUARE[:-1], 5]]
    assert data(tmp_path / "there", content).fingerprint() != here.fingerprint()


@needs_nuclei
def test_nuclei_have_the_masks_that_their_authors_drew() -> None:
    source = Coco(str(NUCLEI))
    named = {"boxes": ("nucleus",), "mask": ("background", "nucleus"), "instances": ("nucleus",)}
    assert source.labels() == named
    assert [source.size(split) for split in SPLITS] == [80, 20, 20]
    counts = []
    for split in SPLITS:
        found = [source.targets(split, index) for index in range(source.size(split))]
        counts.append(sum(len(one["boxes"]["labels"]) for one in found))
        for index, one in enumerate(found):
            image = Path(source.name(split, index))
            assert torch.equal(one["mask"], (read_mask(NUCLEI / split / "masks" / image.name) > 0).byte())
    assert counts == [2440, 653, 678]  # as their README says


@needs_nuclei
def test_nuclei_make_batches_with_boxes_within_the_input() -> None:
    batch = next(iter(ImageModule(Coco(str(NUCLEI)), size=64, batch=8).train_dataloader()))
    assert batch.inputs.shape == (8, 3, 64, 64)
    assert batch.targets["mask"].shape == (8, 64, 64)
    for one in batch.targets["boxes"]:
        assert len(one["boxes"]) == len(one["labels"])
        assert len(one["boxes"]) == 0 or 0 <= one["boxes"].min() <= one["boxes"].max() <= 64
