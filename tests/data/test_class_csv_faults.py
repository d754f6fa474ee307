"""Tables that are wrong, or none."""

from pathlib import Path
from typing import Any

import pytest
from csv_folders import ALL, put

from polyhead.data.auto import Auto
from polyhead.data.class_csv import ClassCsv
from polyhead.errors import UserError


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (
            "file,label\na.png,x\nb.png,x\nc.png,x\nd.png,x\n",
            r"labels.csv:4: names c.png, .* no such .*\(and 1 more\)",
        ),
        ("file,label\na.png,x\n,y\n", r"labels.csv:3: names no image, and there is no such image"),
        ("file,label\na.png,x\na.png,y\n", r"labels.csv:3: lists .*a.png again, and otherwise than .*labels.csv:2"),
        ("file,label\na.png,x,y\n", r"labels.csv:2: has 3 cells, and line 1 has 2; mend it"),
        ("file,label,label\na.png,x,y\n", r"labels.csv:1: has two columns 'label'; rename or delete one"),
        ("file,label,split\na.png,x,foo\n", r"labels.csv:2: split is 'foo'; it takes train, val or test, or nothing"),
        (
            "file,label,split\na.png,cat,train\nb.png,cot,val\n",
            r"labels.csv:3: train has no label 'cot' \(did you",
        ),
        ("file,note\na.png,x\nb.png,y\n", r"labels.csv: no column looks like classes or numbers; name some in data.cl"),
        ("file,label\nx.png,x\ny.png,y\n", r"no column of labels.csv names images that are there; write paths as seen"),
        (
            "file,label\nu.png,x\na.png,x\n",
            r"labels.csv:2: names u.png, and it may be .*/u.png or .*; write the folder",
        ),
    ],
)
def test_a_fault_is_one_line_with_file_line_and_cure(tmp_path: Path, table: str, says: str) -> None:
    put(tmp_path, table, "a.png", "b.png", "one/u.png", "two/u.png")
    with pytest.raises(UserError, match=says) as error:
        ClassCsv(str(tmp_path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"value_columns": ("age",)}, r"labels.csv:3: age is 'old', which is no number; mend it, or leave it blank"),
        (
            {"tag_columns": ("cat", "dog")},
            r"labels.csv:2: dog is '2'; it takes 1 \(belongs to it\), 0 \(does not\)",
        ),
        ({"file_column": "pictures"}, r"labels.csv has no column 'pictures' or no rows; set data.file_column"),
        ({"split_column": "part"}, r"labels.csv: has no column 'part'; choices: age, cat, dog, file"),
    ],
)
def test_a_cell_that_its_column_cannot_hold_is_named(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    put(tmp_path, "file,age,cat,dog\na.png,3,1,2\nb.png,old,0,1\n", "a.png", "b.png")
    with pytest.raises(UserError, match=says):
        ClassCsv(str(tmp_path), **options)


def test_a_number_that_is_none_is_a_mistake_where_nearly_all_are(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(20)]
    rows = [f"{name},{number}" for number, name in enumerate(names)]
    put(tmp_path, "\n".join(["file,age", *rows[:-1], "19.png,?"]), *names)
    with pytest.raises(UserError, match=r"labels.csv:21: age is '\?', which is no number"):
        ClassCsv(str(tmp_path))


def test_a_row_that_is_there_twice_is_left_out_aloud(tmp_path: Path) -> None:
    put(tmp_path, "file,cat,dog\na.png,1,\na.png,1,\n./a.png,1,\nb.png,0,1\n", "a.png", "b.png")
    data = ClassCsv(str(tmp_path), **ALL)
    assert data.size("train") == 2
    table = tmp_path / "labels.csv"
    assert f"{table}:3: lists a.png again, as {table}:2 (and 1 more): left out" in data.notes()


def test_several_tables_without_a_split_are_an_error_and_one_may_be_named(tmp_path: Path) -> None:
    put(tmp_path, "file,label\na.png,x\n", "a.png", name="one.csv")
    put(tmp_path, "file,label\na.png,y\n", name="two.csv")
    with pytest.raises(UserError, match=r"one.csv: lists images, and so does two.csv; name them after train"):
        ClassCsv(str(tmp_path))
    assert ClassCsv(str(tmp_path / "two.csv"), **ALL).labels() == {"label": ("y",)}
    with pytest.raises(UserError, match=r"holds no .csv or .tsv file; put one there"):
        ClassCsv(str(put(tmp_path / "none", "", name="a.txt")))


@pytest.mark.parametrize(
    "table",
    [
        "",
        "name,colour\nx,red\n",
        "file,xmin,ymin,label\ncat/a.png,1,1,x\n",
        "\x00\x01",
        "file,words\ncat/a.png,hello\n",
    ],
)
def test_other_tables_beside_class_folders_are_none_of_this_form(tmp_path: Path, table: str) -> None:
    put(tmp_path, table, "cat/a.png", "dog/b.png")
    assert Auto(str(tmp_path)).found == ("class folders",)


def test_letters_that_are_not_utf8_are_named_and_not_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "", "a.png", "b.png")
    (tmp_path / "labels.csv").write_bytes("file,label\na.png,Löwe\nb.png,Bär\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"labels.csv: is not UTF-8 text; save it as such \(read as class CSV"):
        Auto(str(tmp_path))
