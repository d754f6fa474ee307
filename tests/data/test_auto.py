"""A folder is read as what it is."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from PIL import Image

from polyhead.data.auto import Auto
from polyhead.data.class_csv import ClassCsv
from polyhead.data.coco import Coco
from polyhead.data.image_folder import ImageFolder
from polyhead.data.mask_folder import MaskFolder
from polyhead.data.voc import Voc
from polyhead.data.yolo import Yolo
from polyhead.errors import UserError
from polyhead.loading.source import SPLITS, Source


def picture(path: Path, mode: str = "RGB", colour: int = 1) -> None:
    """Write an image of 20 x 10 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (20, 10), colour).save(path)


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def class_folders(root: Path) -> None:
    for split in ("train", "val"):
        for name in ("cat", "dog"):
            picture(root / split / name / "a.jpg")


def masks(root: Path) -> None:
    for split in ("train", "val"):
        picture(root / split / "images" / "a.jpg")
        picture(root / split / "masks" / "a.png", "L")


def voc(root: Path) -> None:
    corners = "<xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>4</ymax>"
    for split in ("train", "val"):
        picture(root / "JPEGImages" / f"{split}.jpg")
        xml = f"<annotation><object><name>cat</name><bndbox>{corners}</bndbox></object></annotation>"
        text(root / "Annotations" / f"{split}.xml", xml)
        text(root / "ImageSets" / "Main" / f"{split}.txt", split)


def coco(root: Path) -> None:
    """Write COCO's JSON beside the images of `masks`: one cell of 5 x 4 pixels in each, with its outline."""
    for split in ("train", "val"):
        picture(root / split / "images" / "a.jpg")
        cell = {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "bbox": [0, 0, 5, 4],
            "area": 20,
            "iscrowd": 0,
            "segmentation": [[0, 0, 5, 0, 5, 4, 0, 4]],
        }
        content = {
            "images": [{"id": 1, "file_name": "a.jpg", "width": 20, "height": 10}],
            "annotations": [cell],
            "categories": [{"id": 1, "name": "cell"}],
        }
        text(root / split / "instances.json", json.dumps(content))


def yolo(root: Path) -> None:
    text(root / "data.yaml", "train: images/train\nval: images/val\nnames: [cat]\n")
    for split in ("train", "val"):
        picture(root / "images" / split / "a.jpg")
        text(root / "labels" / split / "a.txt", "0 0.5 0.5 0.2 0.2\n")


def table(root: Path) -> None:
    for name in ("a", "b"):
        picture(root / f"{name}.jpg")
    text(root / "labels.csv", "file,label,split\na.jpg,cat,train\nb.jpg,cat,val\n")


@pytest.mark.parametrize(
    ("make", "form", "own"),
    [
        (voc, "Pascal VOC", Voc),
        (masks, "masks", MaskFolder),
        (coco, "COCO", Coco),
        (yolo, "YOLO", Yolo),
        (table, "class CSV", ClassCsv),
        (class_folders, "class folders", ImageFolder),
    ],
)
def test_each_form_is_read_as_by_its_own_source_and_said(
    tmp_path: Path, make: type, form: str, own: type[Source]
) -> None:
    make(tmp_path)
    auto, alone = Auto(str(tmp_path)), own(str(tmp_path))  # type: ignore[call-arg]  # all take a root
    assert auto.notes() == [f"{tmp_path}: read as {form}", *alone.notes()]
    assert auto.labels() == alone.labels() != {}
    assert auto.fingerprint() == alone.fingerprint()
    assert [auto.size(split) for split in SPLITS] == [alone.size(split) for split in SPLITS]
    assert auto.name("train", 0) == alone.name("train", 0)
    assert list(auto.item("train", 0).targets) == list(auto.labels())
    assert pickle.loads(pickle.dumps(auto)).notes() == auto.notes()  # noqa: S301  # our own bytes


