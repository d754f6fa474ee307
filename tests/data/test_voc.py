"""Folders in the form of Pascal VOC."""

from pathlib import Path

import pytest
from PIL import Image

from polyhead.data.auto import Auto
from polyhead.data.voc import Voc
from polyhead.errors import UserError
from polyhead.loading.image_module import ImageModule
from polyhead.loading.source import SPLITS

BCCD = Path(__file__).parents[2].parent / "shared" / "data" / "bccd"
needs_bccd = pytest.mark.skipif(not BCCD.is_dir(), reason=f"needs the BCCD data set in {BCCD}")


def xml(*objects: tuple[str, float, float, float, float]) -> str:
    """Return an annotation."""
    parts = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
        for name, a, b, c, d in objects
    )
    return f"<annotation>{parts}</annotation>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tiny data set: three images of 20 x 10 pixels, one a split."""
    for folder in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (tmp_path / folder).mkdir(parents=True)
    for split, objects in (
        ("train", [("dog", 1, 1, 20, 10), ("cat", 3, 2, 6, 5)]),
        ("val", [("cat", 15, 5, 99, 99)]),
        ("test", []),
    ):
        Image.new("RGB", (20, 10)).save(tmp_path / "JPEGImages" / f"{split}0.jpg")
        (tmp_path / "Annotations" / f"{split}0.xml").write_text(xml(*objects))
        (tmp_path / "ImageSets" / "Main" / f"{split}.txt").write_text(f"{split}0\n")
    return tmp_path


def test_corners_are_counted_from_one_and_inclusive(root: Path) -> None:
    image, targets = Voc(str(root)).item("train", 0)
    assert image.shape == (3, 10, 20)
    assert targets["boxes"]["boxes"].tolist() == [
        [0, 0, 20, 10],
        [2, 1, 6, 5],
    ]  # by hand: the whole image; 4 x 4 pixels
    assert targets["boxes"]["labels"].tolist() == [1, 0]


def test_boxes_are_cut_at_the_image(root: Path) -> None:
    assert Voc(str(root)).targets("val", 0)["boxes"]["boxes"].tolist() == [[14, 4, 20, 10]]


def test_classes_are_sorted_whichever_image_names_them_first(root: Path) -> None:
    assert Voc(str(root)).labels() == {"boxes": ("cat", "dog")}


def test_an_image_without_objects_has_zero_boxes(root: Path) -> None:
    targets = Voc(str(root)).targets("test", 0)["boxes"]
    assert targets["boxes"].shape == (0, 4)
    assert targets["labels"].shape == (0,)


def test_a_box_without_area_is_left_out_and_named_while_its_image_stays(root: Path) -> None:
    (root / "Annotations" / "train0.xml").write_text(
        xml(("cat", 5, 5, 5, 9), ("dog", 50, 1, 60, 9), ("cat", 1, 1, 3, 3))
    )
    data = Voc(str(root))
    assert data.size("train") == 1
    assert data.targets("train", 0)["boxes"]["labels"].tolist() == [0]
    annotation = root / "Annotations" / "train0.xml"
    assert data.notes()[1:] == [
        f"{annotation}: 1 box without area: left out (object 1 (cat, xmin 5 ymin 5 xmax 5 ymax 9))",
        f"{annotation}: 1 box outside the image: left out (object 2 (dog, xmin 50 ymin 1 xmax 60 ymax 9))",
        (
            f"{annotation.with_name('val0.xml')}: 1 box sticking out of the image: cut"
            " (object 1 (cat, xmin 15 ymin 5 xmax 99 ymax 99))"
        ),
    ]


def test_flaws_of_many_files_are_one_line_for_each_kind(root: Path) -> None:
    for split in ("train", "test"):
        (root / "Annotations" / f"{split}0.xml").write_text(xml(("cat", 5, 5, 5, 9), ("cat", 1, 1, 3, 3)))
    said = [note for note in Voc(str(root)).notes() if "without area" in note]
    places = [f"Annotations/{split}0.xml: object 1 (cat, xmin 5 ymin 5 xmax 5 ymax 9)" for split in ("train", "test")]
    assert said == [f"{root}: 2 boxes without area: left out ({', '.join(places)})"]


