"""Recipes as files: found by name, read by the rules of YAML 1.2, written so that they come back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from polyhead.errors import UserError
from polyhead.recipes import find, read, write
from polyhead.recipes.text import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10:00:00:00", "10:00:00:00"), ("00:00:10:00", "00:00:10:00"), ("1:30", "1:30"), ("2026-01-02", "2026-01-02"),
        ("no", "no"), ("on", "on"), ("true", True), ("False", False), ("012", 12),
        ("0x10", 16), ("0o17", 15), ("1_000", "1_000"),
        ("1e-3", 0.001), ("1.5", 1.5), (".5", 0.5), ("-2", -2), ("5.", 5.0), ("-.inf", float("-inf")),
        ("", None), ("~", None), ("null", None), ("'8'", "8"), ("[1, x]", [1, "x"]),
        ("{a: 1}", {"a": 1}), ("1e", "1e"), (".", "."),
    ],
)  # fmt: skip
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    found = parse(text, "here")
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("reader", [parse, lambda text, _: yaml.safe_load(text)])
def test_texts_stay_texts_for_readers_of_either_yaml(tmp_path: Path, reader: Callable[[str, str], Any]) -> None:
    texts = [
        "00:00:10:00",
        "10:00:00",
        "8",
        "012",
        "no",
        "true",
        "null",
        "~",
        "",
        "2026-01-02",
        ".inf",
        "ä",
        "a: b",
        "- x",
    ]
    write({"texts": texts, "one": "10:00:00"}, tmp_path / "a" / "recipe.yaml")
    found = reader((tmp_path / "a" / "recipe.yaml").read_text(encoding="utf-8"), "")
    assert found == {"texts": texts, "one": "10:00:00"}


def test_a_file_is_written_whole_beside_nothing_else(tmp_path: Path) -> None:
    write({"b": 1, "a": [1, 2], "c": {"d": 1e-5}}, tmp_path / "recipe.yaml")
    assert (tmp_path / "recipe.yaml").read_text() == "b: 1\na: [1, 2]\nc:\n  d: 1.0e-05\n"
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.yaml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: [1,\n", "bad.yaml, line 3: "),
        ("a: 1\nb: 2\na: 3\n", "bad.yaml, line 3: the key 'a' occurs twice"),
        ("a: b: c\n", "bad.yaml, line 1: mapping values are not allowed"),
        ("a: !!python/name:os.system\n", "bad.yaml, line 1: could not determine a constructor"),
        ("- 1\n", "bad.yaml holds no recipe"),
        ("", "bad.yaml holds no recipe"),
    ],
)
def test_a_file_that_does_not_parse_is_named_with_line_and_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        read("bad.yaml")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_recipe_is_found_by_name_by_path_and_in_a_run_folder(tmp_path: Path) -> None:
    (tmp_path / "beach.yaml").write_text("# polyhead fit beach\n#\n# 0.9 on a laptop\ntask: sorting\n# not this\n")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.yaml").write_text("task: sorting\n")
    assert find.names(tmp_path) == ["beach"]
    assert find.summary("beach", tmp_path) == "0.9 on a laptop"
    assert find.locate("beach", tmp_path) == (tmp_path / "beach.yaml", "configs/beach.yaml")
    assert find.locate(tmp_path / "beach.yaml")[0] == tmp_path / "beach.yaml"
    assert find.locate(tmp_path / "run")[0] == tmp_path / "run" / "recipe.yaml"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("baech", "no recipe 'baech' (did you mean 'beach'?); choices: beach"),
        ("", "no recipe ''; choices: beach"),
        ("some/where.yaml", "no recipe at some/where.yaml: it does not exist"),
        ("where.yaml", "no recipe at where.yaml: it does not exist"),
        ("empty", "no recipe at empty: it holds no recipe.yaml"),
    ],
)
def test_a_recipe_that_is_not_there_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, said: str
) -> None:
    (tmp_path / "beach.yaml").write_text("task: sorting\n")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        find.locate(asked, tmp_path)
    assert str(caught.value) == said
