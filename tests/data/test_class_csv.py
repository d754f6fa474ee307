"""Images and what is said of them in tables."""

import math
import pickle
from pathlib import Path

import pytest
from csv_folders import ALL, put, said
from PIL import Image

from polyhead.data.auto import Auto
from polyhead.data.class_csv import ClassCsv
from polyhead.errors import UserError
from polyhead.findings.collecting import collecting
from polyhead.loading.image_module import ImageModule
from polyhead.loading.source import SPLITS


def test_a_class_a_row_is_the_target_label_and_a_blank_is_unlabelled(tmp_path: Path) -> None:
    put(tmp_path, "file,label\na.png,dog\nb.png,cat\nc.png,\n", "a.png", "b.png", "c.png")
    data = ClassCsv(str(tmp_path), **ALL)
    assert data.labels() == {"label": ("cat", "dog")}
    assert said(data, "label") == {"a": 1, "b": 0, "c": None}
    assert data.item("train", 0).targets["label"] == 1
    assert data.item("train", 0).image.shape == (3, 10, 20)
    assert f"{tmp_path / 'labels.csv'}: images from 'file', label (a class) from 'label'" in data.notes()
    assert pickle.loads(pickle.dumps(data)).notes() == data.notes()  # noqa: S301  # our own bytes


def test_columns_of_0_and_1_are_several_classes_and_a_blank_is_unlabelled_and_no_negative(tmp_path: Path) -> None:
    table = "image,dog,cat,owl\na.png,1,0,\nb.png,0,1.0,0\nc.png,,NaN,\nd.png,0,0,0\ne.png,True,False,1\n"
    put(tmp_path, table, *(f"{name}.png" for name in "abcde"))
    data = ClassCsv(str(tmp_path), **ALL)
    assert data.labels() == {"label": ("dog", "cat", "owl")}
    found = said(data, "label")
    assert found["a"][:2] == [1, 0]
    assert math.isnan(found["a"][2])
    assert [found["b"], found["d"], found["e"]] == [[0, 1, 0], [0, 0, 0], [1, 0, 1]]
    assert data.tally("train") == {"label": {"dog": 2, "cat": 1, "owl": 1}}
    assert found["c"] is None


@pytest.mark.parametrize("mark", ["|", ";"])
def test_names_in_one_cell_are_several_classes_a_blank_is_unlabelled_and_a_mere_mark_is_none(
    tmp_path: Path, mark: str
) -> None:
    table = f"image,tags\na.png,dog{mark}owl\nb.png,cat\nc.png,\nd.png,{mark}\ne.png,owl {mark} dog{mark}\n"
    put(tmp_path, table, *(f"{name}.png" for name in "abcde"))
    data = ClassCsv(str(tmp_path), **ALL)
    assert data.labels() == {"label": ("cat", "dog", "owl")}
    assert said(data, "label") == {"a": [0, 1, 1], "b": [1, 0, 0], "c": None, "d": [0, 0, 0], "e": [0, 1, 1]}
    assert data.tally("train") == {"label": {"cat": 1, "dog": 2, "owl": 2}}
    where = "label (several classes an image) from 'tags'"
    assert f"{tmp_path / 'labels.csv'}: images from 'image', {where}" in data.notes()


def test_numbers_are_values_of_the_name_of_their_column_and_a_blank_is_not_measured(tmp_path: Path) -> None:
    table = "age,image,weight\n3.5,a.png,1e3\n,b.png,7\nNA,c.png,-2\n4,d.png,\n"
    put(tmp_path, table, *(f"{name}.png" for name in "abcd"))
    data = ClassCsv(str(tmp_path), **ALL)
    assert data.labels() == {"age": (), "weight": ()}
    assert said(data, "age") == {"a": [3.5], "b": None, "c": None, "d": [4]}
    assert said(data, "weight") == {"a": [1000], "b": [7], "c": [-2], "d": None}


def test_each_kind_of_column_is_a_target_and_the_rest_is_said(tmp_path: Path) -> None:
    rows = [f"{place},p{place},{name}.png,{'xy'[place % 2]},{place + 20},{place % 2},{place % 3 % 2},n{place}"
            for place, name in enumerate("abcdef")]  # fmt: skip
    put(tmp_path, "\n".join([",patient_id,path,species,size,round,red,note", *rows]), *(f"{n}.png" for n in "abcdef"))
    data = ClassCsv(str(tmp_path), **ALL)
    assert data.labels() == {"tags": ("round", "red"), "species": ("x", "y"), "size": ()}
    assert said(data, "tags")["b"] == [1, 1]
    assert data.notes()[-1].endswith("; not read: 'column 1', 'patient_id', 'note'")