def test_an_annotation_of_another_size_than_its_image_is_an_error(root: Path) -> None:
    file = root / "Annotations" / "train0.xml"
    for width, fits in ((0, True), (20, True), (300, False)):
        size = f"<annotation><size><width>{width}</width><height>{width // 2}</height></size>"
        file.write_text(xml(("dog", 1, 1, 20, 10), ("cat", 3, 2, 6, 5)).replace("<annotation>", size))
        if fits:
            assert Voc(str(root)).size("train") == 1
            continue
        with pytest.raises(UserError, match=r"train0.xml: size has width 300 and height 150 there, and .* is 20 x 10"):
            Voc(str(root))


def test_an_encoding_that_is_not_read_is_an_error_and_a_mark_before_a_list_is_none(root: Path) -> None:
    lists = root / "ImageSets" / "Main" / "train.txt"
    lists.write_text("train0\n", encoding="utf-8-sig")
    assert Voc(str(root)).size("train") == 1
    (root / "Annotations" / "train0.xml").write_text('<?xml version="1.0" encoding="GBK"?><annotation/>')
    with pytest.raises(UserError, match=r"train0.xml: its encoding is not read .*; save it as UTF-8"):
        Voc(str(root))


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("Annotations/val0.xml", None, "val0.xml: is missing; add it or take its image off"),
        ("JPEGImages/val0.jpg", None, "val.txt:1: names val0, and JPEGImages has no such image; add it"),
        ("JPEGImages/val0.jpg", "no image", "val0.jpg: is not an image .*; replace"),
        ("Annotations/val0.xml", "<annotation>", "val0.xml: is not XML .*; mend it"),
        ("Annotations/val0.xml", xml(("", 1, 1, 2, 2)), "val0.xml: object 1 has no name; mend it"),
        (
            "Annotations/val0.xml",
            xml(("a", 1, 1, 2, 2)).replace("<ymax>2", "<ymax>x"),
            r"object 1 \(a\) lacks .*; mend",
        ),
    ],
)
def test_a_fault_is_one_line_with_its_file_and_the_cure(root: Path, path: str, content: str | None, says: str) -> None:
    (root / path).unlink() if content is None else (root / path).write_text(content)
    with pytest.raises(UserError, match=says) as error:
        Voc(str(root))
    assert str(error.value).startswith(str(root))
    assert "\n" not in str(error.value)


def test_lists_may_be_missing_but_for_one(root: Path) -> None:
    lists = root / "ImageSets" / "Main"
    (lists / "test.txt").unlink()  # as in VOC2012
    data = Voc(str(root))
    assert [data.size(split) for split in SPLITS] == [1, 1, 0]
    assert f"{root}: 1 image in no list: left out (JPEGImages/test0.jpg)" in data.notes()
    (lists / "val.txt").unlink()
    assert any("no val split of its own" in note for note in Voc(str(root)).notes())
    (lists / "train.txt").unlink()
    with pytest.raises(UserError, match=r"train.txt: is missing, and so are val and test; list"):
        Voc(str(root))


def test_masks_beside_the_boxes_are_said(root: Path) -> None:
    for name in ("SegmentationClass", "SegmentationObject"):
        (root / name).mkdir()
        assert not any("beside the boxes" in note for note in Voc(str(root)).notes() if name in note)
        Image.new("P", (20, 10)).save(root / name / "train0.png")
    said = [note for note in Voc(str(root)).notes() if "beside the boxes" in note]
    assert [note.partition("; ")[0] for note in said] == [
        f"{root / name}: 1 mask beside the boxes: left out (train0.png)"
        for name in ("SegmentationClass", "SegmentationObject")
    ]
    assert said[0].endswith("put it as masks, and JPEGImages as images, into a folder of their own")


def test_two_files_for_one_listed_name_are_an_error(root: Path) -> None:
    Image.new("RGB", (20, 10)).save(root / "JPEGImages" / "val0.png")
    with pytest.raises(UserError, match=r"val.txt:1: names val0, and JPEGImages has val0.jpg and val0.png; keep one"):
        Voc(str(root))


