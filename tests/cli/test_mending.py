"""Corrected copies: what is mended, what is left, and that the original is as it was."""

import hashlib
import json
from pathlib import Path

import pytest
from small_data import BOX, Build, classes, coco, coco_with, cut, detailed, masks, picture, text, then, voc, yolo
from spoilt import absolute, coco_plus, copied, objects, table

from polyhead.checking.check import check_data
from polyhead.cli.entry import main

JSON, LABEL = "annotations/instances_train.json", "labels/train/a.txt"
MENDED: dict[str, Build] = {
    "image-dead-link": then(classes, lambda root: (root / "train/cat/9.png").symlink_to("nowhere.png")),
    "image-empty": then(classes, lambda root: (root / "train/cat/0.png").write_bytes(b"")),
    "image-unreadable": then(classes, lambda root: cut(root / "train/cat/0.png")),
    "label-orphan": then(yolo, lambda root: text(root / "labels/train/z.txt", "")),
    "mask-empty": then(objects, lambda root: picture(root / "train/a/masks/2.png", "L", 0, (64, 64))),
    "link-dead": then(classes, lambda root: (root / "more").symlink_to("nowhere")),
    "box-without-area": coco_plus("annotations", bbox=[5, 5, 0, 4]),
    "box-outside": lambda root: yolo(root, "0 .5 .5 .4 .4\n0 1.4 .5 .2 .2"),
    "box-twice": lambda root: yolo(root, "0 .5 .5 .4 .4\n0 .5 .5 .4 .4"),
    "box-sticks-out": coco_with("annotations", bbox=[15, 2, 15, 5]),
    "image-id-unknown": coco_plus("annotations", image_id=7),
    "image-missing": coco_plus("images", id=2, file_name="gone.png"),
    "outline-short": coco_with("annotations", segmentation=[[2, 2, 9, 9], [2, 2, 10, 2, 10, 10, 2, 10]]),
    "row-twice": lambda root: table(root, "file,class", "a.png,cat", "b.png,dog", "a.png,cat"),
    "path-absolute": absolute("train:", "path: {}  # here\ntrain:"),
}
"""By the kind that must be gone from the copy, data that have it."""


