"""On which lines entries stand that are known by their numbers."""

import json
from pathlib import Path

import pytest

from polyhead.checking.lines import lines_of, with_lines
from polyhead.findings.finding import finding

CONTENT = {"info": {"a": [1, 2]}, "images": [{"id": 1}, {"id": 2, "more": [3]}], "annotations": [], "n": 1, "x": [7]}


@pytest.mark.parametrize("indent", [None, 1, 4])
def test_entries_of_json_are_found_where_they_begin(tmp_path: Path, indent: int | None) -> None:
    file = tmp_path / "a.json"
    text = json.dumps(CONTENT, indent=indent)
    file.write_text(text)
    lines = lines_of(file)
    assert set(lines) == {"images[0]", "images[1]", "x[0]"}
    shown = text.splitlines()
    assert '"images"' in shown[lines["images[0]"] - (1 if indent is None else 2)]
    assert lines["x[0]"] == (1 if indent is None else next(n for n, line in enumerate(shown, 1) if line.strip() == "7"))


def test_objects_of_xml_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<annotation>\n<object/>\n<size/><object>\n</object><objects/></annotation>")
    assert lines_of(tmp_path / "a.xml") == {"object 1": 2, "object 2": 3}


def test_objects_in_comments_are_none(tmp_path: Path) -> None:
    aside = "<!--\n<object/> --><![CDATA[<object>]]><?x\n<object>?>"
    text = f"<annotation>{aside}<object/>\n{aside}<object-of/>\n<object\n></object></annotation>"
    (tmp_path / "a.xml").write_text(text)
    assert lines_of(tmp_path / "a.xml") == {"object 1": 3, "object 2": 7}


@pytest.mark.parametrize("text", ["", "{", '{"images": [1,', "[1]", "\udcff"])
def test_what_is_broken_has_no_lines(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_bytes(text.encode(errors="surrogateescape"))
    found = finding("json-value", tmp_path / "a.json", "is wrong", place="annotations[9]")
    assert with_lines([found]) == [found]