def test_options_name_columns_and_then_nothing_else_is_read(tmp_path: Path) -> None:
    table = "image,grade,age,a,b\nx.png,1,30,1,0\ny.png,2,40,0,0\nz.png,1,50,,1\n"
    put(tmp_path, table, "x.png", "y.png", "z.png")
    root = str(tmp_path)
    assert ClassCsv(root, **ALL).labels() == {"label": ("a", "b"), "grade": (), "age": ()}
    grades = ClassCsv(root, class_columns=("grade",), **ALL)
    assert grades.labels() == {"label": ("1", "2")}
    assert said(grades, "label") == {"x": 0, "y": 1, "z": 0}
    assert ClassCsv(root, class_columns=("grade",), tag_columns=("b",), **ALL).labels() == {
        "grade": ("1", "2"), "tags": ("b",),
    }  # fmt: skip
    assert ClassCsv(root, value_columns=("age", "a"), **ALL).labels() == {"age": (), "a": ()}
    with pytest.raises(UserError, match=r"labels.csv: has no column 'grad' \(did you mean 'grade'\?\); choices: "):
        ClassCsv(root, class_columns=("grad",))


def test_another_separator_may_be_named(tmp_path: Path) -> None:
    put(tmp_path, "image,tags\na.png,haze primary\nb.png,primary\n", "a.png", "b.png")
    data = ClassCsv(str(tmp_path), tag_columns=("tags",), separator=" ", **ALL)
    assert said(data, "label") == {"a": [1, 1], "b": [0, 1]}
    one = ClassCsv(str(tmp_path), tag_columns=("tags",), **ALL)
    assert one.labels() == {"label": ("haze primary", "primary")}


def test_whole_numbers_under_a_header_of_classes_are_classes_in_their_order(tmp_path: Path) -> None:
    put(tmp_path, "image,category_id\na.png,10.0\nb.png,9\nc.png,\n", "a.png", "b.png", "c.png")
    data = ClassCsv(str(tmp_path), **ALL)
    assert data.labels() == {"label": ("9", "10")}
    assert said(data, "label") == {"a": 1, "b": 0, "c": None}


def test_numbers_that_happen_to_be_names_of_images_are_numbers(tmp_path: Path) -> None:
    rows = [f"{number % 2},{11 - number},{number},{number % 3 // 2}" for number in range(12)]
    put(
        tmp_path, "\n".join(["cat,age,photo,dog", *rows[:-1], "1,0,99,0"]), *(f"x/{number}.jpg" for number in range(12))
    )
    with pytest.raises(UserError, match=r"labels.csv:13: names 99, and there is no such image"):
        ClassCsv(str(tmp_path))
    put(tmp_path, "\n".join(["cat,age,number,dog", *rows]))
    data = ClassCsv(str(tmp_path), file_column="number", **ALL)
    assert data.labels() == {"label": ("cat", "dog"), "age": ()}
    assert said(data, "age") == {str(number): [11 - number] for number in range(12)}


