"""Folders: which are splits, what lies below them, and how their paths are spelt."""

from pathlib import Path

import pytest
from yolo_folders import EACH, FOLDERS, configured, named, picture, write

from polyhead.data._folders import files_below, place_of, split_in, split_of, walk
from polyhead.data.image_folder import ImageFolder
from polyhead.data.yolo import Yolo
from polyhead.loading.source import SPLITS


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("Train2017", "train"),
        ("val_2017", "val"),
        ("valid-1", "val"),
        ("testing", "test"),
        ("test_tube", None),
        ("train car", None),
        ("latest", None),
        ("2017", None),
        ("instances_val2017", None),
    ],
)
def test_a_folder_is_a_split_by_its_whole_name(name: str, split: str | None) -> None:
    assert split_of(name) == split


def test_a_file_is_of_the_split_that_is_a_word_of_its_name() -> None:
    assert [split_in(name) for name in ("instances_val2017", "train_and_val", "latest")] == ["val", None, None]


def test_links_between_two_folders_are_walked_once(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").touch()
        (tmp_path / name / "link").symlink_to(tmp_path / other)
    assert files_below(tmp_path / "a").images == [tmp_path / "a/link/x.png", tmp_path / "a/x.png"]
    (tmp_path / "a" / "self.png").symlink_to(tmp_path / "a" / "self.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    assert len(list(walk(tmp_path / "a"))) == 3


def test_a_link_in_the_root_to_the_root_is_no_class(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        picture(tmp_path / name / "a.png")
    (tmp_path / "self").symlink_to(".")
    (tmp_path / "cow").symlink_to("gone")
    source = ImageFolder(str(tmp_path))
    assert source.labels() == {"label": ("cat", "dog")}
    assert f"{tmp_path / 'cow'}: is a link to nothing: left out" in source.notes()


def test_every_spelling_of_a_folder_is_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, beside = tmp_path / "yolo", tmp_path / "beside"
    beside.mkdir()
    (tmp_path / "link").symlink_to(root)
    content = {split: f"../yolo/images/{split}" for split in SPLITS}
    plain = configured(root, **content, names=["cat"])
    write(root / "train.txt", str(root / "images/train/train.png"))
    monkeypatch.chdir(beside)
    for path in ("../yolo", str(root), str(beside / ".." / "yolo"), "../link", "../yolo/data.yaml"):
        source = Yolo(path)
        assert named(source) == EACH
        assert not any("in no split" in note for note in source.notes()), path
        assert source.fingerprint() == plain.fingerprint(), path
    listed = configured(root, **{**FOLDERS, "train": "train.txt"}, names=["cat"]).fingerprint()
    for path in ("../yolo", "../link"):
        source = Yolo(path)
        assert not any("in no split" in note for note in source.notes()), path
        assert source.fingerprint() == listed == plain.fingerprint(), path
    assert place_of("a/../b") == Path("b")
