"""Images beside masks of the same names."""

import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from polyhead.data.mask_folder import MaskFolder
from polyhead.errors import UserError
from polyhead.loading.image_module import ImageModule
from polyhead.loading.source import SPLITS

NUCLEI = Path(__file__).parents[2].parent / "shared" / "data" / "nuclei"
TWO = [[0, 1, 1], [0, 0, 1]]


def put(path: Path, numbers: list[list[int]] | None = None) -> Path:
    """Write a mask of some numbers, or an image of 3 x 2 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (3, 2), (9, 9, 9)) if numbers is None else Image.fromarray(np.array(numbers, np.uint8))
    image.save(path)
    return path


def both(root: Path, name: str, numbers: list[list[int]], place: str = "") -> None:
    """Write an image and its mask; beside train, a val in which all is background."""
    put(root / place / "images" / f"{name}.jpg")
    put(root / place / "masks" / f"{name}.png", numbers)
    if place == "train":
        both(root, "v", [[0, 0, 0], [0, 0, 0]], "val")


def mask(data: MaskFolder, index: int = 0) -> list[list[int]]:
    """Return a mask of the training split."""
    found: list[list[int]] = data.item("train", index).targets["mask"].tolist()
    return found


@pytest.mark.parametrize("folder", ["masks", "Mask", "labels", "annotations", "gt"])
def test_splits_hold_images_and_masks_of_their_names(tmp_path: Path, folder: str) -> None:
    for split in ("train", "valid", "test"):
        put(tmp_path / split / "images" / "a.jpg")
        put(tmp_path / split / folder / "a.png", TWO)
    data = MaskFolder(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [1, 1, 1]
    assert data.labels() == {"mask": ("background", "foreground")}
    assert mask(data) == TWO
    assert data.targets("train", 0)["mask"].tolist() == TWO
    assert pickle.loads(pickle.dumps(data)).notes() == data.notes()  # noqa: S301  # our own bytes


def test_images_and_masks_hold_splits(tmp_path: Path) -> None:
    for split in ("train", "val"):
        put(tmp_path / "images" / split / "town" / "a.jpg")
        put(tmp_path / "masks" / split / "town" / "a_mask.png", TWO)
    data = MaskFolder(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [1, 1, 0]
    assert mask(data) == TWO


def test_without_splits_content_decides(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO)
    data = MaskFolder(str(tmp_path), split=(1, 0, 0))
    assert [data.size(split) for split in SPLITS] == [1, 0, 0]
    assert f"{tmp_path}: images that have no split of their own: 1, parted by content" in data.notes()


def test_white_is_the_foreground_where_nothing_but_black_is_beside_it(tmp_path: Path) -> None:
    both(tmp_path, "a", [[0, 255, 0], [0, 0, 255]], "train")
    both(tmp_path, "b", [[0, 0, 0], [0, 0, 0]], "train")
    data = MaskFolder(str(tmp_path), classes=("background", "cell"))
    assert mask(data) == [[0, 1, 0], [0, 0, 1]]
    assert f"{tmp_path}: masks hold 0 and 255 only: 255 is read as class 1, cell" in data.notes()


def test_a_palette_png_is_its_indices_and_not_its_colours(tmp_path: Path) -> None:
    put(tmp_path / "images" / "a.jpg")
    image = Image.fromarray(np.array([[0, 1, 2], [255, 2, 0]], np.uint8))
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + 3 * 253 * [224])  # as Pascal VOC colours its classes
    (tmp_path / "masks").mkdir()
    image.save(tmp_path / "masks" / "a.png")
    data = MaskFolder(str(tmp_path), classes=("ground", "road", "sky"), split=(1, 0, 0))
    assert mask(data) == [[0, 1, 2], [255, 2, 0]]


def test_white_is_unlabelled_where_there_are_other_numbers(tmp_path: Path) -> None:
    both(tmp_path, "a", [[0, 255, 0], [0, 0, 255]], "train")
    both(tmp_path, "b", TWO, "train")
    assert mask(MaskFolder(str(tmp_path))) == [[0, 255, 0], [0, 0, 255]]


def test_names_come_from_the_option_or_a_file(tmp_path: Path) -> None:
    both(tmp_path, "a", [[0, 2, 1], [0, 255, 2]], "train")
    assert MaskFolder(str(tmp_path), classes=("a", "b", "c")).labels() == {"mask": ("a", "b", "c")}
    (tmp_path / "classes.txt").write_text("\ufeffroad\n sky \ncar\n\n", encoding="utf-8")
    data = MaskFolder(str(tmp_path))
    assert data.labels() == {"mask": ("road", "sky", "car")}
    assert mask(data) == [[0, 2, 1], [0, 255, 2]]


def test_a_number_without_a_name_is_an_error_with_file_value_and_cure(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    both(tmp_path, "b", [[0, 7, 0], [0, 0, 0]], "train")
    says = "train/masks/b.png: has the value 7, and the classes have no names; name every number.*classes.txt.*names"
    with pytest.raises(UserError, match=says):
        MaskFolder(str(tmp_path))
    with pytest.raises(UserError, match=r"b.png: has the value 7, and the classes are 0 to 1; name every number"):
        MaskFolder(str(tmp_path), classes=("x", "y"))
    with pytest.raises(UserError, match=r"b.png: has the value 7, and the classes are 0 to 2; name every number"):
        MaskFolder(str(tmp_path), classes=("x", "y", "z"))


def test_of_very_many_masks_of_three_classes_each_is_looked_at_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polyhead.data._mask_file.MANY", 1)
    both(tmp_path, "a", TWO, "train")
    both(tmp_path, "b", [[0, 7, 0], [0, 0, 0]], "train")
    data = MaskFolder(str(tmp_path), classes=("x", "y", "z"))
    with pytest.raises(UserError, match=r"b.png: has the value 7, and the classes are 0 to 2; name every number"):
        data.targets("train", 1)["mask"]


def test_an_empty_line_among_the_names_is_an_error_and_shifts_no_number(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    (tmp_path / "classes.txt").write_text("background\n\ncat\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"classes.txt:2: is empty; write the name of class 1 there"):
        MaskFolder(str(tmp_path))


def test_a_mask_that_is_a_link_to_nothing_is_said(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    both(tmp_path, "b", TWO, "train")
    lost = tmp_path / "train" / "masks" / "b.png"
    lost.unlink()
    lost.symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(UserError, match=r"masks/b.png: .*; "):
        MaskFolder(str(tmp_path))


@pytest.mark.parametrize(("train", "val"), [("train2017", "val2017"), ("train_2017", "val_2017"), ("Train", "VAL")])
def test_a_split_may_have_a_year(tmp_path: Path, train: str, val: str) -> None:
    both(tmp_path, "a", TWO, train)
    both(tmp_path, "b", TWO, val)
    data = MaskFolder(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [1, 1, 0]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("x",), "and 1 is named"),
        (("x", "y", "x"), "'x' is named twice"),
        (tuple(map(str, range(256))), "256 is named"),
    ],
)
def test_names_that_cannot_be_are_refused(tmp_path: Path, names: tuple[str, ...], says: str) -> None:
    both(tmp_path, "a", TWO, "train")
    with pytest.raises(UserError, match=says):
        MaskFolder(str(tmp_path), classes=names)


def test_what_has_no_partner_is_counted_and_an_image_without_a_mask_stays(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    put(tmp_path / "train" / "images" / "bare.jpg")
    put(tmp_path / "train" / "masks" / "lone.png", TWO)
    (tmp_path / "train" / "images" / "read.me").touch()
    data = MaskFolder(str(tmp_path), classes=("a", "b"))
    carried = {
        Path(data.name(split, i)).stem: list(data.targets(split, i))
        for split in SPLITS
        for i in range(data.size(split))
    }
    assert carried == {"a": ["mask"], "bare": [], "v": ["mask"]}
    assert data.notes()[-3:] == [
        f"{tmp_path}: 1 image without a mask: unlabelled (train/images/bare.jpg)",
        f"{tmp_path}: 1 mask without an image: left out (train/masks/lone.png)",
        f"{tmp_path}: 1 file of another kind beside them: left out (train/images/read.me)",
    ]


def test_a_split_without_masks_is_left_out_aloud(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    put(tmp_path / "test" / "images" / "b.jpg")
    data = MaskFolder(str(tmp_path))
    assert [data.size(split) for split in SPLITS] == [1, 1, 0]
    assert data.notes()[1:] == [
        f"{tmp_path}: 1 folder of images without one of masks beside it: left out (test/images)"
    ]


def test_masks_of_nothing_but_background_have_no_white(tmp_path: Path) -> None:
    both(tmp_path, "a", [[0, 0, 0], [0, 0, 0]], "train")
    assert not any("255" in note for note in MaskFolder(str(tmp_path)).notes())


def test_a_mask_of_another_size_is_an_error_that_names_both_before_pixels_are_read(tmp_path: Path) -> None:
    both(tmp_path, "a", [[0, 1]], "train")
    says = r"masks/a.png: is 2 x 1 pixels, and its image .*images/a.jpg 3 x 2 pixels; save both in one size"
    with pytest.raises(UserError, match=says):
        MaskFolder(str(tmp_path), classes=("x", "y", "z"))


def test_a_mask_that_was_drawn_before_its_image_was_turned_is_an_error_that_says_so(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (3, 2)).save(tmp_path / "train" / "images" / "a.jpg", exif=exif)
    with pytest.raises(UserError, match=r"is 3 x 2 pixels, .* 2 x 3 pixels; turn it as the EXIF orientation turns"):
        MaskFolder(str(tmp_path))
    put(tmp_path / "train" / "masks" / "a.png", [[0, 0], [0, 1], [1, 1]])
    assert MaskFolder(str(tmp_path)).item("train", 0).image.shape == (3, 3, 2)


def test_two_files_of_one_name_are_an_error_that_names_both(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    twin = put(tmp_path / "train" / "images" / "a.png")
    with pytest.raises(UserError, match=r"images/a.png: has the name of a.jpg, and masks are found by name"):
        MaskFolder(str(tmp_path))
    twin.unlink()
    put(tmp_path / "train" / "masks" / "a_mask.png", TWO)
    with pytest.raises(UserError, match=r"masks/a_mask.png: has the name of a.png"):
        MaskFolder(str(tmp_path))


def test_two_folders_of_masks_are_an_error_and_labels_of_another_form_are_none(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    (tmp_path / "train" / "labels").mkdir()
    (tmp_path / "train" / "labels" / "a.txt").write_text("0 0.5 0.5 1 1")
    put(tmp_path / "train" / "labels" / "a.png", TWO)  # a picture of the labels, say
    assert MaskFolder(str(tmp_path)).labels() == {"mask": ("background", "foreground")}
    put(tmp_path / "train" / "gt" / "a.png", TWO)
    with pytest.raises(UserError, match="train/gt: may be meant, and so may masks beside it; rename or move one"):
        MaskFolder(str(tmp_path))


def test_no_masks_are_said_with_what_was_looked_for(tmp_path: Path) -> None:
    put(tmp_path / "images" / "a.jpg")
    with pytest.raises(UserError, match=re.escape("has no mask for any image; put images/x.jpg and masks/x.png there")):
        MaskFolder(str(tmp_path))


def test_a_smeared_mask_is_an_error_with_its_cause(tmp_path: Path) -> None:
    put(tmp_path / "train" / "images" / "a.png")
    put(tmp_path / "train" / "masks" / "a.jpg", [[0, 255, 0], [255, 0, 80]])
    with pytest.raises(UserError, match=r"a.jpg: has the value .*\(JPEG changes numbers: save masks as PNG\)"):
        MaskFolder(str(tmp_path))


def test_a_broken_mask_is_named(tmp_path: Path) -> None:
    both(tmp_path, "a", TWO, "train")
    (tmp_path / "train" / "masks" / "a.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"masks/a.png: is empty \(0 bytes\)"):
        MaskFolder(str(tmp_path))


def test_the_fingerprint_follows_the_pixels_of_masks_and_not_the_place(tmp_path: Path) -> None:
    both(tmp_path / "x", "a", TWO, "train")
    before = MaskFolder(str(tmp_path / "x")).fingerprint()
    (tmp_path / "x").rename(tmp_path / "y")
    assert MaskFolder(str(tmp_path / "y")).fingerprint() == before
    put(tmp_path / "y" / "train" / "masks" / "a.png", [[0, 0, 0], [0, 0, 1]])
    assert MaskFolder(str(tmp_path / "y")).fingerprint() != before


@pytest.mark.skipif(not NUCLEI.is_dir(), reason=f"needs the nuclei data set in {NUCLEI}")
def test_nuclei_make_batches_of_masks() -> None:
    data = MaskFolder(str(NUCLEI))
    assert [data.size(split) for split in SPLITS] == [80, 20, 20]
    batch = next(iter(ImageModule(data, size=64, batch=4).train_dataloader()))
    assert batch.targets["mask"].shape == (4, 64, 64)
    assert set(batch.targets["mask"].unique().tolist()) <= {0, 1, 255}


def test_images_and_masks_may_hold_splits_of_a_year(tmp_path: Path) -> None:
    for split in ("train2017", "val2017"):
        put(tmp_path / "images" / split / "a.jpg")
        put(tmp_path / "masks" / split / "a.png", TWO)
    assert [MaskFolder(str(tmp_path)).size(split) for split in SPLITS] == [1, 1, 0]
