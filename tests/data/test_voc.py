"""Folders in the form of Pascal VOC, and `auto`, which recognises them."""

import pickle
import re
from pathlib import Path

import pytest
from PIL import Image

from polyhead.data.auto import Auto
from polyhead.data.voc import Voc
from polyhead.errors import UserError
from polyhead.loading.module import DataModule
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
    notes = data.notes()
    assert len(notes) == 2
    assert all("train0.xml: object" in note and "no area" in note for note in notes)


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("ImageSets/Main/val.txt", None, "val.txt: is missing; list the images"),
        ("Annotations/val0.xml", None, "val0.xml: is missing; add it or take its image off"),
        ("JPEGImages/val0.jpg", None, "val.txt: names val0, and JPEGImages has no such image; add it"),
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


@pytest.mark.parametrize("folder", ["Annotations", "JPEGImages", "ImageSets/Main"])
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


def test_auto_reads_a_folder_as_its_form_and_says_so(root: Path) -> None:
    auto, voc = Auto(str(root)), Voc(str(root))
    assert auto.notes() == [f"{root}: read as Pascal VOC"]
    assert auto.labels() == voc.labels()
    assert auto.augment == voc.augment
    assert auto.name("train", 0) == voc.name("train", 0)
    assert auto.fingerprint() == voc.fingerprint()
    assert [auto.size(split) for split in SPLITS] == [1, 1, 1]
    assert auto.item("train", 0).image.shape == (3, 10, 20)
    assert pickle.loads(pickle.dumps(auto)).notes() == auto.notes()  # noqa: S301  # our own bytes


def test_auto_hands_on_the_notes_of_what_it_found(root: Path) -> None:
    (root / "Annotations" / "train0.xml").write_text(xml(("cat", 5, 5, 5, 9)))
    assert Auto(str(root)).notes()[1:] == Voc(str(root)).notes() != []


def test_auto_lists_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=re.escape("looked for Pascal VOC (Annotations/*.xml, JPEGImages, ImageSets/Main)")
    ):
        Auto(str(tmp_path))
    with pytest.raises(UserError, match="no such folder"):
        Auto(str(tmp_path / "gone"))


@needs_bccd
def test_bccd_is_read_whole_but_for_its_two_boxes_without_area() -> None:
    data = Voc(str(BCCD))
    assert [data.size(split) for split in SPLITS] == [205, 87, 72]
    assert data.labels() == {"boxes": ("Platelets", "RBC", "WBC")}
    kept = sum(len(data.targets(split, i)["boxes"]["labels"]) for split in SPLITS for i in range(data.size(split)))
    assert kept == 4888 - 2
    assert [Path(note.partition(":")[0]).stem for note in data.notes()] == ["BloodImage_00343", "BloodImage_00338"]
    named = {data.name(split, i) for split in SPLITS for i in range(data.size(split))}
    assert {str(BCCD / "JPEGImages" / f"BloodImage_{n}.jpg") for n in ("00338", "00343")} <= named


@needs_bccd
def test_bccd_makes_batches_with_boxes_inside_the_input() -> None:
    batch = next(iter(DataModule(Voc(str(BCCD)), size=128, batch=8).train_dataloader()))
    assert batch.inputs.shape == (8, 3, 128, 128)
    for target in batch.targets["boxes"]:
        assert len(target["boxes"]) == len(target["labels"]) > 0
        assert 0 <= target["boxes"].min() <= target["boxes"].max() <= 128
        assert (target["boxes"][:, 2:] - target["boxes"][:, :2]).min() >= 2
