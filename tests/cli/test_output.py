"""Columns, and files that are whole or absent."""

from pathlib import Path

import pytest

from polyhead.cli import output
from polyhead.errors import UserError


def test_columns_are_as_wide_as_their_widest_and_the_last_has_no_padding() -> None:
    assert output.columns([("a", "bb", "c"), ("aaa", "b", "")]) == "a    bb  c\naaa  b"
    assert output.columns([]) == ""


def test_the_last_column_is_wrapped_for_a_terminal_and_never_for_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("name", "some words that go on and on and on")]
    assert output.columns(rows) == "name  some words that go on and on and on"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    assert output.columns(rows) == "name  some words that go on\n      and on and on"


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output.write_json({"a": 1}, str(tmp_path / "a.json"))

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UserError, match=r"a\.json cannot be written: the disk is full"):
        output.write_json({"a": 2}, str(tmp_path / "a.json"))
    assert (tmp_path / "a.json").read_text() == '{\n  "a": 1\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_place_that_cannot_be_written_to_is_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output.check_file(str(tmp_path / "new" / "folder" / "a.json"), "--json")
    output.check_folder(tmp_path / "new", "--run", empty=True)
    assert list(tmp_path.iterdir()) == []

    def fail(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    with pytest.raises(UserError, match=r"--json .*a.json: .* cannot be written to: Permission denied"):
        output.check_file(str(tmp_path / "a.json"), "--json")
