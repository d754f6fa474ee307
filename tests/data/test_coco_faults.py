"""What is broken or missing in data of COCO's form: one line with the file, the place and the cure."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from coco_folders import Content, data, listed, one_image, picture, save
from PIL import Image

from polyhead.data._coco import fits
from polyhead.data.coco import Coco
from polyhead.errors import UserError
from polyhead.loading.source import SPLITS
from polyhead.ops.runs import encode_runs


def change(**values: Any) -> Callable[[Content], None]:
    """Return what changes the annotation of a sheet."""
    return lambda content: content["annotations"][0].update(values)


def cut(*keys: Any) -> Callable[[Content], None]:
    """Return what deletes the value under some keys."""

    def act(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return act


def put(group: str, entry: Any) -> Callable[[Content], None]:
    """Return what adds an entry to a list."""
    return lambda content: content[group].append(entry)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (cut("images"), "images is missing; .*: add it"),
        (cut("annotations"), "annotations is missing; .*: add it"),
        (cut("categories"), "categories is missing; .*: add it"),
        (cut("images", 0, "file_name"), r"images\[0\].file_name is missing; .*: add it"),
        (cut("annotations", 0, "bbox"), r"annotations\[0\].bbox is missing; .*: add it"),
        (cut("categories", 0, "name"), r"categories\[0\].name is missing; .*: add it"),
        (lambda content: content.update(images={}), r"images is \{\}; it takes the list of images: mend it"),
        (put("annotations", 3), r"annotations\[1\] is 3; it takes an object of its keys: mend it"),
        (
            change(bbox=[1, 2, 3]),
            r"annotations\[0\].bbox is \[1, 2, 3\]; it takes x, y, width and height in pixels: mend",
        ),
        (change(bbox=None), r"annotations\[0\].bbox is None; it takes"),
        (change(bbox=[1, 2, 3, "4"]), r"annotations\[0\].bbox\[3\] is '4'; it takes"),
        (change(bbox=[1, 2, 3, float("nan")]), r"annotations\[0\].bbox\[3\] is nan; it takes"),
        (change(bbox=[1, float("inf"), 3, 4]), r"annotations\[0\].bbox\[1\] is inf; it takes"),
        (change(image_id="1"), r"annotations\[0\].image_id is '1'; it takes the id of an image, a whole number: mend"),
        (change(image_id=9), r"annotations\[0\].image_id is 9, the id of no image; list the image or delete"),
        (change(category_id=9), r"annotations\[0\].category_id is 9, the id of no category; .*there are: 1 \(cat\)"),
        (change(iscrowd=2), r"annotations\[0\].iscrowd is 2; it takes 0 or 1: mend"),
        (change(segmentation="x"), r"annotations\[0\].segmentation is 'x'; it takes polygons .*: mend"),
        (change(segmentation=[[1, 2, "x"]]), r"annotations\[0\].segmentation\[0\]\[2\] is 'x'; it takes polygons"),
        (
            change(segmentation=[[1, 2, 3, 4, 5, 6, 7]]),
            r"annotations\[0\].segmentation has 7 numbers .*; mend or delete",
        ),
        (change(segmentation=[[1e9, 2, 3, 4, 5, 6]]), r"annotations\[0\].segmentation has a corner at 1e\+09 .*; mend"),
        (
            change(segmentation={"size": [20, 10], "counts": [200]}),
            r"annotations\[0\].segmentation is of size \[20, 10\], and the image of \[10, 20\] .*; mend or delete",
        ),
        (
            change(segmentation={"size": [10, 20], "counts": [100, 50]}),
            r"annotations\[0\].segmentation runs of 150 pixels in all do not make a mask of 10 x 20; mend or delete",
        ),
        (put("images", listed(1, "b.png")), r"images\[1\].id is 1, and so is that of images\[0\]; give each its own"),
        (put("images", listed(2, "a.png")), r"images\[1\] is .*a.png, and so is .*images\[0\]; list each image once"),
        (
            put("categories", {"id": 2, "name": "cat"}),
            r"categories\[1\].name is 'cat', and so is .*; give each its own",
        ),
        (put("categories", {"id": 1, "name": "dog"}), r"categories\[1\].id is 1, and so is .*; give each its own"),
        (
            put("images", listed(2, "gone.png")),
            r"images\[1\].file_name is 'gone.png', and there is no such file in .*; put",
        ),
        (
            lambda content: content["images"][0].update(width=40),
            r"'a.png' has width 40 and height 10 there, and .*a.png is 20 x 10; replace it or mend the entry",
        ),
        (
            lambda content: content.update(categories=[], annotations=[]),
            "categories is empty; list the classes there",
        ),
    ],
)
def test_a_fault_is_one_line_with_file_place_and_cure(
    tmp_path: Path, act: Callable[[Content], None], says: str
) -> None:
    content = one_image()
    act(content)
    with pytest.raises(UserError, match=says) as error:
        data(tmp_path, content)
    assert str(error.value).startswith(str(tmp_path / "annotations" / "instances.json"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "{", "no json", "\udcff"])
def test_a_file_that_is_no_json_is_named(tmp_path: Path, text: str) -> None:
    data(tmp_path, one_image())
    file = tmp_path / "annotations" / "instances.json"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=r"instances.json: is not JSON .*; export it again"):
        Coco(str(tmp_path))


def test_a_list_is_not_cocos_form(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no object of images, annotations and categories"):
        data(tmp_path, [])


def test_boxes_of_an_image_before_its_exif_orientation_are_refused_with_the_reason(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "a.jpg", exif=exif)
    save(tmp_path / "instances.json", one_image("a.jpg"))
    with pytest.raises(
        UserError, match=r"a.jpg is 10 x 20: that is its size before its EXIF orientation; save it upright"
    ):
        Coco(str(tmp_path))


def test_an_image_in_two_files_is_named_with_both(tmp_path: Path) -> None:
    for split in ("train", "val"):
        save(tmp_path / "annotations" / f"{split}.json", one_image())
    picture(tmp_path / "images" / "a.png")
    with pytest.raises(UserError, match=r"val.json: images\[0\] is .*, and so is .*train.json: images\[0\]; list"):
        Coco(str(tmp_path))


def test_of_several_files_each_needs_a_split(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save(tmp_path / "annotations" / f"{name}.json", one_image())
    with pytest.raises(UserError, match=r"one.json: is one of 2 JSON files, and named after no split; name each"):
        Coco(str(tmp_path))


def test_a_name_of_two_splits_is_of_none(tmp_path: Path) -> None:
    for name in ("test", "train_and_val"):
        save(tmp_path / "annotations" / f"instances_{name}.json", one_image())
    with pytest.raises(UserError, match=r"train_and_val.json: is one of 2 JSON files, and named after no split"):
        Coco(str(tmp_path))


def test_other_folders_are_not_taken_for_cocos(tmp_path: Path) -> None:
    save(tmp_path / "package.json", {"name": "x", "version": "1"})
    assert not fits(tmp_path)
    with pytest.raises(UserError, match="holds no JSON file in COCO's form; looked for annotations/instances_"):
        Coco(str(tmp_path))
    with pytest.raises(UserError, match="gone: no such folder"):
        Coco(str(tmp_path / "gone"))


def test_one_json_for_images_in_the_folders_of_splits_finds_them(tmp_path: Path) -> None:
    for split in ("train", "val"):
        picture(tmp_path / split / f"{split}.png")
    entries = [listed(1, "train.png"), listed(2, "val.png")]
    content = {"images": entries, "annotations": [], "categories": [{"id": 1, "name": "cat"}]}
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "all.json").write_text(json.dumps(content))
    data = Coco(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [1, 1, 0]


@pytest.mark.parametrize("code", ["o", encode_runs(torch.ones(11, 20, dtype=torch.bool))])
def test_a_broken_code_is_an_error_before_the_run(tmp_path: Path, code: str) -> None:
    content = one_image()
    content["annotations"][0]["segmentation"] = {"size": [10, 20], "counts": code}
    with pytest.raises(UserError, match=r"annotations\[0\].segmentation has a broken run-length code \(.*\); mend or"):
        data(tmp_path, content)


def test_an_image_that_two_splits_have_must_be_named_with_its_folder(tmp_path: Path) -> None:
    for split in ("train", "val"):
        picture(tmp_path / split / "a.png")
    save(tmp_path / "annotations" / "all.json", one_image())
    with pytest.raises(UserError, match=r"it may be .*train/a.png or .*val/a.png; write the folder before it"):
        Coco(str(tmp_path))
