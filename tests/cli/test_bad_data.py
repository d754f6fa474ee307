"""What can be wrong with data on disk, from the command line: each kind is named by file, with its cure."""

from pathlib import Path
from typing import Any

import pytest
from small_data import Build, broken_jsons, classes, coco, coco_with, cut, masks, picture, text, then, voc, yolo

from polyhead.cli.entry import main

SMALL = ("data.size=64", "data.batch=1", "data.workers=0", "trainer.max_time=null", "trainer.max_epochs=1")


REFUSED: dict[str, tuple[str, Build, str, str]] = {
    "empty folder": ("detection", lambda root: root.mkdir(), "data: holds nothing", "put the files so"),
    "empty image": (
        "classification",
        then(classes, lambda root: (root / "train/cat/0.png").write_bytes(b"")),
        "train/cat/0.png: is empty (0 bytes)",
        "replace the file or leave it out",
    ),
    "truncated image": (
        "classification",
        then(classes, lambda root: cut(root / "train/cat/0.png")),
        "train/cat/0.png: is not an image that can be read",
        "replace the file or leave it out",
    ),
    "text in place of an image": (
        "classification",
        then(classes, lambda root: text(root / "train/cat/0.png", "no pixels")),
        "train/cat/0.png: is not an image",
        "replace the file or leave it out",
    ),
    "link to nothing": (
        "classification",
        then(classes, lambda root: (root / "train/cat/9.png").symlink_to("nowhere.png")),
        "train/cat/9.png: is a link to nothing",
        "mend the link or leave it out",
    ),
    "class that train lacks": (
        "classification",
        then(classes, lambda root: picture(root / "val/dgo/0.png")),
        "val/dgo: train has no class 'dgo' (did you mean 'dog'?)",
        "add it to train, or take it out of val",
    ),
    "mask of another size": (
        "segmentation",
        then(masks, lambda root: picture(root / "train/masks/a.png", "L", 1, (10, 16))),
        "train/masks/a.png: is 10 x 16 pixels, and its image",
        "save both in one size",
    ),
    "mask value without a name": (
        "segmentation",
        lambda root: masks(root, value=7),
        "train/masks/a.png: has the value 7",
        "name every number",
    ),
    "coloured mask": (
        "segmentation",
        then(masks, lambda root: picture(root / "train/masks/a.png", "RGB", (9, 0, 0))),
        "train/masks/a.png: has coloured pixels",
        "grey or palette PNG",
    ),
    "two images of one name": (
        "segmentation",
        then(masks, lambda root: picture(root / "train/images/a.jpg")),
        "has the name of a.jpg",
        "rename or remove one",
    ),
    "white masks among three classes": (
        "segmentation",
        then(lambda root: masks(root, 255), lambda root: text(root / "classes.txt", "ground\nroad\nsky\n")),
        "masks/a.png: masks hold 0 and 255 only",
        "write class numbers, or name two classes",
    ),
    "no mask to train on": (
        "segmentation",
        then(masks, lambda root: (root / "train/masks/a.png").rename(root / "train/masks/b.png")),
        "no training image carries the target 'mask'",
        "label some",
    ),
    "JSON cut short": ("detection", broken_jsons, "instances_train.json: is not JSON", "export it again"),
    "JSON of another type": (
        "detection",
        lambda root: coco(root, lambda content: [content]),
        "instances_train.json: is no object of images, annotations and categories",
        "set root to data of that form",
    ),
    "text for a number": (
        "detection",
        coco_with("annotations", bbox=["2", 2, 8, 8]),
        "instances_train.json: annotations[0].bbox",
        "it takes",
    ),
    "unknown class id": (
        "detection",
        coco_with("annotations", category_id=5),
        "instances_train.json: annotations[0].category_id is 5",
        "mend it or add the category; there are: 1 (cat)",
    ),
    "object of no image": (
        "detection",
        coco_with("annotations", image_id=7),
        "instances_train.json: annotations[0].image_id is 7",
        "list the image or delete the annotation",
    ),
    "JSON that names a missing image": (
        "detection",
        coco_with("images", file_name="gone.png"),
        "instances_train.json: images[0].file_name is 'gone.png'",
        "put it there or delete the entry",
    ),
    "image of another size than its labels": (
        "detection",
        coco_with("images", width=99),
        "instances_train.json: 'a.png'",
        "99",
    ),
    "unknown class number": (
        "detection",
        lambda root: yolo(root, "3 0.5 0.5 0.4 0.4"),
        "labels/train/a.txt:1: class 3 has no name",
        "add it there or mend the line",
    ),
    "pixels in place of shares": (
        "detection",
        lambda root: yolo(root, "0 12 8 4 4"),
        "labels/train/a.txt:1: has the number 12",
        "divide x by the width",
    ),
    "four columns": (
        "detection",
        lambda root: yolo(root, "0 0.5 0.5 0.4"),
        "labels/train/a.txt:1: has 4 columns",
        "it takes class x y width height",
    ),
    "class named twice": (
        "detection",
        lambda root: yolo(root, names="[cat, cat]"),
        "data.yaml: ",
        "'cat'",
    ),
    "list that names a missing image": (
        "detection",
        lambda root: voc(root, listed="train\ngone"),
        "ImageSets/Main/train.txt",
        "gone",
    ),
}
"""The recipe, what makes the data, and what the error has to name: the file with what is wrong, and the cure."""