def digests(root: Path) -> dict[str, str]:
    """Return what is in each file of a folder."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def mended(root: Path, out: Path) -> tuple[int, dict[str, list[dict[str, object]]]]:
    """Return the exit code, and what the copy says was done."""
    code = main(["check-data", str(root), "--fix", str(out)])
    return code, json.loads((out / "fixes.json").read_text())


@pytest.mark.parametrize("kind", MENDED)
def test_what_can_be_mended_is_gone_from_the_copy_and_the_original_is_as_it_was(kind: str, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    MENDED[kind](data)
    before = digests(data)
    code, said = mended(data, out)
    assert code == 0
    assert kind in {one["kind"] for one in said["fixed"]}
    assert kind not in {one.kind for one in check_data("out", {"name": "auto", "root": str(out)}).findings}
    assert digests(data) == before
    touched = {name for name, digest in before.items() if digests(out).get(name) != digest}
    assert touched <= {str(Path(str(one["file"])).relative_to(out)) for one in said["fixed"]}


def test_boxes_are_cut_at_the_image_in_each_form(tmp_path: Path) -> None:
    coco_with("annotations", bbox=[15, -4, 15, 9])(tmp_path / "coco")
    mended(tmp_path / "coco", tmp_path / "one")
    assert json.loads((tmp_path / "one" / JSON).read_text())["annotations"][0]["bbox"] == [15, 0, 5, 5]
    yolo(tmp_path / "yolo", "0 .9 .5 .5 .5\n0 .5 .5 .25 .25")
    mended(tmp_path / "yolo", tmp_path / "two")
    assert (tmp_path / "two" / LABEL).read_text() == "0 0.825 0.5 0.35 0.5\n0 .5 .5 .25 .25\n"  # from 0.65 to 1
    voc(tmp_path / "voc", (-3, 2, 50, 8))
    mended(tmp_path / "voc", tmp_path / "three")
    xml = (tmp_path / "three" / "Annotations" / "train.xml").read_text()
    assert "<xmin>1</xmin><ymin>2</ymin><xmax>20</xmax><ymax>8</ymax>" in xml


def test_boxes_are_not_cut_where_half_of_all_are_doubtful(tmp_path: Path) -> None:
    corners = "\n".join(f"0 .{number} .1 .9 .9" for number in range(10, 20))
    yolo(tmp_path / "data", corners)
    _, said = mended(tmp_path / "data", tmp_path / "out")
    assert not said["fixed"]
    assert {"boxes-doubtful", "box-sticks-out"} <= {str(one["kind"]) for one in said["left"]}
    assert (tmp_path / "out" / LABEL).read_text() == f"{corners}\n"


def test_an_image_that_goes_takes_its_entry_and_its_objects_along(tmp_path: Path) -> None:
    def two(root: Path) -> None:
        entry = {"id": 2, "file_name": "b.png"}
        more = {"image_id": 2, "category_id": 1, "bbox": BOX}
        coco(
            root,
            lambda content: {
                **content,
                "images": [entry, *content["images"]],
                "annotations": [more, *content["annotations"], more],
            },
        )
        text(root / "train" / "b.png", "no image")

    two(tmp_path / "data")
    code, said = mended(tmp_path / "data", tmp_path / "out")
    assert code == 0
    content = json.loads((tmp_path / "out" / JSON).read_text())
    assert [one["id"] for one in content["images"]] == [1]
    assert [one["image_id"] for one in content["annotations"]] == [1]
    assert [one["did"] for one in said["fixed"]] == ["left out", "removed"]


@pytest.mark.parametrize(
    ("build", "image"), [(voc, "JPEGImages/train.jpg"), (yolo, "images/train/a.png"), (masks, "train/images/a.png")]
)
def test_no_list_and_no_label_of_an_image_that_goes_is_left(build: Build, image: str, tmp_path: Path) -> None:
    build(tmp_path / "data")
    detailed((tmp_path / "data" / image).with_stem("more"))
    cut(tmp_path / "data" / image)
    mended(tmp_path / "data", tmp_path / "out")
    assert not (tmp_path / "out" / image).exists()
    kinds = {one.kind for one in check_data("out", {"name": "auto", "root": str(tmp_path / "out")}).findings}
    assert not kinds & {"image-missing", "label-orphan", "image-unreadable"}


def test_what_only_its_owner_can_mend_is_listed_as_left_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yolo(tmp_path / "data", "9 .5 .5 .4 .4\n0 .5 .5 0 .4")
    code, said = mended(tmp_path / "data", tmp_path / "out")
    assert code == 2
    assert [one["kind"] for one in said["fixed"]] == ["box-without-area"]
    assert "class-number-unknown" in {one["kind"] for one in said["left"]}
    assert "1 error in the data; fixes.json lists them under `left`" in capsys.readouterr().err


def test_leaks_are_left(tmp_path: Path) -> None:
    copied("train/cat/9.png", "val/cat/9.png")(tmp_path / "data")
    _, said = mended(tmp_path / "data", tmp_path / "out")
    assert [one["kind"] for one in said["fixed"]] == []
    assert "copy-across-splits" in {one["kind"] for one in said["left"]}


def test_the_copy_is_new_and_apart_from_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yolo(tmp_path / "data")
    for out, says in ((tmp_path / "data", "is not empty"), (tmp_path / "data" / "new", "it lies with the data")):
        assert main(["check-data", str(tmp_path / "data"), "--fix", str(out), "--labels"]) == 2
        assert says in capsys.readouterr().err
    assert main(["check-data", "digits", "data.images=1", "--fix", str(tmp_path / "out"), "--labels"]) == 2
    assert "has no root of its own" in capsys.readouterr().err


def test_each_of_several_sources_has_a_folder_of_its_own(tmp_path: Path) -> None:
    yolo(tmp_path / "one", "0 .5 .5 .4 .4\n0 .5 .5 0 .4")
    coco(tmp_path / "two")
    sources = f"data={{sources: {{a: {tmp_path / 'one'}, b: {tmp_path / 'two'}}}}}"
    assert main(["check-data", "detection", sources, "--fix", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "a" / LABEL).read_text() == "0 .5 .5 .4 .4\n"
    assert (tmp_path / "out" / "b" / JSON).is_file()
    assert [one["source"] for one in json.loads((tmp_path / "out/fixes.json").read_text())["fixed"]] == ["a"]


def test_images_elsewhere_are_not_taken_for_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coco_with("images", file_name="../train/a.png")(tmp_path / "data")
    (tmp_path / "data" / "annotations").rename(tmp_path / "data" / "sheets")
    file = tmp_path / "data" / "sheets" / "instances_train.json"
    assert main(["check-data", str(file), "--labels"]) == 0
    assert main(["check-data", str(file), "--fix", str(tmp_path / "out"), "--labels"]) == 2
    assert f"images of these data lie outside of {file.parent}; set root" in capsys.readouterr().err


def test_links_back_are_not_followed_and_files_that_may_not_be_written_are_mended(tmp_path: Path) -> None:
    yolo(tmp_path / "data", "0 .5 .5 .4 .4\n0 .5 .5 0 .4")
    (tmp_path / "data" / "images" / "loop").symlink_to("..")
    (tmp_path / "data" / LABEL).chmod(0o444)
    code, _ = mended(tmp_path / "data", tmp_path / "out")
    assert code == 0
    assert (tmp_path / "out" / LABEL).read_text() == "0 .5 .5 .4 .4\n"
    assert not (tmp_path / "out" / "images" / "loop").exists()


@pytest.mark.parametrize(
    ("build", "file", "line"),
    [
        (absolute("train:", "path: {}  # here\ntrain:"), "data.yaml", 'path: "."  # here'),
        (absolute("train:", "path: ../data\ntrain:"), "data.yaml", 'path: "."'),
        (absolute("train: images", "path: images\ntrain: {}/images"), "data.yaml", 'train: "train"'),
        (absolute("train: images/train", "train: [{}/images/train]"), "data.yaml", 'train: ["images/train"]'),
        (absolute("images/train\n", "images/a.txt\n"), "images/a.txt", "train/a.png"),
    ],
)
def test_a_copy_reads_nothing_of_the_original(build: Build, file: str, line: str, tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    build(data)
    text(data / "images" / "a.txt", f"{data}/images/train/a.png\n")
    if "path: images" in (data / "data.yaml").read_text():
        text(data / "data.yaml", (data / "data.yaml").read_text().replace("images/val", "val"))
    before = digests(data)
    code, said = mended(data, out)
    assert code == 0
    assert line in (out / file).read_text().splitlines()
    assert {one["kind"]: one["did"] for one in said["fixed"]} == {
        "path-absolute": "made relative",
        "box-without-area": "removed",
    }
    assert not {str(one["file"]) for one in said["left"]} - {str(path) for path in out.rglob("*")}
    data.rename(tmp_path / "elsewhere")
    assert {one.kind for one in check_data("out", {"name": "yolo", "root": str(out)}).findings} <= {
        "image-blank",
        "copy-across-splits",
    }
    assert digests(tmp_path / "elsewhere") == before


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (absolute("train:", "path: ../more\ntrain:"), "data.yaml: path is '../more', outside of {}, and is not copied"),
        (absolute("val: images", "val: {}/../more/images"), "data.yaml: val is '{}/../more/images/val', outside of {}"),
        (absolute("images/train\n", "a.txt\n", "../more/images/train/a.png"), "a.txt: line 1 names '{}/../more"),
        (lambda root: coco_with("images", file_name=f"{root}/train/a.png")(root), "1: images[0].file_name is '{}/"),
        (lambda root: table(root, "file,class", f"{root}/a.png,cat", "b.png,dog"), "train.csv:2: names {}/a.png, and"),
    ],
)
def test_what_a_copy_would_still_read_elsewhere_is_refused_before_it_is_written(
    build: Build, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    yolo(tmp_path / "more")
    build(tmp_path / "data")
    assert main(["check-data", str(tmp_path / "data"), "--fix", str(tmp_path / "out"), "--labels"]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith(f"error: --fix {tmp_path / 'out'}: {tmp_path / 'data'}")
    assert says.replace("{}", str(tmp_path / "data")) in said
    assert not (tmp_path / "out").exists()


def test_a_copy_that_goes_up_to_the_original_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coco_with("images", file_name="../../data/train/a.png")(tmp_path / "data")
    assert main(["check-data", str(tmp_path / "data"), "--fix", str(tmp_path / "out"), "--labels"]) == 2
    assert f"what is there reads {tmp_path}/data/train/a.png, which is no part of it" in capsys.readouterr().err


def test_an_object_in_a_comment_is_not_counted(tmp_path: Path) -> None:
    one, bad = "<object><name>cat</name><bndbox>{}</bndbox></object>", "<xmin>5</xmin><ymin>5</ymin><xmax>5</xmax>"
    good = [f"<xmin>{left}</xmin><ymin>2</ymin><xmax>{left + 5}</xmax><ymax>8</ymax>" for left in (2, 3, 4)]
    lines = ["<annotation>", f"<!-- {one.format(good[0])} -->", *map(one.format, [*good, f"{bad}<ymax>9</ymax>"])]
    voc(tmp_path / "data")
    text(tmp_path / "data" / "Annotations" / "train.xml", "\n".join([*lines, "</annotation>"]))
    code, said = mended(tmp_path / "data", tmp_path / "out")
    assert code == 0
    assert [(one["kind"], one["line"]) for one in said["fixed"]] == [("box-without-area", 6)]
    left = (tmp_path / "out" / "Annotations" / "train.xml").read_text().splitlines()
    assert left == [*lines[:5], "</annotation>"]