def test_a_split_column_parts_the_rows(tmp_path: Path) -> None:
    rows = [("a", "train"), ("b", "valid"), ("c", "TEST"), ("d", "training")]
    table = "image,label,split\n" + "\n".join(f"{name}.png,x,{split}" for name, split in rows)
    put(tmp_path, table, *(f"{name}.png" for name in "abcd"))
    data = ClassCsv(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [2, 1, 1]
    assert data.notes()[1].endswith("label (a class) from 'label', splits from 'split'")


def test_tables_named_after_splits_are_these_and_others_are_left_out_aloud(tmp_path: Path) -> None:
    put(tmp_path, "id,label\n1,x\n2,y\n", "train/1.jpg", "train/2.jpg", name="train.csv")
    put(tmp_path, "id,label\n1,x\n", "val/1.jpg", name="val.csv")
    put(tmp_path, "id\n1\n", "test/1.jpg", name="test.csv")
    put(tmp_path, "id,label\n1,x\n", name="sample_submission.csv")
    put(tmp_path, "name,colour\nx,red\n", name="classes.csv")
    data = ClassCsv(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [2, 1, 0]
    assert data.name("train", 0) == str(tmp_path / "train" / "1.jpg")  # by name, in the folder of its split
    assert data.name("val", 0) == str(tmp_path / "val" / "1.jpg")
    assert f"{tmp_path}: 1 table without labels: left out (test.csv)" in data.notes()
    assert f"{tmp_path}: 2 tables of no images: left out (classes.csv, sample_submission.csv)" in data.notes()


def test_roboflows_folders_hold_a_table_each(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        put(tmp_path, "filename, Cat, Dog\na.jpg, 1, 0\n", f"{split}/a.jpg", name=f"{split}/_classes.csv")
    data = ClassCsv(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [1, 1, 0]
    assert data.labels() == {"label": ("Cat", "Dog")}


def test_folders_of_images_named_after_splits_part_the_rows(tmp_path: Path) -> None:
    put(tmp_path, "file,label\ntrain/a.png,x\nval/a.png,x\n", "train/a.png", "val/a.png")
    data = ClassCsv(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [1, 1, 0]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("file,label\na.png,dog\nb.png,cat\n", "labels.csv"),
        ("\ufefffile,label\r\na.png,dog\r\n\r\nb.png,cat\r\n,\r\n", "labels.csv"),
        ("file\tlabel\na.png\tdog\nb.png\tcat\n", "labels.tsv"),
        ("file;label\na.png;dog\nb.png;cat\n", "labels.CSV"),
        ("a.png,dog\nb.png,cat\n", "labels.csv"),
        ('label,"file"\n"dog","a.png"\ncat,b.png', "labels.csv"),
        ("label,image_id\ndog,a\ncat,b\n", "labels.csv"),
        ("label,image\ndog,pictures/a.png\ncat,./pictures/b.png\n", "labels.csv"),
        ("label,image\ndog,pictures\\a.png\ncat,deep\\pictures\\b\n", "labels.csv"),
    ],
)
def test_the_columns_are_found_however_the_table_is_written(tmp_path: Path, table: str, name: str) -> None:
    put(tmp_path, table, "deep/pictures/a.png", "deep/pictures/b.png", name=name)
    for root in (tmp_path, tmp_path / name):
        data = ClassCsv(str(root), class_columns=("label",) if "label" in table else ("column 2",), **ALL)
        assert said(data, "label") == {"a": 1, "b": 0}


def test_rows_that_say_nothing_of_their_image_are_counted(tmp_path: Path) -> None:
    put(tmp_path, "file,label,age\na.png,dog,1\nb.png,,\nc.png,,2\nd.png,,NA\n", *(f"{name}.png" for name in "abcd"))
    data = ClassCsv(str(tmp_path), **ALL)
    assert f"{tmp_path}: 2 images in rows that are blank: unlabelled (b.png, d.png)" in data.notes()
    with collecting() as collected:
        ClassCsv(str(tmp_path), **ALL)
    found = [(one.line, Path(one.image).name) for one in collected.found if one.kind == "image-unlabelled"]
    assert found == [(3, "b.png"), (5, "d.png")]


def test_images_in_no_row_are_said(tmp_path: Path) -> None:
    put(tmp_path, "file,label\na.png,x\n", "a.png", "b.png")
    assert f"{tmp_path}: 1 image in no row: left out (b.png)" in ClassCsv(str(tmp_path), **ALL).notes()


def test_the_fingerprint_follows_the_labels_and_not_the_place(tmp_path: Path) -> None:
    table = "file,cat,dog\na.png,1,\nb.png,,1\n"
    prints = [
        ClassCsv(str(put(tmp_path / name, one, "a.png", "b.png")), **ALL).fingerprint()
        for name, one in (("x", table), ("y", table), ("z", table.replace(",1,", ",0,")))
    ]
    assert prints[0] == prints[1] != prints[2]


def test_a_batch_holds_floats_of_the_labelled_rows(tmp_path: Path) -> None:
    table = "file,cat,dog,age\na.png,1,,30\nb.png,,,\nc.png,0,1,50.5\n"
    put(tmp_path, table, "a.png", "b.png", "c.png")
    data = ImageModule(ClassCsv(str(tmp_path), **ALL), size=16, batch=3, workers=0, augment="none")
    batch = next(iter(data.train_dataloader()))
    assert batch.targets["label"].shape == (2, 2)
    assert sorted(batch.targets["age"].flatten().tolist()) == [30, 50.5]
    assert len(batch.rows["label"]) == len(batch.rows["age"]) == 2


def test_auto_joins_a_table_with_other_labels_of_its_images(tmp_path: Path) -> None:
    put(tmp_path, "image,age\na.png,3\nb.png,4\n", "images/a.png", "images/b.png")
    for name in "ab":
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.new("L", (20, 10), 1).save(tmp_path / "masks" / f"{name}.png")
    data = Auto(str(tmp_path), split=(1.0, 0.0, 0.0))
    assert data.found == ("masks", "class CSV")
    assert set(data.targets("train", 0)) == {"mask", "age"}