@pytest.mark.parametrize("kind", REFUSED)
def test_what_only_its_owner_can_mend_is_one_line_with_file_and_cure(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, build, named, cure = REFUSED[kind]
    build(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert main(["fit", recipe, "data=data", *SMALL]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    errors = [line for line in said if line.startswith("error: ")]
    assert len(errors) == 1, said
    assert said[-1] == errors[0]
    assert named in errors[0]
    assert cure in errors[0]
    assert not any(path.is_file() for path in (tmp_path / "runs").rglob("*"))


LEFT_OUT: dict[str, tuple[Build, str]] = {
    "box outside its image": (
        coco_with("annotations", bbox=[30, 30, 5, 5]),
        "instances_train.json: 1 box outside the image: left out (annotations[0])",
    ),
    "box without area": (
        lambda root: voc(root, (5, 5, 5, 9)),
        "Annotations/train.xml: 1 box without area: left out (object 1 (cat",
    ),
    "image in no list": (
        then(coco, lambda root: picture(root / "train" / "b.png")),
        "1 image in no JSON file: left out (b.png)",
    ),
    "file of another kind": (
        then(classes, lambda root: text(root / "train/cat/notes.txt", "")),
        "1 file of another kind in class folders: left out (train/cat/notes.txt)",
    ),
}
"""What makes the data, and what has to be said."""


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_what_can_be_left_out_without_harm_is_counted_and_named(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build, note = LEFT_OUT[kind]
    build(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    recipe = "classification" if "class folders" in note else "detection"
    assert main(["fit", recipe, "data=data", *SMALL]) == 0
    assert note in caplog.text


def test_a_batch_too_small_for_batch_normalisation_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    classes(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "classification", "data=data", *SMALL, "data.size=32"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].startswith("error: data.batch=1 and data.size=32 leave BatchNorm a single value a channel")


@pytest.mark.parametrize("ids", [(0, 1), (3, 90)])
def test_ids_from_0_and_with_gaps_are_no_flaw(ids: tuple[int, int], tmp_path: Path) -> None:
    from polyhead.data.auto import Auto

    def renumbered(content: dict[str, Any]) -> dict[str, Any]:
        named = [{"id": number, "name": name} for number, name in zip(ids, ("cat", "dog"), strict=True)]
        content["annotations"][0].update(category_id=ids[1])
        return {**content, "categories": named}

    coco(tmp_path / "data", renumbered)
    text(
        tmp_path / "data/annotations/instances_val.json",
        (tmp_path / "data/annotations/instances_train.json").read_text(),
    )
    data = Auto(str(tmp_path / "data"))
    assert data.labels()["boxes"] == ("cat", "dog")
    assert data.targets("train", 0)["boxes"]["labels"].tolist() == [1]
