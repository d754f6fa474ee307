"""Kinds of bad data, each with the finding that `polyhead check-data` has to make of it; none stops it."""

import json
from pathlib import Path
from typing import Any

import pytest
from bad_and_read import ODD
from bad_and_refused import REFUSED
from small_data import (
    Build,
    classes,
    coco,
    coco_with,
    masks,
    text,
    voc,
    yolo,
)
from spoilt import Bad, table

from polyhead.checking.check import check_data
from polyhead.checking.report import Report
from polyhead.cli.entry import main
from polyhead.findings.kinds import KINDS

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

KIND = {**REFUSED, **ODD}
CASES = [
    pytest.param(kind, bad, id=f"{kind}-{number}") for kind, bads in KIND.items() for number, bad in enumerate(bads)
]


def looked(root: Path, form: str = "auto", **more: Any) -> Report:
    """Return the report of a folder."""
    return check_data(str(root), {"name": form, "root": str(root)}, **more)


@pytest.mark.parametrize(("kind", "bad"), CASES)
def test_every_kind_of_bad_data_is_found_where_it_stands(kind: str, bad: Bad, tmp_path: Path) -> None:
    bad.build(tmp_path / "data")
    report = looked(tmp_path / "data", bad.form)
    found = [one for one in report.findings if one.kind == kind]
    assert found, [one.text for one in report.findings]
    assert any(one.file.endswith(bad.file) for one in found), found
    mine = next(one for one in found if one.file.endswith(bad.file))
    assert (mine.line, mine.place) == (bad.line, bad.place)
    assert "\n" not in mine.text


def test_there_are_forty_kinds_of_bad_data_and_more() -> None:
    assert len([kind for kind in KIND if KINDS[kind].level != "note"]) >= 40
    elsewhere = {"image-huge", "image-odd", "class-unknown-in-source", "class-left-out"}
    assert {kind for kind in KINDS.keys() - KIND.keys() if not kind.startswith("molecule-")} <= elsewhere


@pytest.mark.parametrize("build", [classes, masks, coco, yolo, voc])
def test_good_data_have_no_errors_and_nothing_but_blank_pictures(build: Build, tmp_path: Path) -> None:
    build(tmp_path / "data")
    report = looked(tmp_path / "data")
    odd = [one for one in report.findings if one.what != "mask: nothing is 'background'"]
    assert {one.kind for one in odd} <= {"image-blank", "copy-across-splits"}
    assert not looked(tmp_path / "data", pixels=False).findings


def test_all_errors_are_found_and_not_the_first_alone(tmp_path: Path) -> None:
    lines = "9 .5 .5 .4 .4\n0 .5\n0 .5 .5 .4 .4\n0 12 8 4 4"
    yolo(tmp_path / "data", lines)
    report = looked(tmp_path / "data")
    assert [(one.kind, one.line) for one in report.of("error")] == [
        ("class-number-unknown", 1),
        ("label-columns", 2),
        ("label-pixels", 4),
    ]
    assert report.counts["boxes"]["cat"] == {"train": 1, "val": 1, "test": 0}


def test_errors_end_with_2_and_a_line_that_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yolo(tmp_path / "data", "9 .5 .5 .4 .4\n0 .5")
    assert main(["check-data", str(tmp_path / "data"), "--json", str(tmp_path / "found.json")]) == 2
    out, err = capsys.readouterr()
    assert err.strip() == f"error: {tmp_path / 'data'}: 2 errors in the data"
    assert "class-number-unknown" in out
    kept = json.loads((tmp_path / "found.json").read_text())
    assert kept["levels"]["error"] == 2
    assert kept["findings"][0]["line"] == 1
    assert kept["counts"]["boxes"]["cat"]["val"] == 1


