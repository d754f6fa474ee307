"""What all forms of data on disk have in common."""

import re
from pathlib import Path

import pytest
import torch
from PIL import Image

from polyhead.data._album import PIECE, Album, AlbumSource, Shares, by_content, parted
from polyhead.data._photos import Boxes, ClassName, Photo
from polyhead.errors import UserError
from polyhead.loading.source import Split

SHARES: Shares = (0.8, 0.1, 0.1)


class Shown(AlbumSource):
    """An album as it is."""


def photo(path: Path, split: Split | None = None, number: int = 0) -> Photo:
    """Write a small image, and return it with a class and a box."""
    Image.new("RGB", (6, 4), (number % 256, number // 256, 7)).save(path)
    return Photo(path, split, {"label": ClassName("b"), "boxes": Boxes([(1, 1, 3, 2)], ["x"])})


def album(*photos: Photo) -> Album:
    return Album(photos, {"label": ("a", "b"), "boxes": ("x",)}, ["a note"])


def test_labels_become_targets_with_and_without_pixels(tmp_path: Path) -> None:
    data = Shown(tmp_path, album(photo(tmp_path / "a.png", "train")), SHARES)
    image, targets = data.item("train", 0)
    assert image.shape == (3, 4, 6)
    for found in (targets, data.targets("train", 0)):
        assert found["label"] == 1
        assert found["boxes"]["boxes"].tolist() == [[1, 1, 3, 2]]
        assert found["boxes"]["boxes"].canvas_size == (4, 6)
        assert found["boxes"]["labels"].tolist() == [0]


def test_no_object_is_zero_boxes() -> None:
    target = Boxes([], []).target(("x",), (4, 6))
    assert target["boxes"].shape == (0, 4)
    assert target["labels"].dtype == torch.long


def test_an_image_without_a_label_has_no_target(tmp_path: Path) -> None:
    bare = photo(tmp_path / "a.png", "train")._replace(labels={})
    data = Shown(tmp_path, album(bare, photo(tmp_path / "b.png", "val")), SHARES)
    assert data.item("train", 0).targets == {}
    assert data.notes() == [
        f"{tmp_path}: 2 images (1 train, 1 val, 0 test); label on 1 (a, b), boxes on 1 (x)",
        "a note",
    ]


def test_shares_are_kept_on_average(tmp_path: Path) -> None:
    places, _ = parted([photo(tmp_path / f"{n}.png", None, n) for n in range(400)], (2, 1, 1))
    counts = [len(found) for found in places.values()]
    assert sum(counts) == 400
    assert [abs(count - mean) < 50 for count, mean in zip(counts, (200, 100, 100), strict=True)] == [True] * 3


def test_a_file_keeps_its_split_when_others_are_added(tmp_path: Path) -> None:
    few = [photo(tmp_path / f"{n}.png", None, n) for n in range(20)]
    before, _ = parted(few, SHARES)
    after, _ = parted([*few, *(photo(tmp_path / f"{n}.png", None, n) for n in range(20, 40))], SHARES)
    assert all(set(paths(before[split])) <= set(paths(after[split])) for split in before)


def paths(photos: list[Photo]) -> list[Path]:
    return [photo.path for photo in photos]


def test_val_is_lent_by_train_only_where_the_data_have_a_train_and_no_val(tmp_path: Path) -> None:
    train = [photo(tmp_path / f"{n}.png", "train", n) for n in range(60)]
    test = [photo(tmp_path / "test.png", "test", 99)]
    lent, notes = parted([*train, *test], SHARES)
    assert sorted(paths([*lent["train"], *lent["val"]])) == sorted(paths(train))
    assert lent["val"]
    assert notes == [f"no val split of its own: {len(lent['val'])} of 60 train images are val, by content"]
    assert parted(test, SHARES) == ({"train": [], "val": [], "test": test}, [])


def test_content_is_told_by_begin_middle_end_and_length(tmp_path: Path) -> None:
    plain = bytearray(8 * PIECE)
    shares = (1.0, 1.0, 1.0)
    for place in (0, 4 * PIECE, 8 * PIECE - 1):
        found = set()
        for value in range(40):
            changed = plain.copy()
            changed[place] = value
            (tmp_path / "file").write_bytes(changed)
            found.add(by_content(tmp_path / "file", shares))
        assert len(found) == 3, place
    (tmp_path / "file").write_bytes(plain)
    assert len({by_content(tmp_path / "file", shares) for _ in range(5)}) == 1


def test_a_val_of_no_share_stays_empty_aloud(tmp_path: Path) -> None:
    splits: tuple[Split | None, ...] = ("train", None)
    for split in splits:
        places, notes = parted([photo(tmp_path / f"{n}.png", split, n) for n in range(20)], (1, 0, 0))
        assert [len(found) for found in places.values()] == [20, 0, 0]
        assert len(notes) == 2
        assert notes[-1].startswith("no image is val, and so nothing tells the best weights; add images")


@pytest.mark.parametrize("shares", [(0.0, 0.5, 0.5), (0.9, -0.1, 0.2)])
def test_shares_that_are_none_are_refused_with_an_example(tmp_path: Path, shares: Shares) -> None:
    with pytest.raises(UserError, match=re.escape(f"split: {list(shares)} does not fit")):
        Shown(tmp_path, album(photo(tmp_path / "a.png")), shares)


def test_an_album_without_images_or_with_one_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no image that is labelled"):
        Shown(tmp_path, album(), SHARES)
    one = photo(tmp_path / "a.png", "train")
    with pytest.raises(UserError, match=r"a.png: is listed twice; list each image once"):
        Shown(tmp_path, album(one, one._replace(split="val")), SHARES)


def test_the_fingerprint_follows_labels_files_and_splits_and_not_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = photo(tmp_path / "a.b.png", "train")

    def fingerprint(photo: Photo, root: Path = tmp_path) -> str:
        return Shown(root, album(photo), SHARES).fingerprint()

    monkeypatch.chdir(tmp_path)
    assert fingerprint(one._replace(path=Path("a.b.png")), Path()) == fingerprint(one)
    monkeypatch.chdir(tmp_path.parent)
    here = Path(tmp_path.name)
    assert fingerprint(one._replace(path=here / "a.b.png"), here) == fingerprint(one)
    others = {
        fingerprint(one._replace(split="test")),
        fingerprint(one._replace(labels={"label": ClassName("a")})),
        fingerprint(one._replace(labels={"label": ClassName("b"), "boxes": Boxes([(1, 1, 3, 3)], ["x"])})),
    }
    assert len({fingerprint(one), *others}) == 4
