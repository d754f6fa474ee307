"""Training images without a label are left out, and labels on request."""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torchvision import tv_tensors

from polyhead.data.image_folder import ImageFolder
from polyhead.data.several import Several
from polyhead.errors import UserError
from polyhead.loading.image_module import ImageModule
from polyhead.loading.labelled import Labelled
from polyhead.loading.member import Member
from polyhead.loading.source import Item, Source, Split


class Half(Source):
    """Images of which every second carries a label; all carry a value."""

    def __init__(self, items: int = 10) -> None:
        self.items = items

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"label": ("a", "b"), "value": ()}

    def size(self, split: Split) -> int:
        return self.items if split == "train" else 4

    def item(self, split: Split, index: int) -> Item:
        return Item(tv_tensors.Image(torch.full((3, 8, 8), index, dtype=torch.uint8)), self.targets(split, index))

    def targets(self, _split: Split, index: int) -> Mapping[str, Any]:
        value = {"value": torch.tensor([float(index)])}
        return value if index % 2 else {**value, "label": index // 2 % 2}

    def carried(self, split: Split, index: int) -> Collection[str]:
        return self.targets(split, index).keys()

    def fingerprint(self) -> str:
        return str(self.items)


class Bare(Half):
    """The same without any label."""

    def targets(self, _split: Split, index: int) -> Mapping[str, Any]:
        return {"value": torch.tensor([float(index)])}


def numbers(data: ImageModule) -> list[int]:
    """Return the grey of every image that an epoch of training reads."""
    return sorted(int(image[0, 0, 0]) for batch in data.train_dataloader() for image in batch.inputs)


def made(source: Source, *targets: str, **options: Any) -> ImageModule:
    return ImageModule(source, targets, size=8, batch=1, workers=0, augment="none", **options)


def test_training_images_that_no_head_learns_from_are_not_read_and_that_is_said() -> None:
    data = made(Half(), "label")
    assert numbers(data) == [0, 2, 4, 6, 8]
    assert data.source.notes() == [
        "5 of 10 training images carry none of label: not read (data.unlabelled=read reads them all the same)"
    ]
    assert len(data.val_dataloader()) == 4


def test_they_are_read_on_request_and_where_each_teaches_something() -> None:
    assert numbers(made(Half(), "label", unlabelled="read")) == list(range(10))
    both = made(Half(), "label", "value")
    assert numbers(both) == list(range(10))
    assert isinstance(both.source, Half)


def test_a_share_of_the_labels_stays_and_a_larger_one_keeps_the_same_and_more() -> None:
    kept = [set(numbers(made(Half(240), "value", labelled={"value": share}))) for share in (0.25, 0.5, 1.0)]
    assert kept[0] < kept[1] < kept[2] == set(range(240))
    assert 40 <= len(kept[0]) <= 80
    assert Labelled(Half(240), ["value"], {"value": 0.0}, 0).size("train") == 0


def test_two_targets_keep_other_images_and_what_is_left_of_an_item_is_what_it_keeps() -> None:
    left = Labelled(Half(200), ["label", "value"], {"label": 0.5, "value": 0.5}, 3)
    keys = [set(left.item("train", number).targets) for number in range(left.size("train"))]
    assert {frozenset(one) for one in keys} == {
        frozenset({"label"}),
        frozenset({"value"}),
        frozenset({"label", "value"}),
    }
    assert keys == [set(left.targets("train", number)) for number in range(left.size("train"))]
    assert keys == [set(left.carried("train", number)) for number in range(left.size("train"))]
    assert set(left.item("val", 0).targets) == {"label", "value"}


def test_the_same_seed_keeps_the_same_and_the_fingerprint_tells() -> None:
    some = [Labelled(Half(50), ["value"], {"value": 0.5}, seed) for seed in (1, 1, 2)]
    assert some[0].numbers == some[1].numbers != some[2].numbers
    assert some[0].fingerprint() == some[1].fingerprint() != some[2].fingerprint()
    assert some[0].fingerprint() != Half(50).fingerprint()


def test_images_that_have_moved_keep_the_same_labels(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "here" / "train" / name).mkdir(parents=True)
        for number in range(20):
            grey = Image.new("L", (8, 8), number + 100 * (name == "dog"))
            grey.save(tmp_path / "here" / "train" / name / f"{number}.png")
    shutil.copytree(tmp_path / "here", tmp_path / "there" / "far")
    sources = [ImageFolder(str(tmp_path / place)) for place in ("here", "there/far")]
    several = [Several({"animals": Member(source)}) for source in sources]
    for first, second in (sources, several):
        kept = [Labelled(source, ["label"], {"label": 0.5}, 0).numbers for source in (first, second)]
        assert kept[0] == kept[1]
        assert 5 <= len(kept[0]) < first.size("train")


def test_of_several_sources_each_keeps_its_part() -> None:
    data = made(Several({"one": Member(Half(10), share=1.0), "two": Member(Half(6), share=3.0)}), "label")
    assert [(part.name, part.items, part.share) for part in data.parts] == [
        ("one", range(5), 1),
        ("two", range(5, 8), 3),
    ]
    names = [data.source.name("train", number) for number in range(8)]
    assert names == [f"train/{number}" for number in (0, 2, 4, 6, 8, 0, 2, 4)]


def test_a_source_without_any_label_has_no_part() -> None:
    left = Labelled(Several({"bare": Member(Bare(3)), "two": Member(Half(6))}), ["label"], {}, 0)
    assert [(part.name, part.items) for part in left.parts("train")] == [("two", range(3))]
    assert [part.name for part in left.parts("val")] == ["bare", "two"]
    none = Labelled(Half(1), ["value"], {"value": 0.0}, 0)
    assert [part.items for part in none.parts("train")] == [range(0)]


@pytest.mark.parametrize(
    ("shares", "said"),
    [({"lable": 0.5}, "did you mean 'label'"), ({"label": 1.5}, r"labelled\.label must be from 0 to 1, not 1\.5")],
)
def test_a_wrong_share_is_refused(shares: dict[str, float], said: str) -> None:
    with pytest.raises(UserError, match=said):
        made(Half(), "label", labelled=shares)