def test_data_without_errors_end_with_0_and_json_has_stdout_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco(tmp_path / "data")
    assert main(["check-data", str(tmp_path / "data"), "--labels", "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["images"] == {"train": 1, "val": 1, "test": 0}
    assert "no pixels" in err


def test_a_recipe_stands_for_its_data_and_changes_are_of_these(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coco(tmp_path / "data")
    assert main(["check-data", "detection", f"data={tmp_path / 'data'}", "--labels"]) == 0
    assert main(["check-data", str(tmp_path / "data"), "data.name=coco", "--labels"]) == 0
    assert main(["check-data", str(tmp_path / "data"), "data.splt=1"]) == 2
    assert "did you mean 'split'" in capsys.readouterr().err


def test_each_of_several_sources_is_looked_at_under_its_name(tmp_path: Path) -> None:
    yolo(tmp_path / "one", "9 .5 .5 .4 .4")
    coco(tmp_path / "two", lambda content: {**content, "categories": [{"id": 1, "name": "dog"}]})
    sources: dict[str, Any] = {name: {"name": "auto", "root": str(tmp_path / name)} for name in ("one", "two", "gone")}
    yolo(tmp_path / "three", "1 .5 .5 .4 .4", "[cat, dirt]")
    sources["three"] = {"name": "auto", "root": str(tmp_path / "three"), "names": {"boxes": {"dirt": None}}}
    report = check_data("all", {"name": "several", "sources": sources})
    assert {(one.kind, one.source) for one in report.findings} >= {
        ("class-number-unknown", "one"),
        ("class-unknown-in-source", "one"),
        ("class-left-out", "three"),
        ("folder-missing", "gone"),
        ("image-blank", "two"),
    }
    assert report.counts["boxes"]["cat"] == {"train": 0, "val": 3, "test": 0}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the data sets in {SHARED}")
def test_the_two_boxes_without_area_of_bccd_are_found_by_line() -> None:
    report = check_data("bccd", {"name": "voc", "root": str(SHARED / "bccd")}, pixels=False)
    places = [(Path(one.file).name, one.line, one.place) for one in report.findings if one.kind == "box-without-area"]
    assert places == [("BloodImage_00343.xml", 50, "object 4"), ("BloodImage_00338.xml", 158, "object 13")]
    assert report.counts["boxes"]["RBC"] == {"train": 2381, "val": 967, "test": 805}


def test_a_page_and_a_list_are_written_beside_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coco_with("annotations", bbox=[2, 2, 1, 9])(tmp_path / "data")
    command = ["check-data", str(tmp_path / "data"), "--html", str(tmp_path / "a.html"), "--json", "-"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["levels"]["error"] == 0
    assert "data:image/jpeg;base64," in (tmp_path / "a.html").read_text()
    assert main([*command[:2], "--html", "-", "--json", "-"]) == 2
    assert "stdout takes one of them" in capsys.readouterr().err


def test_a_file_of_data_is_no_recipe(tmp_path: Path) -> None:
    yolo(tmp_path / "yolo")
    coco(tmp_path / "coco")
    for file in ("yolo/data.yaml", "coco/annotations/instances_train.json"):
        assert main(["check-data", str(tmp_path / file), "--labels"]) == 0


def test_sources_of_which_nothing_is_left_are_a_report_too(tmp_path: Path) -> None:
    sources = {"gone": {"name": "auto", "root": str(tmp_path / "gone")}}
    report = check_data("all", {"name": "several", "sources": sources})
    assert [(one.kind, one.source) for one in report.findings] == [("folder-missing", "gone")]
    assert report.images == {"train": 0, "val": 0, "test": 0}


def test_classes_of_pixels_and_of_tags_are_counted(tmp_path: Path) -> None:
    masks(tmp_path / "masks")
    text(tmp_path / "masks" / "classes.txt", "ground\nroad\nsky\n")
    report = looked(tmp_path / "masks")
    assert {name: found["train"] for name, found in report.counts["mask"].items()} == {"ground": 0, "road": 1, "sky": 0}
    unused = [one.what for one in report.findings if one.kind == "class-unused"]
    assert unused == ["mask: nothing is 'ground'", "mask: nothing is 'sky'"]
    table(tmp_path / "tags", "file,tags", "a.png,cat|dog", "b.png,cat|elk")
    for pixels in (True, False):
        counts = looked(tmp_path / "tags", pixels=pixels).counts["label"]
        assert {name: sum(found.values()) for name, found in counts.items()} == {"cat": 4, "dog": 3, "elk": 1}
