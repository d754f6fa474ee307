"""Letterboxed items on disk."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision import tv_tensors

from polyhead.errors import UserError
from polyhead.loading import cache as caching
from polyhead.loading.image_module import ImageModule
from polyhead.loading.images import read_image
from polyhead.loading.packing import pack, unpack
from polyhead.loading.samples import Samples
from polyhead.loading.source import DenseMap, InstanceMasks, Item, Source, Split

ITEMS = 6
SIZE = (32, 32)


class Photos(Source):
    """Noise of 20 x 30 pixels in files, with a target of every kind; counts its reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reads: Counter[tuple[Split, int]] = Counter()
        for number in range(ITEMS):
            noise = np.random.default_rng(number).integers(0, 256, (20, 30, 3), np.uint8)
            Image.fromarray(noise).save(folder / f"{number}.bmp")

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the targets."""
        return dict.fromkeys(("label", "values", "mask", "depth", "boxes", "things"), ())

    def size(self, split: Split) -> int:
        """Return how many photographs a split has."""
        return ITEMS if split == "train" else 0

    def name(self, split: Split, index: int) -> str:
        """Return the file."""
        return str(self.folder / f"{index}.bmp")

    def item(self, split: Split, index: int) -> Item:
        """Return a photograph."""
        self.reads[split, index] += 1
        g = torch.Generator().manual_seed(index)
        boxes = tv_tensors.BoundingBoxes(20 * torch.rand(index, 4, generator=g), format="XYXY", canvas_size=(20, 30))
        things = InstanceMasks(torch.randint(2, (index, 20, 30), generator=g, dtype=torch.uint8))
        targets = {
            "label": index,
            "values": torch.rand(3, generator=g),
            "mask": tv_tensors.Mask(torch.randint(4, (20, 30), generator=g, dtype=torch.uint8)),
            "depth": DenseMap(torch.rand(20, 30, generator=g)),
            "boxes": {"boxes": boxes, "labels": torch.arange(index)},
            "things": {"boxes": boxes, "labels": torch.arange(index), "masks": things},
        }
        return Item(tv_tensors.Image(read_image(self.name(split, index))), targets)

    def fingerprint(self) -> str:
        """Return what stands for the labels."""
        return "noise"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of all caches."""
    monkeypatch.setenv("POLYHEAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def source(tmp_path: Path, home: Path) -> Photos:  # noqa: ARG001  # nothing may go into the user's own
    """Return photographs."""
    (tmp_path / "photos").mkdir()
    return Photos(tmp_path / "photos")


def samples(source: Source, size: tuple[int, int] = SIZE) -> Samples:
    names = tuple(source.labels())
    made = caching.Cache(source, names, size, "bilinear")
    return Samples(source, "train", names, size, cache=made)


def same(one: Any, other: Any) -> bool:
    """Return whether two parts of an item are of the same types and bits."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, Tensor):
        told = [getattr(each, name, None) for each in (one, other) for name in ("format", "canvas_size")]
        plain, theirs = (each.as_subclass(Tensor) for each in (one, other))
        bits = plain.dtype == theirs.dtype and torch.allclose(plain, theirs, rtol=0, atol=0, equal_nan=True)
        return type(one) is type(other) and told[:2] == told[2:] and plain.shape == theirs.shape and bits
    return type(one) is type(other) and bool(one == other)


def files(home: Path) -> list[Path]:
    return sorted(path for path in home.rglob("*") if path.is_file())


def test_an_item_from_the_cache_is_that_from_its_file_bit_for_bit(source: Photos) -> None:
    plain = Samples(source, "train", tuple(source.labels()), SIZE)
    filling, reading = samples(source), samples(source)
    for index in range(ITEMS):
        filling.still(index)
    source.reads.clear()
    found = [reading.still(index) for index in range(ITEMS)]
    assert not source.reads
    for index, (item, frame) in enumerate(found):
        expected, expected_frame = plain.still(index)
        assert frame == expected_frame
        assert same(item.image, expected.image)
        assert same(dict(item.targets), dict(expected.targets))


def test_what_is_done_to_an_item_does_not_reach_the_cache(source: Photos) -> None:
    before = samples(source).still(1)[0].image.clone()
    samples(source).still(1)[0].image.zero_()
    assert samples(source).still(1)[0].image.equal(before)


@pytest.mark.parametrize("damage", [b"", b"PHI1", None])
def test_a_damaged_file_is_written_anew(source: Photos, home: Path, damage: bytes | None) -> None:
    before = samples(source).still(2)[0].image.clone()
    (file,) = files(home)
    whole = file.read_bytes()
    file.write_bytes(whole[:-70] + bytes([whole[-70] ^ 1]) + whole[-69:] if damage is None else damage)
    source.reads.clear()
    assert samples(source).still(2)[0].image.equal(before)
    assert source.reads["train", 2] == 1
    assert file.read_bytes() == whole


def test_an_image_that_changes_is_read_again(source: Photos) -> None:
    old = samples(source).still(0)[0].image
    Image.new("RGB", (30, 20), "red").save(source.folder / "0.bmp")
    (source.folder / "0.bmp").touch()
    assert not samples(source).still(0)[0].image.equal(old)


def test_each_size_has_its_own_items(source: Photos) -> None:
    assert samples(source).still(0)[0].image.shape == (3, 32, 32)
    assert samples(source, (16, 24)).still(0)[0].image.shape == (3, 16, 24)


@pytest.mark.slow
def test_workers_fill_one_cache_and_leave_nothing_else(source: Photos, home: Path) -> None:
    names = ("label", "boxes")
    data = ImageModule(source, names, size=SIZE, batch=1, workers=2, augment="none", cache="disk")
    data.prepare_data()
    first = {int(batch.targets["label"]): batch.inputs for batch in data.train_dataloader()}
    data.close()
    assert len(files(home)) == ITEMS
    again = ImageModule(source, names, size=SIZE, batch=1, workers=0, augment="none", cache="disk")
    for batch in again.train_dataloader():
        assert batch.inputs.equal(first[int(batch.targets["label"])])
    assert not source.reads  # the workers read, each with a source of its own


def test_a_disk_that_is_too_small_is_told_of_once_and_written_to_no_further(
    source: Photos, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data = ImageModule(source, ("label",), size=SIZE, workers=0, cache="disk")
    data.prepare_data()
    assert not caplog.messages
    monkeypatch.setattr(caching, "RESERVE", 1 << 60)
    data.prepare_data()
    assert len(caplog.messages) == 1
    assert f"data.cache: {ITEMS} of {ITEMS} images" in caplog.messages[0]
    data.training.still(0)
    assert not files(home)


def test_a_folder_that_cannot_be_made_is_named(source: Photos, home: Path) -> None:
    home.write_text("in the way")
    with pytest.raises(UserError, match=r"data\.cache: .* cannot be made: .*; set POLYHEAD_CACHE"):
        ImageModule(source, ("label",), size=SIZE, workers=0, cache="disk").prepare_data()


@pytest.mark.parametrize(
    ("mode", "workers", "expected"),
    [("none", 0, (2, 0)), ("ram", 0, (1, 0)), ("disk", 0, (1, 1)), ("auto", 0, (1, 0)), ("auto", 2, (1, 1))],
)
def test_each_kind_of_cache_reads_as_often_as_it_must(
    source: Photos, home: Path, mode: Any, workers: int, expected: tuple[int, int]
) -> None:
    data = ImageModule(source, ("label",), size=SIZE, workers=workers, cache=mode)
    data.training.still(3)
    data.training.still(3)
    assert (source.reads["train", 3], len(files(home))) == expected


def test_a_target_that_has_no_place_in_a_file_is_not_kept(source: Photos) -> None:
    (image, targets), frame = samples(source).still(1)
    assert pack((Item(image, {**targets, "strange": {1, 2}}), frame)) is None
    with pytest.raises(ValueError, match="too short"):
        unpack(bytearray(3))
