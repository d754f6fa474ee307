"""What `polyhead fit` does about errors in labels, and what it leaves in the run folder."""

import json
from pathlib import Path

import pytest
from small_data import Build, voc, yolo
from spoilt import JSON, coco_plus

from polyhead.cli.entry import main

SMALL = ("data=data", "data.size=64", "data.batch=1", "data.workers=0", "trainer.max_time=null", "trainer.max_epochs=1")
LINES = "0 .5 .5 .4 .4\n9 .5 .5 .4 .4\n0 .5"
"""A good line and two bad ones."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_errors_refuse_a_run_and_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yolo(tmp_path / "data", LINES)
    for allowed in (0, 1):
        assert main(["fit", "detection", *SMALL, f"data.allow_bad={allowed}"]) == 2
        (said,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert f"a.txt:{2 + allowed}: " in said
        assert said.endswith(f"; 2 errors in all, and data.allow_bad={allowed}: polyhead check-data lists them")
    assert not (tmp_path / "runs").exists()


def test_as_many_errors_as_are_allowed_are_left_out_said_and_listed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    yolo(tmp_path / "data", LINES)
    assert main(["fit", "detection", *SMALL, "data.allow_bad=2", "--run", "run"]) == 0
    assert "data.allow_bad=2: left out: data/labels/train/a.txt:3: has 2 columns" in caplog.text
    kept = json.loads((tmp_path / "run" / "data.json").read_text())
    assert kept["levels"]["error"] == 2
    assert [one["line"] for one in kept["findings"] if one["level"] == "error"] == [2, 3]
    assert kept["notes"][0] == "data: read as YOLO"


def test_what_was_left_out_of_any_run_is_in_its_folder(tmp_path: Path) -> None:
    voc(tmp_path / "data", (5, 5, 5, 9))
    assert main(["fit", "detection", *SMALL, "--run", "run"]) == 0
    kept = json.loads((tmp_path / "run" / "data.json").read_text())
    found = {(one["kind"], one["place"], one["line"]) for one in kept["findings"]}
    assert ("box-without-area", "object 1", 1) in found


def test_warnings_are_counted_aloud_and_the_first_of_them_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    yolo(tmp_path / "data", LINES.splitlines()[0])
    (tmp_path / "data" / "labels" / "train" / "z.txt").write_text(LINES.splitlines()[0])
    assert main(["fit", "detection", *SMALL, "--run", "run"]) == 0
    kept = json.loads((tmp_path / "run" / "data.json").read_text())
    (said,) = [line for line in caplog.messages if line.startswith("warnings of the labels: ")]
    assert said.startswith(f"warnings of the labels: {kept['levels']['warning']}, listed in run/data.json; the first: ")
    assert "labels/train/z.txt" in caplog.text


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda root: yolo(root, names="[cat, cat]"), "both called 'cat'"),
        (coco_plus("images", file_name="b.png"), f"{JSON}: images[1].id is 1, and so is that of images[0]"),
        (coco_plus("categories", name="dog"), f"{JSON}: categories[1].id is 1, and so is that of categories[0]"),
        (coco_plus("categories", id=2), f"{JSON}: categories[1].name is 'cat', and so is that of categories[0]"),
    ],
)
def test_a_broken_file_is_no_item_that_may_be_left_out(
    build: Build, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(tmp_path / "data")
    assert main(["fit", "detection", *SMALL, "data.allow_bad=9"]) == 2
    assert says in capsys.readouterr().err
