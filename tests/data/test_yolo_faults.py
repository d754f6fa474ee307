"""What is broken or missing in data of YOLO's form: one line with the file, the line and the cure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from yolo_folders import BOX, FOLDERS, configured, data, picture, write

from polyhead.data._yolo import fits
from polyhead.data.yolo import Yolo
from polyhead.errors import UserError


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "data.yaml: has no names of classes; add data.yaml with `names:|data.yaml: has no keys"),
        ({**FOLDERS}, "data.yaml: has no names of classes; add data.yaml with `names:"),
        ({**FOLDERS, "names": []}, r"data.yaml: names is \[\]; it takes a list of names"),
        ({**FOLDERS, "names": "cat"}, "data.yaml: names is 'cat'; it takes a list of names"),
        ({**FOLDERS, "names": {"cat": 0}}, "data.yaml: names has the key 'cat'; it takes class numbers"),
        ({**FOLDERS, "names": [False]}, r"data.yaml: names\[0\] is False; it takes a name: put it in quotes"),
        ({**FOLDERS, "names": ["cat", "cat"]}, "data.yaml: the classes 0 and 1 are both called 'cat'; rename one"),
        ({**FOLDERS, "names": ["cat"], "nc": 2}, "data.yaml: nc is 2, and names has 1; mend one or delete nc"),
        ({**FOLDERS, "names": ["cat"], "val": "gone"}, r"data.yaml: val is 'gone', and there is no such .*; mend it"),
        ({**FOLDERS, "names": ["cat"], "val": 3}, "data.yaml: val is 3; it takes a folder, a list of images"),
        ({**FOLDERS, "names": ["cat"], "val": "labels"}, "labels: holds no image, and is val in .*; put images there"),
        ({**FOLDERS, "names": ["cat"], "val": "images/train"}, "train.png: is in train and in val; list it once"),
        (
            {**FOLDERS, "names": ["cat"], "val": "val.txt"},
            r"val.txt:2: names gone.png, and there is no such image; add",
        ),
        ({**FOLDERS, "names": ["cat"], "kpt_shape": [17, 3]}, "data.yaml: has kpt_shape, and key points are not read"),
    ],
)
def test_a_fault_of_data_yaml_names_the_file_and_the_cure(tmp_path: Path, content: dict[str, Any], says: str) -> None:
    write(tmp_path / "val.txt", "images/val/val.png", "gone.png")
    with pytest.raises(UserError, match=says) as error:
        configured(tmp_path, **content)
    assert str(error.value).startswith(str(tmp_path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"), [("a: [", "is not YAML .*; mend it"), ("- a", "has no keys; it takes train")]
)
def test_a_broken_data_yaml_is_named(tmp_path: Path, text: str, says: str) -> None:
    data(tmp_path, BOX)
    write(tmp_path / "data.yaml", text)
    with pytest.raises(UserError, match=f"data.yaml: {says}"):
        Yolo(str(tmp_path))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2 0.5 0.5 0.1 0.1", r"class 2 has no name in .*classes.txt, which has 0 to 1; add it there or mend the line"),
        ("-1 0.5 0.5 0.1 0.1", "class -1 has no name"),
        ("cat 0.5 0.5 0.1 0.1", r"class 'cat' is no whole number; write the number that its name has in .*classes.txt"),
        ("0.5 0.5 0.5 0.1 0.1", "class '0.5' is no whole number; write"),
        ("nan 0.5 0.5 0.1 0.1", "class 'nan' is no whole number; write"),
        ("0", "has 1 columns; it takes class x y width height"),
        ("0 0.5 0.5 0.1", "has 4 columns; it takes class x y width height"),
        ("0 0.5 0.5 0.1 0.1 0.9", "has 6 columns; .*; if the last one is a score, delete it"),
        ("0 0.1 0.1 0.3 0.1 0.3 0.4 0.1", "has 8 columns; it takes"),
        ("0,0.5,0.5,0.1,0.1", "class '0,0.5,0.5,0.1,0.1' is no whole number"),
        ("0 0.5 0.5 0.1 wide", r"has a word that is no number \('0.5 0.5 0.1 wide'\); it takes"),
        ("0 0.5 nan 0.1 0.1", "has the number nan; mend or delete the line"),
        ("0 0.5 inf 0.1 0.1", "has the number inf; mend or delete the line"),
        ("0 10 5 4 3", "has the number 10, far outside 0 to 1; if these are pixels, divide x by the width"),
        ("0 0.1 0.1 0.3 0.1 0.3 -4", "has the number -4, far outside 0 to 1; if these are pixels"),
    ],
)
def test_a_fault_of_a_label_names_file_and_line_and_the_cure(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(UserError, match=says) as error:
        data(tmp_path, BOX, "", line)
    assert str(error.value).startswith(f"{tmp_path / 'labels' / 'a.txt'}:3: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("cat", "", "dog"), "classes.txt:2: is empty; write the name of class 1 there"),
        (("cat", "dog", "cat"), "classes.txt: the classes 0 and 2 are both called 'cat'; rename one"),
        ((), "classes.txt:1: is empty; write the name of class 0 there"),
    ],
)
def test_a_fault_of_the_class_names_is_named(tmp_path: Path, names: Sequence[str], says: str) -> None:
    with pytest.raises(UserError, match=says):
        data(tmp_path, BOX, names=names)


def test_missing_names_images_and_labels_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="gone: no such folder"):
        Yolo(str(tmp_path / "gone"))
    assert not fits(tmp_path)
    picture(tmp_path / "images" / "a.png")
    with pytest.raises(UserError, match=r"has no names of classes; add data.yaml with `names:"):
        Yolo(str(tmp_path))
    write(tmp_path / "classes.txt", "cat")
    with pytest.raises(
        UserError, match=r"a.png: has no label file .*labels/a.txt, nor has any other image; put labels"
    ):
        Yolo(str(tmp_path))
    (tmp_path / "images" / "a.png").unlink()
    with pytest.raises(UserError, match="holds no image in images/train"):
        Yolo(str(tmp_path))


def test_a_label_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    data(tmp_path, BOX)
    (tmp_path / "labels" / "a.txt").write_bytes(b"\xff\xfe0")
    with pytest.raises(UserError, match=r"a.txt: is not UTF-8 text; save it as such"):
        Yolo(str(tmp_path))


def test_a_label_file_that_is_a_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    data(tmp_path, BOX)
    picture(tmp_path / "images" / "b.png")
    (tmp_path / "labels" / "b.txt").symlink_to("gone.txt")
    with pytest.raises(UserError, match=r"labels/b.txt: cannot be read"):
        Yolo(str(tmp_path))
