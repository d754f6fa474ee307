"""All images of a source, seen by one process or by several."""

from pathlib import Path

import pytest
from PIL import Image

from polyhead.checking import pixels
from polyhead.checking.looking import look_at
from polyhead.data.image_folder import ImageFolder
from polyhead.data.several import Several
from polyhead.loading.member import Member


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return class folders of three images, one of them broken."""
    for name in ("train/cat/0.png", "train/dog/0.png", "val/dog/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").resize((24, 16)).save(tmp_path / name)
    (tmp_path / "train/dog/0.png").write_text("no image")
    return tmp_path


def test_each_item_is_seen_in_order_with_what_is_wrong_with_it(root: Path) -> None:
    found = list(pixels.looks(ImageFolder(str(root))))
    assert [(look.split, look.size) for look in found] == [("train", (16, 24)), ("train", None), ("val", (16, 24))]
    assert [look.classes for look in found] == [{"label": [0]}, {}, {"label": [1]}]
    assert [one.kind for one in found[1].findings] == ["image-unreadable"]
    assert found[0].digest == found[2].digest


def test_items_of_several_sources_know_which(root: Path) -> None:
    source = Several({"one": Member(ImageFolder(str(root))), "two": Member(ImageFolder(str(root)))})
    found = list(pixels.looks(source))
    assert [look.source for look in found] == ["one", "one", "two", "two", "one", "two"]
    assert [one.source for look in found for one in look.findings] == ["one", "two"]


@pytest.mark.slow
def test_processes_see_what_one_does(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = ImageFolder(str(root))
    alone = [look_at(source, split, number) for split, number in (("train", 0), ("train", 1), ("val", 0))]
    monkeypatch.setattr(pixels, "FEW", 1)
    monkeypatch.setattr(pixels, "cores", lambda: 2)
    assert list(pixels.looks(source)) == alone
