"""What `polyhead compare` says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polyhead.cli.comparing import text
from polyhead.cli.entry import main
from polyhead.cost import Cost
from polyhead.running.comparing_advice import Expense, Scores
from polyhead.running.comparing_result import Comparison

FOUND = Comparison(
    folder=Path("runs/here"),
    steps=600,
    seeds=[0, 1],
    split="test",
    batch=16,
    heads={
        "label": Scores("accuracy", [0.90, 0.92], [0.90, 0.90], [0.80, float("nan")]),
        "boxes": Scores("map", [0.5, 0.5], [0.4, 0.4], [0.3, 0.3]),
    },
    costs={
        "alone-label": Expense(1_000_000, 2 * 10**9, 10.0, [50.0, 60.0], [100.0, 120.0]),
        "alone-boxes": Expense(2_000_000, 3 * 10**9, 20.0, [70.0, 70.0], [80.0, 80.0]),
        "together": Expense(2_500_000, 4 * 10**9, 21.0, [80.0, 80.0], [70.0, 70.0]),
        "frozen": Expense(2_500_000, 4 * 10**9, 21.0, [20.0, 20.0], [280.0, 280.0]),
    },
    parts={"backbone": Cost(500_000, 10**9)},
    metrics={"together-0": {"test/label/accuracy": 0.9}},
    advice=["Train them.", "Or do not."],
)


def test_the_tables_hold_means_spreads_and_sums() -> None:
    rows = [line.split() for line in text(FOUND).splitlines()]
    assert rows[1] == ["label", "accuracy", "0.910", "±", "0.014", "0.900", "±", "0.000", "nan", "±", "nan"]
    assert [row[0] for row in rows[4:10]] == ["network", "alone-label", "alone-boxes", "alone", "together", "frozen"]
    assert rows[5] == ["alone-label", "1.000", "M", "2.000", "10.0", "55.0", "110"]
    assert rows[7] == ["alone", "in", "all", "3.000", "M", "5.000", "30.0", "125.0"]
    assert "split test; 600 steps each; means of the seeds 0, 1, ± sample standard deviation" in text(FOUND)
    assert text(FOUND).endswith("Train them. Or do not.\n\nruns: runs/here")


def test_a_single_seed_is_said_to_be_one() -> None:
    heads = {"label": Scores("accuracy", [0.9], [0.9], [0.8])}
    said = text(FOUND._replace(seeds=[4], heads=heads))
    assert "seed 4 alone: small differences may be chance, and --seeds 0 1 2 would show it" in said
    assert said.splitlines()[1].split() == ["label", "accuracy", "0.900", "0.900", "0.800"]


@pytest.fixture
def calls(instead: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """Put made-up work in place of the real one, and return what it is called with."""
    made: list[tuple[Any, ...]] = []

    def compare(*arguments: Any) -> Comparison:
        print("a bar of progress")
        made.append(arguments)
        return FOUND

    instead("comparing", compare=compare)
    monkeypatch.chdir(tmp_path)
    return made


def test_compare_passes_on_what_was_asked_and_json_has_stdout_alone(
    calls: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    words = "compare multitask task.heads.mask=null --seeds 0 1 --steps 600 --run here --json -"
    assert main(words.split()) == 0
    ((recipe, run, steps, seeds),) = calls
    assert (list(recipe["task"]["heads"]), run, steps, seeds) == (["label", "boxes"], Path("here"), 600, [0, 1])
    out, err = capsys.readouterr()
    assert json.loads(out)["heads"]["label"]["frozen"] == [0.8, None]
    assert "a bar of progress" in err
    assert "Train them." in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("compare detection", "error: compare takes a recipe of several heads, and this one has 'boxes' alone; add"),
        ("compare multitask --seeds 1 1", "error: --seeds names 1 twice; each run has a seed of its own"),
        ("compare multitask --seeds one", "error: Invalid value for '--seeds': "),
        ("compare multitask --steps 0", "error: Invalid value for '--steps': "),
        ("compare multitask 1", "error: '1' is no key=value"),
        ("compare multitask --run old", "error: --run old is the folder of one run; name one for all runs"),
    ],
)
def test_a_mistake_is_one_line(
    words: str, said: str, calls: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "recipe.yaml").touch()
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    assert (out, calls, err.count("\n")) == ("", [], 1)
    assert err.startswith(said)