def test_several_forms_of_the_same_images_are_joined_and_the_first_with_a_target_wins_aloud(tmp_path: Path) -> None:
    masks(tmp_path)
    coco(tmp_path)
    data = Auto(str(tmp_path))
    carried = "mask on 2 (background, cell), boxes on 2 (cell), instances on 2 (cell)"
    assert data.notes() == [
        f"{tmp_path}: read as masks and COCO",
        f"{tmp_path}: 2 images (1 train, 1 val, 0 test); {carried}",
        f"{tmp_path}: mask is read from masks, and what COCO says of it is left out",
        f"{tmp_path}: the classes of mask are named as in COCO: background, cell",
    ]
    targets = data.item("train", 0).targets
    assert targets["mask"].tolist() == torch.ones(10, 20).tolist()  # and not the cell of 5 x 4 alone
    assert targets["boxes"]["boxes"].tolist() == [[0, 0, 5, 4]]


def test_names_that_a_user_gave_to_masks_stay(tmp_path: Path) -> None:
    masks(tmp_path)
    coco(tmp_path)
    text(tmp_path / "classes.txt", "glass\nblob\n")
    assert Auto(str(tmp_path)).labels()["mask"] == ("glass", "blob")


def test_an_image_that_one_form_alone_has_keeps_its_labels(tmp_path: Path) -> None:
    masks(tmp_path)
    coco(tmp_path)
    picture(tmp_path / "val" / "images" / "b.jpg")
    picture(tmp_path / "val" / "masks" / "b.png", "L")
    data = Auto(str(tmp_path))
    assert [list(data.targets("val", i)) for i in range(data.size("val"))] == [["boxes", "instances", "mask"], ["mask"]]


def test_labels_of_one_target_are_never_of_two_forms(tmp_path: Path) -> None:
    masks(tmp_path)
    coco(tmp_path)
    (tmp_path / "val" / "masks" / "a.png").rename(tmp_path / "val" / "masks" / "b.png")
    data = Auto(str(tmp_path))
    assert list(data.targets("train", 0)) == ["boxes", "instances", "mask"]
    assert list(data.targets("val", 0)) == ["boxes", "instances"]


def test_forms_that_put_an_image_into_different_splits_are_an_error(tmp_path: Path) -> None:
    masks(tmp_path)
    text(tmp_path / "data.yaml", "train: val/images\nval: train/images\nnames: [cat]\n")
    text(tmp_path / "val" / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(UserError, match=r"val/images/a.jpg: is in val in one form of its data and in train in another"):
        Auto(str(tmp_path))


def test_forms_of_different_images_are_not_mixed(tmp_path: Path) -> None:
    voc(tmp_path)
    yolo(tmp_path)
    with pytest.raises(UserError, match=r"no image of YOLO is among the others'; say which is meant with data.name"):
        Auto(str(tmp_path))


def test_shares_reach_the_images(tmp_path: Path) -> None:
    for number in range(6):
        picture(tmp_path / ("cat", "dog")[number % 2] / f"{number}.png", colour=number)
    assert Auto(str(tmp_path), split=(1, 0, 0)).size("train") == 6


def test_a_single_folder_of_images_is_no_class(tmp_path: Path) -> None:
    voc(tmp_path)
    (tmp_path / "Annotations").rename(tmp_path / "Elsewhere")
    with pytest.raises(UserError, match=r"holds folders \(Elsewhere, ImageSets, JPEGImages\), and that is no known"):
        Auto(str(tmp_path))


def test_a_file_may_be_named_where_a_form_starts_from_one(tmp_path: Path) -> None:
    yolo(tmp_path)
    data = Auto(str(tmp_path / "data.yaml"))
    assert data.found == ("YOLO",)
    assert data.size("train") == 1


def test_a_table_of_numbers_beside_class_folders_is_read_and_that_the_folders_are_not_is_said(tmp_path: Path) -> None:
    class_folders(tmp_path)
    text(tmp_path / "ages.csv", "file,age\ntrain/cat/a.jpg,3\nval/cat/a.jpg,4\ntrain/dog/a.jpg,5\nval/dog/a.jpg,\n")
    for root in (tmp_path, tmp_path / "ages.csv"):
        data = Auto(str(root))
        assert data.found == ("class CSV",)
        assert (data.labels(), data.size("train"), data.size("val")) == ({"age": ()}, 2, 2)
        said = f"{root}: folders are not read as classes beside a table; data.name=image_folder does so"
        assert (said in data.notes()) == root.is_dir()


def test_nothing_known_is_one_line_with_what_was_seen_and_what_was_looked_for(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "c.png"):
        (tmp_path / name).touch()
    (tmp_path / "notes").mkdir()
    with pytest.raises(
        UserError, match=r"holds folders \(notes\) and 2 .csv and 1 .png, and that is no known form"
    ) as error:
        Auto(str(tmp_path))
    for mark in (
        "Pascal VOC (Annotations",
        "masks (images",
        "COCO (",
        "YOLO (data.yaml",
        "class CSV (*.csv",
        "class folders (CLASS",
    ):
        assert mark in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="gone: no such folder"):
        Auto(str(tmp_path / "gone"))


