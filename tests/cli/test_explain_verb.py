"""The verb explain: what it refuses at once, and what it hands on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polyhead.cli.entry import main
from polyhead.running.outcome import Answers

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def calls(instead: Callable[..., None], two_runs: None, tmp_path: Path) -> list[tuple[Any, ...]]:  # noqa: ARG001
    """Put what works in the place of the work, and return what it is asked."""
    made: list[tuple[Any, ...]] = []

    def explain_rows(*given: Any, **options: Any) -> tuple[Answers, list[str]]:
        made.append((*given, options))
        (tmp_path / "records.json").write_text("[]\n")
        return Answers(tmp_path / "records.json", (("explanations", Path("page.html")),)), ["it adds up"]

    instead("explaining", explain_rows=explain_rows)
    return made


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Return what runs a command and gives its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "CCO"], "error: no run folder and no checkpoint at nowhere"),
        (["chem", "CCO", "--method", "maskng"], "error: no method 'maskng' (did you mean 'masking'?); choices: "),
        (["photos", "CCO"], "error: photos was trained on images; explain is of models of molecules"),
        (["chem", "gone.csv"], "error: no such file: gone.csv"),
        (["chem", "CCO", "--json", "photos"], "error: --json photos: that is a folder"),
    ],
)
def test_mistakes_are_said_before_anything_is_done(
    calls: list[tuple[Any, ...]], said: Said, arguments: list[str], words: str
) -> None:
    code, out, err = said("explain", *arguments)
    assert (code, out, calls) == (2, "", [])
    assert err.startswith(words)


@pytest.mark.parametrize("json", ["new.csv", "./new.csv"])
def test_a_table_that_is_asked_about_is_not_written_over(
    calls: list[tuple[Any, ...]], said: Said, tmp_path: Path, json: str
) -> None:
    (tmp_path / "new.csv").write_text("smiles\nC\n")
    code, _, err = said("explain", "chem", "new.csv", "--json", json)
    assert (code, calls, (tmp_path / "new.csv").read_text()) == (2, [], "smiles\nC\n")
    assert err == f"error: --json {json}: is asked about, and would be written over; choose another place\n"
    assert said("explain", "chem", "new.csv", "--json", "other.json")[0] == 0


def test_what_was_asked_is_handed_on_and_what_came_of_it_is_told(calls: list[tuple[Any, ...]], said: Said) -> None:
    code, out, err = said("explain", "chem", "CCO", "C[C@H](N)O", "--target", "mass", "--method", "masking")
    assert (code, out, err) == (0, "explanations: page.html\n", "note: it adds up\n")
    options = {"head": None, "target": "mass", "method": "masking", "column": None}
    assert calls == [(Path("chem"), ["CCO", "C[C@H](N)O"], Path("explanations"), options)]


@pytest.mark.usefixtures("calls")
def test_with_json_on_stdout_nothing_else_is_there(said: Said) -> None:
    assert said("explain", "chem", "CCO", "--json", "-")[1] == "[]\n"