def test_an_image_that_two_lists_name_is_an_error(root: Path) -> None:
    (root / "ImageSets" / "Main" / "val.txt").write_text("train0\n")
    with pytest.raises(UserError, match=r"train0.jpg: is listed twice"):
        Voc(str(root))


def test_without_lists_all_images_are_parted_by_content_and_those_without_an_annotation_are_unlabelled(
    root: Path,
) -> None:
    (root / "ImageSets").rename(root / "elsewhere")
    (root / "JPEGImages").rename(root / "images")
    (root / "Annotations").rename(root / "annotations")
    (root / "annotations" / "test0.xml").unlink()
    data = Voc(str(root), split=(1, 0, 0))
    assert [data.size(split) for split in SPLITS] == [3, 0, 0]
    assert [Path(data.name("train", number)).name for number in range(3)] == ["test0.jpg", "train0.jpg", "val0.jpg"]
    assert [sorted(data.carried("train", number)) for number in range(3)] == [[], ["boxes"], ["boxes"]]
    assert f"{root}: images that have no split of their own: 3, parted by content" in data.notes()
    assert f"{root}: 1 image without an annotation: unlabelled (images/test0.jpg)" in data.notes()
    assert Auto(str(root)).notes()[0] == f"{root}: read as Pascal VOC"
    Image.new("RGB", (20, 10)).save(root / "images" / "val0.png")
    with pytest.raises(UserError, match=r"val0.png: has the name of val0.jpg, and one annotation cannot be of both"):
        Voc(str(root))


@pytest.mark.parametrize("folder", ["Annotations", "JPEGImages"])
def test_a_missing_folder_is_named(root: Path, folder: str) -> None:
    (root / folder).rename(root / "elsewhere")
    with pytest.raises(UserError, match=f"has no folder {folder}"):
        Voc(str(root))


def test_no_folder_and_no_objects_are_said(root: Path) -> None:
    with pytest.raises(UserError, match="gone: no such folder"):
        Voc(str(root / "gone"))
    for split in SPLITS:
        (root / "Annotations" / f"{split}0.xml").write_text(xml())
    with pytest.raises(UserError, match="no listed image has an object"):
        Voc(str(root))


def test_the_fingerprint_follows_the_boxes_and_not_the_place(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = Voc(str(root)).fingerprint()
    moved = root.rename(tmp_path_factory.mktemp("other") / "data")
    assert Voc(str(moved)).fingerprint() == before
    (moved / "Annotations" / "train0.xml").write_text(xml(("dog", 1, 1, 20, 9), ("cat", 3, 2, 6, 5)))
    assert Voc(str(moved)).fingerprint() != before


@needs_bccd
def test_bccd_is_read_whole_but_for_its_two_boxes_without_area() -> None:
    data = Voc(str(BCCD))
    assert [data.size(split) for split in SPLITS] == [205, 87, 72]
    assert data.labels() == {"boxes": ("Platelets", "RBC", "WBC")}
    kept = sum(len(data.targets(split, i)["boxes"]["labels"]) for split in SPLITS for i in range(data.size(split)))
    assert kept == 4888 - 2
    (note,) = data.notes()[1:]
    assert "2 boxes without area: left out (Annotations/BloodImage_00343.xml: object 4 (RBC, xmin 181" in note
    assert "Annotations/BloodImage_00338.xml" in note
    named = {data.name(split, i) for split in SPLITS for i in range(data.size(split))}
    assert {str(BCCD / "JPEGImages" / f"BloodImage_{n}.jpg") for n in ("00338", "00343")} <= named


@needs_bccd
def test_bccd_makes_batches_with_boxes_inside_the_input() -> None:
    batch = next(iter(ImageModule(Voc(str(BCCD)), size=128, batch=8).train_dataloader()))
    assert batch.inputs.shape == (8, 3, 128, 128)
    for target in batch.targets["boxes"]:
        assert len(target["boxes"]) == len(target["labels"]) > 0
        assert 0 <= target["boxes"].min() <= target["boxes"].max() <= 128
        assert (target["boxes"][:, 2:] - target["boxes"][:, :2]).min() > 0  # of 2 pixels at least, but scaled by 0.25
