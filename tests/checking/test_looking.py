"""One image, and what there is to say of it."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from polyhead.checking import looking
from polyhead.checking.looking import look_at, small
from polyhead.data.coco import Coco
from polyhead.data.image_folder import ImageFolder
from polyhead.ops.runs import encode_runs


@pytest.fixture
def source(tmp_path: Path) -> ImageFolder:
    """Return class folders with an image of 40 x 20 pixels each."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.linear_gradient("L").resize((40, 20)).save(tmp_path / name / "a.png")
    return ImageFolder(str(tmp_path), split=(1, 0, 0))


def test_too_many_pixels_are_said(source: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at(source, "train", 0).findings == []
    monkeypatch.setattr(looking, "MOST", 799)
    (found,) = look_at(source, "train", 0).findings
    assert (found.kind, found.what) == ("image-huge", "is 40 x 20 pixels")


def test_what_is_warned_of_while_reading_is_a_finding(source: ImageFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)  # below what Pillow takes without a word
    (found,) = look_at(source, "train", 0).findings
    assert found.kind == "image-odd"
    assert "decompression bomb" in found.what


def test_an_outline_that_ends_too_early_is_found_when_it_is_drawn(tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((20, 16)).save(tmp_path / "a.png")
    code = encode_runs(torch.ones(15, 20, dtype=torch.bool))
    shape = {"size": [16, 20], "counts": code}
    content = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [2, 2, 8, 8], "segmentation": shape}],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (tmp_path / "instances.json").write_text(json.dumps(content))
    found = look_at(Coco(str(tmp_path), split=(1, 0, 0)), "train", 0).findings
    assert {(each.kind, each.place) for each in found} == {("outline-broken", "annotations[0]")}


def test_the_small_picture_has_the_means_of_its_parts() -> None:
    image = torch.zeros(3, 64, 64, dtype=torch.uint8)
    image[:, :, 32:] = 200
    pixels = torch.frombuffer(bytearray(small(image)), dtype=torch.uint8).reshape(16, 16)
    assert pixels[:, :6].max() == 0
    assert pixels[:, 10:].min() == 200
