"""Predicting needs a checkpoint and images, and nothing else."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import polyhead
from polyhead.data.digits import Digits
from polyhead.errors import UserError
from polyhead.loading.images import read_image
from polyhead.ops.pictures import save
from polyhead.running.outcome import Outcome
from polyhead.running.prediction import predict


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return a folder of two scenes: one of the size that was trained on, one wide and larger."""
    folder = tmp_path / "images"
    folder.mkdir()
    scenes = Digits(images=1, canvas=96)
    save(scenes.item("test", 0).image, folder / "square.png")
    save(scenes.item("test", 0).image.repeat(1, 1, 2), folder / "wide.png")
    return folder


def test_records_and_pictures_are_in_the_original_pixels(outcome: Outcome, images: Path, tmp_path: Path) -> None:
    records = json.loads(predict(outcome.run, [str(images)], tmp_path / "out", score=0.0).records.read_text())
    assert [Path(record["image"]).name for record in records] == ["square.png", "wide.png"]
    assert records[1]["heads"]["mask"]["size"] == [96, 192]
    boxes = torch.tensor([one["box"] for one in records[1]["heads"]["boxes"]["boxes"]])
    assert boxes[:, 2].max() > 96
    assert boxes.min() >= 0
    assert boxes[:, 2].max() <= 192
    assert read_image(tmp_path / "out" / "wide.png").shape == (3, 96, 192)


def test_the_checkpoint_alone_suffices_and_lightning_is_not_imported(
    outcome: Outcome, images: Path, tmp_path: Path
) -> None:
    alone = shutil.copy(outcome.run / "checkpoints" / "best.ckpt", tmp_path / "alone.ckpt")
    code = (
        "import sys, polyhead;"
        f"said = polyhead.load({str(alone)!r}).predict({str(images / 'square.png')!r});"
        "assert set(said[0]) == {'label', 'boxes', 'mask'}, said;"
        "assert not {'pytorch_lightning', 'torchmetrics'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_python_and_the_command_line_give_the_same_answer(outcome: Outcome, images: Path, tmp_path: Path) -> None:
    written = json.loads(predict(outcome.run, [str(images)], tmp_path / "out").records.read_text())
    said = polyhead.load(outcome.run).predict(images / "square.png", images / "wide.png")
    assert [record["heads"] for record in written] == said


def test_a_broken_image_is_named_and_nothing_is_written(outcome: Outcome, images: Path, tmp_path: Path) -> None:
    whole = (images / "wide.png").read_bytes()
    (images / "torn.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"torn\.png"):
        predict(outcome.run, [str(images)], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_images_of_one_name_in_two_folders_both_get_a_picture(outcome: Outcome, images: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(images, other)
    records = json.loads(predict(outcome.run, [str(images), str(other)], tmp_path / "out").records.read_text())
    assert len({record["picture"] for record in records}) == 4
    assert all((tmp_path / "out" / record["picture"]).is_file() for record in records)


def test_windows_keep_the_pixels_of_the_image_and_name_the_heads_that_they_do_not_suit(
    outcome: Outcome, images: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = predict(outcome.run, [str(images / "wide.png")], tmp_path / "out", score=0.0, window=64, overlap=0.5).records
    (record,) = json.loads(file.read_text())
    assert record["heads"]["mask"]["size"] == [96, 192]
    assert sum(one["area"] for one in record["heads"]["mask"]["segments"]) == 96 * 192
    assert max(one["box"][2] for one in record["heads"]["boxes"]["boxes"]) > 150
    assert record["heads"]["label"]
    assert caplog.messages == ["label: asked about each image as a whole, scaled, and not by windows"]


@pytest.mark.parametrize("out", ["images", "images/../images", "link"])
def test_an_image_that_its_picture_would_replace_is_named_and_stays_as_it_is(
    out: str, outcome: Outcome, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(images)
    before = {path.name: path.read_bytes() for path in images.iterdir()}
    with pytest.raises(UserError, match=rf"^--out {out}: the image .*images/square\.png would be replaced by square"):
        predict(outcome.run, [str(images)], Path(out))
    assert {path.name: path.read_bytes() for path in images.iterdir()} == before


def test_pictures_may_lie_beside_images_of_other_names(outcome: Outcome, images: Path) -> None:
    for path in images.glob("*.png"):
        path.rename(path.with_suffix(".jpg"))
    predict(outcome.run, [str(images)], images)
    names = {path.name for path in images.iterdir()}
    assert names == {"square.jpg", "wide.jpg", "square.png", "wide.png", "predictions.json"}
