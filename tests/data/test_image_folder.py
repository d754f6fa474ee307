"""Images in a folder for each class."""

import pickle
from pathlib import Path

import pytest
from PIL import Image

from polyhead.data.image_folder import ImageFolder
from polyhead.errors import UserError
from polyhead.loading.source import SPLITS


def put(root: Path, *names: str) -> Path:
    """Write small images, each of one colour of its own, and return their root."""
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (number, 2 * number, 0)).save(root / name)
    return root


def items(data: ImageFolder) -> dict[str, tuple[str, int]]:
    """Return split and class number by the path of each image below the root."""
    return {
        str(Path(data.name(split, i)).relative_to(data.root)): (split, data.targets(split, i)["label"])
        for split in SPLITS
        for i in range(data.size(split))
    }


def test_folders_of_a_year_are_splits_and_no_classes(tmp_path: Path) -> None:
    data = ImageFolder(str(put(tmp_path, "train2017/dog/a.png", "train2017/cat/b.png", "val2017/dog/c.png")))
    assert data.labels() == {"label": ("cat", "dog")}
    assert [data.size(split) for split in SPLITS] == [2, 1, 0]


def test_a_class_whose_name_begins_like_a_split_is_a_class(tmp_path: Path) -> None:
    data = ImageFolder(str(put(tmp_path, "test_tube/a.png", "flask/b.png", "__beaker/c.png")))
    assert data.labels() == {"label": ("__beaker", "flask", "test_tube")}


def test_folders_that_hold_themselves_are_walked_once(tmp_path: Path) -> None:
    put(tmp_path, "train/dog/a.png", "train/cat/b.png", "val/dog/c.png")
    (tmp_path / "train" / "dog" / "self").symlink_to(tmp_path / "train" / "dog")
    assert ImageFolder(str(tmp_path)).size("train") == 2


def test_an_image_that_is_a_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    put(tmp_path, "train/dog/a.png", "train/cat/b.png", "val/dog/c.png")
    (tmp_path / "train" / "dog" / "z.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(UserError, match=r"dog/z.png: .*; "):
        ImageFolder(str(tmp_path))


def test_a_root_with_dots_in_it_is_the_same_data(tmp_path: Path) -> None:
    put(tmp_path / "set", "train/dog/a.png", "train/cat/b.png", "val/dog/c.png")
    (tmp_path / "other").mkdir()
    around = ImageFolder(str(tmp_path / "other" / ".." / "set"))
    assert around.notes() == ImageFolder(str(tmp_path / "set")).notes()
    assert around.fingerprint() == ImageFolder(str(tmp_path / "set")).fingerprint()


def test_folders_are_splits_and_in_them_classes(tmp_path: Path) -> None:
    data = ImageFolder(str(put(tmp_path, "train/dog/a.png", "train/cat/b.jpg", "val/dog/c.png", "test/cat/d.png")))
    assert data.labels() == {"label": ("cat", "dog")}
    assert items(data) == {
        "train/dog/a.png": ("train", 1),
        "train/cat/b.jpg": ("train", 0),
        "val/dog/c.png": ("val", 1),
        "test/cat/d.png": ("test", 0),
    }
    image, targets = data.item("train", 1)
    assert image.shape == (3, 4, 6)
    assert image[:, 0, 0].tolist() == [0, 0, 0]
    assert targets == {"label": 1}
    assert items(pickle.loads(pickle.dumps(data))) == items(data)  # noqa: S301  # our own bytes


@pytest.mark.parametrize("names", [("Train", "Valid", "TEST"), ("training", "validation", "testing")])
def test_splits_go_by_other_names_and_in_any_case(tmp_path: Path, names: tuple[str, ...]) -> None:
    data = ImageFolder(str(put(tmp_path, *(f"{name}/cat/a.png" for name in names))))
    assert [data.size(split) for split in SPLITS] == [1, 1, 1]


def test_folders_within_the_folder_of_a_class_belong_to_it(tmp_path: Path) -> None:
    data = ImageFolder(str(put(tmp_path, "train/dog/2024/may/a.png", "train/cat/b.png", "val/dog/a.png")))
    assert items(data)["train/dog/2024/may/a.png"] == ("train", 1)


def test_without_split_folders_content_decides_and_equal_files_stay_together(tmp_path: Path) -> None:
    put(tmp_path, *(f"{name}/{number}.png" for name in ("cat", "train") for number in range(40)))
    Image.open(tmp_path / "cat" / "0.png").save(tmp_path / "cat" / "copy.png")
    data = ImageFolder(str(tmp_path), split=(0.5, 0.25, 0.25))
    assert data.labels() == {"label": ("cat", "train")}  # a folder of images, and not of classes, is a class
    assert sum(data.size(split) for split in SPLITS) == 81
    assert min(data.size(split) for split in SPLITS) > 5
    assert items(data)["cat/0.png"] == items(data)["cat/copy.png"]
    assert any("images that have no split of their own: 81, parted by content" in note for note in data.notes())


def test_a_missing_val_is_taken_from_train_and_a_missing_test_stays_missing(tmp_path: Path) -> None:
    data = ImageFolder(str(put(tmp_path, *(f"train/cat/{number}.png" for number in range(90)))))
    assert data.size("train") + data.size("val") == 90
    assert 2 <= data.size("val") <= 25  # 10 of 90 in the mean, and 3 the standard deviation
    assert data.size("test") == 0


def test_a_class_that_train_lacks_is_an_error_that_names_the_folder_and_the_nearest(tmp_path: Path) -> None:
    put(tmp_path, "train/kitten/a.png", "train/dog/a.png", "val/Kitten/a.png")
    with pytest.raises(UserError, match=r"val/Kitten: train has no class 'Kitten' \(did you mean 'kitten'\?\); add it"):
        ImageFolder(str(tmp_path))


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    put(tmp_path, "train/cat/a.png", "val/cat/b.png", "train/stray.png", "root.png", "more/cat/x.png", ".hidden/y.png")
    (tmp_path / "train" / "empty").mkdir()
    for name in ("a.txt", "b.csv", ".DS_Store"):
        (tmp_path / "train" / "cat" / name).touch()
    data = ImageFolder(str(tmp_path))
    assert data.labels() == {"label": ("cat", "empty")}
    assert data.notes() == [
        f"{tmp_path}: 2 images (1 train, 1 val, 0 test); label on 2 (cat, empty)",
        f"{tmp_path}: 1 class folder without an image: the class is kept (train/empty)",
        f"{tmp_path}: 2 files of another kind in class folders: left out (train/cat/a.txt, train/cat/b.csv)",
        f"{tmp_path}: 2 images in no class folder: left out (root.png, train/stray.png)",
        f"{tmp_path}: 1 folder beside those of the splits: left out (more)",
    ]


def test_two_images_may_have_one_name_but_for_the_suffix(tmp_path: Path) -> None:
    data = ImageFolder(str(put(tmp_path, "train/cat/a.png", "train/cat/a.jpg", "val/cat/a.png")))
    assert data.size("train") == 2


def test_no_folder_and_no_class_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="gone: no such folder"):
        ImageFolder(str(tmp_path / "gone"))
    with pytest.raises(UserError, match="holds images; make one for each class"):
        ImageFolder(str(put(tmp_path, "a.png")))


def test_an_empty_file_is_named_before_training(tmp_path: Path) -> None:
    put(tmp_path, "train/cat/a.png", "val/cat/b.png")
    (tmp_path / "train" / "cat" / "c.jpg").touch()
    with pytest.raises(UserError, match=r"train/cat/c.jpg: is empty \(0 bytes\); replace"):
        ImageFolder(str(tmp_path))
