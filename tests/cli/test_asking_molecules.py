"""The verb predict with molecules: what does not suit the model is refused before torch is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polyhead.cli.entry import main
from polyhead.running.outcome import Answers


@pytest.fixture
def asked(instead: Callable[..., None], two_runs: None, tmp_path: Path) -> list[tuple[Any, ...]]:  # noqa: ARG001
    """Put made-up work in place of the real one, and return its calls."""
    made: list[tuple[Any, ...]] = []

    def predict(checkpoint: Path, items: list[str], *_: Any, **options: Any) -> Answers:
        made.append((checkpoint, items, options["column"]))
        return Answers(tmp_path / "records.json", ())

    instead("prediction", predict=predict)
    return made


def test_smiles_are_taken_for_a_model_of_molecules(asked: list[tuple[Any, ...]]) -> None:
    assert main(["predict", "chem", "CCO", "C[C@H](N)O", "--column", "smi"]) == 0
    assert asked == [(Path("chem"), ["CCO", "C[C@H](N)O"], "smi")]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["chem", "CCO", "--window", "64"], "--window 64 is of images, and this model was trained on molecules"),
        (["chem", "CCO", "--score", "0.5"], "--score 0.5 is of images, and this model was trained on molecules"),
        (["photos", ".", "--column", "smi"], "--column smi is of molecules, and this model was trained on images"),
        (["photos", "CCO"], "no such image: CCO"),
        (["chem", "typo.csv"], "no such file: typo.csv"),
        (["chem", "typo.parquet"], "no such file: typo.parquet"),
        (["chem", "typo.SDF.gz"], "no such file: typo.SDF.gz"),
    ],
)
def test_what_does_not_suit_the_model_is_refused(
    arguments: list[str], text: str, asked: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", *arguments]) == 2
    assert text in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ([], "--out predictions"),
        (["--out", "./predictions"], "--out predictions"),
        (["--out", "elsewhere", "--json", "predictions/predictions.csv"], "--json predictions/predictions.csv"),
    ],
)
def test_a_table_that_is_asked_about_is_not_written_over(
    options: list[str],
    option: str,
    asked: list[tuple[Any, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions" / "predictions.csv").write_text("smiles\nC\n")
    assert main(["predict", "chem", "predictions/predictions.csv", *options]) == 2
    said = f"error: {option}: predictions/predictions.csv is asked about, and would be written over; choose another"
    assert said in capsys.readouterr().err
    assert asked == []