def test_a_folder_around_data_is_told_from_data(tmp_path: Path) -> None:
    class_folders(tmp_path / "download" / "pets")
    with pytest.raises(UserError, match=r"put the files so, or name .*pets, which looks like class folders$"):
        Auto(str(tmp_path / "download"))


def test_a_table_that_is_no_data_says_why(tmp_path: Path) -> None:
    picture(tmp_path / "photos" / "1.jpg")
    text(tmp_path / "labels.csv", "file,class\nhttps://elsewhere/1.jpg?small,cat\n")
    with pytest.raises(UserError, match=r"no known form of data \(as class CSV: .*: no column of labels\.csv names"):
        Auto(str(tmp_path))


def test_a_stray_json_beside_class_folders_is_no_data(tmp_path: Path) -> None:
    class_folders(tmp_path)
    text(tmp_path / "package.json", '{"images": [1]}')
    assert "class folders" in Auto(str(tmp_path)).notes()[0]


@pytest.mark.parametrize("content", ["", "[]", '{"images": ['])
def test_cocos_broken_files_are_named_and_their_images_are_no_classes(tmp_path: Path, content: str) -> None:
    for split in ("train", "val"):
        picture(tmp_path / f"{split}2017" / "a.jpg")
        text(tmp_path / "annotations" / f"instances_{split}2017.json", content)
    with pytest.raises(UserError, match=r"instances_train2017\.json: is .* \(read as COCO"):
        Auto(str(tmp_path))


def test_folders_that_are_called_after_splits_are_no_classes(tmp_path: Path) -> None:
    for split in ("train", "val"):
        picture(tmp_path / split / "a.jpg")
    with pytest.raises(UserError, match="that is no known form of data"):
        Auto(str(tmp_path))
    with pytest.raises(UserError, match="train: holds images of no class; put a folder for each class into it"):
        ImageFolder(str(tmp_path))


def test_classes_of_yolos_labels_are_not_those_of_masks(tmp_path: Path) -> None:
    masks(tmp_path)
    for split in ("train", "val"):
        Image.new("L", (20, 10), 255).save(tmp_path / split / "masks" / "a.png")
        text(tmp_path / split / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2")
    text(tmp_path / "classes.txt", "cat\ndog")
    data = Auto(str(tmp_path))
    assert data.labels() == {"mask": ("background", "foreground"), "boxes": ("cat", "dog")}
    assert any("names the classes of YOLO's labels, and not those of masks" in note for note in data.notes())


def test_an_error_of_what_auto_found_says_how_to_name_another_form(tmp_path: Path) -> None:
    coco(tmp_path)
    text(tmp_path / "val" / "instances.json", '{"images": 3, "annotations": [], "categories": []}')
    with pytest.raises(UserError, match=r"images is 3; .* \(read as COCO; .* data.name=\)$"):
        Auto(str(tmp_path))


def test_masks_of_more_classes_take_classes_txt_once_yolos_names_stand_elsewhere(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    picture(tmp_path / "masks" / "a.png", "L", 2)
    text(tmp_path / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2")
    text(tmp_path / "classes.txt", "cat\ndog")
    with pytest.raises(UserError, match=r"masks/a.png: has the value 2, .* write these into data.yaml"):
        MaskFolder(str(tmp_path))
    text(tmp_path / "data.yaml", "names: [cat, dog]")
    text(tmp_path / "classes.txt", "background\nroad\nsky")
    assert Auto(str(tmp_path)).labels() == {"mask": ("background", "road", "sky"), "boxes": ("cat", "dog")}
