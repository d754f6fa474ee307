"""Runs of molecules: the same Task, verbs and folders as for images."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch

import polyhead
from polyhead.chemistry.tables import Table
from polyhead.data.molecules import Molecules
from polyhead.errors import UserError
from polyhead.recipes import resolve
from polyhead.running import predicting_molecules, prediction, threads, training
from polyhead.running.outcome import Outcome
from polyhead.running.stopwatch import Stopwatch

ROWS = [f"{'C' * n}{end},{n + bonus}.5,{n % 2}" for n in range(1, 11) for end, bonus in (("O", 2), ("N", 1), ("", 0))]
QUICK = ("trainer.max_epochs=2", "trainer.enable_progress_bar=false", "data.batch=8", "task.average=0")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 30 molecules with a number and a flag, the last of them broken."""
    file = tmp_path_factory.mktemp("data") / "table.csv"
    file.write_text("\n".join(["smiles,size,odd", *ROWS, "C(,1.5,0"]))
    return file


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYHEAD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def outcome(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return a run of two heads on a small graph network."""
    changes = [
        f"data={table}",
        "task.backbone.width=16",
        "task.heads.properties.hidden=0",
        "task.heads.labels={name: classification, multilabel: true}",
        *QUICK,
    ]
    recipe = resolve("molecules", changes).recipe
    return training.fit(recipe, tmp_path_factory.mktemp("runs") / "run")


def test_a_run_measures_numbers_and_flags_and_lists_the_rows_left_out(outcome: Outcome) -> None:
    assert {"test/properties/rmse", "test/labels/auroc", "test/main"} <= set(outcome.metrics)
    assert "31,32,C(,,invalid" in (outcome.run / "curation.csv").read_text()
    assert len(list((outcome.run / "pictures").glob("*.png"))) == 3


def test_threads_are_chosen_by_timing_kept_for_going_on_and_given_back(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    seen: list[int] = []
    monkeypatch.setattr(threads, "settle_threads", lambda work: work() or torch.set_num_threads(1) or 1)
    start = Stopwatch.on_train_start
    monkeypatch.setattr(
        Stopwatch, "on_train_start", lambda *given: seen.append(torch.get_num_threads()) or start(*given)
    )
    before = torch.get_num_threads()
    recipe = resolve("molecules", [f"data={table}", "task.backbone.width=8", "data.baseline=false", *QUICK]).recipe
    training.fit(recipe, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "environment.json").read_text())["threads"] == 1
    monkeypatch.setattr(threads, "settle_threads", lambda _: pytest.fail("timed again"))
    training.fit({**recipe, "trainer": {**recipe["trainer"], "max_epochs": 3}}, tmp_path / "run", resumed=True)
    assert seen == [1, 1]
    assert torch.get_num_threads() == before


def test_a_run_is_measured_again_alike(outcome: Outcome) -> None:
    again = training.evaluate(outcome.run, "test")
    network = {name: value for name, value in outcome.metrics.items() if "/forest/" not in name}
    assert again.metrics == pytest.approx(network, nan_ok=True)


def test_a_forest_stands_beside_the_network_and_promises_are_checked(outcome: Outcome) -> None:
    told = json.loads((outcome.run / "trust.json").read_text())["heads"]
    for head, metric in (("properties", "rmse"), ("labels", "auroc")):
        assert f"test/{head}/forest/{metric}" in outcome.metrics
        assert metric in told[head]["verdict"]
    forest = outcome.metrics["test/properties/forest/rmse"]
    assert told["properties"]["compared"]["baseline"] == pytest.approx(forest, rel=1e-5)
    assert told["properties"]["calibration"]["names"] == ["size"]


def test_the_atoms_of_the_first_measured_molecules_are_drawn(outcome: Outcome) -> None:
    assert (outcome.run / "explanations.html").read_text().count("<svg") == 3


def test_python_tells_the_same_beside_an_answer_as_the_table(outcome: Outcome) -> None:
    known, strange = polyhead.load(outcome.run).predict("CCO", "[Ti]")
    assert known["domain"]["nearest"].startswith("C")
    assert "element Ti" in strange["domain"]["outside"]
    assert set(known["labels"]["set"]) == {"odd"}


def test_an_answer_says_where_its_molecule_is(outcome: Outcome, tmp_path: Path) -> None:
    prediction.predict(outcome.run, ["CCO", "[Ti]", "C("], tmp_path)
    with (tmp_path / "predictions.csv").open(newline="") as file:
        known, strange, none = csv.DictReader(file)
    assert float(known["size from"] or -1) <= float(known["size"]) <= float(known["size to"] or 99)
    assert known["odd may be"] in {"absent", "present", "absent or present", ""}
    assert known["nearest in training"].startswith("C")
    assert "element Ti" in strange["outside because"]
    assert (none["size"], none["similarity"]) == ("", "")


def test_a_checkpoint_alone_answers_for_a_table(outcome: Outcome, table: Path, tmp_path: Path) -> None:
    answers = prediction.predict(outcome.run / "checkpoints" / "best.ckpt", [str(table)], tmp_path)
    with (tmp_path / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["smiles"] for row in rows] == [line.split(",")[0] for line in (*ROWS, "C(,")]
    (said,) = polyhead.load(outcome.run).predict("CCO", score=0.0)
    same = rows[next(i for i, row in enumerate(rows) if row["smiles"] == "CCO")]
    assert float(same["predicted size"]) == pytest.approx(said["properties"]["values"]["size"], rel=1e-4)
    assert rows[-1]["predicted size"] == ""
    assert rows[-1]["not predicted because"]
    assert len(json.loads(answers.records.read_text())) == 31


def test_pictures_and_graphs_are_trained_by_the_same_task(table: Path, tmp_path: Path) -> None:
    changes = [
        f"data={table}",
        "data.pictures=16",
        "task.backbone.graph.width=8",
        "task.backbone.picture.channels=[4]",
        *QUICK,
    ]
    found = training.fit(resolve("depicted", changes).recipe, tmp_path / "run")
    assert "test/properties/rmse" in found.metrics
    (said,) = polyhead.load(found.run).predict("CCO")
    assert set(said["properties"]["values"]) == {"size"}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Return a run of words and of two flags, without validation and without a baseline."""
    file = tmp_path_factory.mktemp("data") / "words.csv"
    rows = [
        f"{'C' * n}{end},{kind},{n % 2},{n % 3 % 2}"
        for n in range(1, 11)
        for end, kind in (("O", "acid"), ("N", "base"))
    ]
    file.write_text("\n".join(["smiles,kind,odd,third", *rows]))
    changes = [
        f"data={file}",
        "data.kinds={kind: class}",
        "data.columns=[kind, odd, third]",
        "data.shares=[0.7, 0, 0.3]",
        "data.baseline=false",
        "task.backbone.width=8",
        "task.heads.properties=null",
        "task.heads={kind: {name: classification}, labels: {name: classification, multilabel: true}}",
        *QUICK,
    ]
    return training.fit(resolve("molecules", changes).recipe, tmp_path_factory.mktemp("runs") / "run")


def test_without_validation_nothing_is_promised_and_without_a_forest_nothing_is_compared(words: Outcome) -> None:
    assert not any("/forest/" in name for name in words.metrics)
    held = json.loads((words.run / "trust.json").read_text())
    assert held["heads"] == {"kind": {}, "labels": {}}
    assert held["told"][0].startswith("domain: ")


def test_words_and_several_flags_are_answered_and_drawn(words: Outcome, tmp_path: Path) -> None:
    prediction.predict(words.run, ["CCO"], tmp_path)
    with (tmp_path / "predictions.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["kind"] in {"acid", "base"}
    assert {"odd", "third", "nearest in training"} <= row.keys()
    assert "says of kind, by atoms" in (words.run / "explanations.html").read_text()


def test_several_runs_answer_together_with_their_spread_and_promise_nothing(outcome: Outcome, tmp_path: Path) -> None:
    prediction.predict(outcome.run, ["CCO", "C("], tmp_path, others=[outcome.run / "checkpoints" / "last.ckpt"])
    with (tmp_path / "predictions.csv").open(newline="") as file:
        good, bad = csv.DictReader(file)
    assert float(good["size spread"]) >= 0
    assert "size from" not in good
    assert good["nearest in training"]
    assert (bad["size"], bad["size spread"]) == ("", "")


def trained(folder: Path, lines: list[str], *changes: str) -> tuple[Outcome, Any]:
    """Return a short run on a table of these lines, and what it says of the trust in each head."""
    (folder / "table.csv").write_text("\n".join(lines))
    small = [f"data={folder / 'table.csv'}", "task.backbone.width=8", *changes, *QUICK]
    found = training.fit(resolve("molecules", small).recipe, folder / "run")
    return found, json.loads((found.run / "trust.json").read_text())["heads"]


def test_a_target_that_a_source_has_no_test_molecules_for_is_promised_about_and_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Molecules.answers
    without = lambda self, split: {k: v for k, v in answers(self, split).items() if (split, k) != ("test", "labels")}  # noqa: E731
    monkeypatch.setattr(Molecules, "answers", without)
    head = "task.heads.labels={name: classification, multilabel: true}"
    found, told = trained(tmp_path, ["smiles,size,odd", *ROWS], head)
    assert "calibration" in told["labels"]
    assert "promises" not in told["labels"]
    assert "test/labels/forest/auroc" not in found.metrics


def test_another_look_leaves_what_the_forest_reached(outcome: Outcome) -> None:
    training.evaluate(outcome.run, "test")
    told = json.loads((outcome.run / "test.json").read_text())
    assert told["test/properties/forest/rmse"] == outcome.metrics["test/properties/forest/rmse"]


def test_a_broken_row_has_its_reason_and_an_earlier_answer_keeps_its_columns(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("smiles,batch\nCCO,1\nCC,1,2\n")
    prediction.predict(outcome.run, [str(tmp_path / "table.csv")], tmp_path / "first")
    good, bad = csv.DictReader((tmp_path / "first" / "predictions.csv").read_text().splitlines())
    assert (good["not predicted because"], bad["size"]) == ("", "")
    assert bad["not predicted because"] == "has 3 cells, and there are 2 columns"
    prediction.predict(outcome.run, [str(tmp_path / "first" / "predictions.csv")], tmp_path / "second")
    again = next(csv.DictReader((tmp_path / "second" / "predictions.csv").read_text().splitlines()))
    assert (again["predicted size"], again["predicted not predicted because"]) == (good["size"], "")


def test_rows_come_back_as_they_stand_in_the_file_before_the_answers(outcome: Outcome, tmp_path: Path) -> None:
    rows = [["smiles", "metal", "note"], ["CCO", "Na", " NA "], ["CC", "none", "null"], ["C", "None", "x", "more"]]
    (tmp_path / "table.csv").write_text("\n".join(map(",".join, [*rows, ["CN"]])))
    prediction.predict(outcome.run, [str(tmp_path / "table.csv")], tmp_path)
    with (tmp_path / "predictions.csv").open(newline="") as file:
        heading, *found = csv.reader(file)
    assert heading[:4] == [*rows[0], "column 4"]
    assert [row[:4] for row in found] == [[*rows[1], ""], [*rows[2], ""], rows[3], ["CN", "", "", ""]]
    assert [bool(row[heading.index("size")]) for row in found] == [True, True, False, False]


def test_a_cell_beyond_the_header_has_a_name_of_its_own() -> None:
    table = Table(Path("t.csv"), {"smiles": ["C"], "column 3": ["1"]}, [2], raw={0: ["C", "1", "2"]})
    text = predicting_molecules.rows_text(table, [{"column 3": 1.5}])
    assert text == "smiles,column 3,further column 3,predicted column 3,not predicted because\nC,1,2,1.5,\n"


@pytest.mark.parametrize("text", ["a,b\nCC,CC\n", "a,b\nxyz,1\n"])
def test_a_table_that_is_asked_about_names_its_column_by_the_option(tmp_path: Path, text: str) -> None:
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(UserError, match=r"name .*: --column"):
        predicting_molecules.sound_cells(predicting_molecules.table_of([str(tmp_path / "table.csv")]), "")


def test_a_long_smiles_is_no_path(outcome: Outcome, tmp_path: Path) -> None:
    prediction.predict(outcome.run, ["C" * 300], tmp_path)
    assert json.loads((tmp_path / "predictions.json").read_text())[0]["properties"]


def test_answers_of_two_heads_to_one_name_have_two_columns() -> None:
    answer = {"one": {"values": {"y": 1.0}}, "other": {"values": {"y": 2.0, "z": 3.0}}}
    assert predicting_molecules.flat(answer) == {"one y": 1.0, "other y": 2.0, "z": 3.0}


def test_the_verdict_on_words_counts_the_molecules_that_have_one(tmp_path: Path) -> None:
    rows = [f"{'C' * n}{end},{kind if n > 5 else ''}" for n in range(1, 21) for end, kind in (("O", "a"), ("N", "b"))]
    words = ("data.kinds={kind: class}", "task.heads={kind: {name: classification}, properties: null}")
    found, told = trained(tmp_path, ["smiles,kind", *rows], "data.shares=[0.5, 0, 0.5]", *words)
    assert told["kind"]["compared"]["network"] == pytest.approx(found.metrics["test/kind/accuracy"])
    assert told["kind"]["compared"]["molecules"] < 20


def test_bounds_are_learned_measured_and_answered(tmp_path: Path) -> None:
    signs = ["", "<", ">", ""]
    rows = [f"{'C' * n}{end},{signs[n % 4]}{n}.5" for n in range(1, 13) for end in ("O", "N", "")]
    (tmp_path / "bounds.csv").write_text("\n".join(["smiles,size", *rows]))
    changes = [f"data={tmp_path / 'bounds.csv'}", "task.backbone.width=16", "task.heads.properties.hidden=0", *QUICK]
    found = training.fit(resolve("molecules", changes).recipe, tmp_path / "run")
    assert {"test/properties/within_bounds", "test/properties/forest/rmse"} <= set(found.metrics)
    assert json.loads((found.run / "trust.json").read_text())["heads"]["properties"]["calibration"]
    assert polyhead.load(found.run).predict("CCO")[0]["properties"]["values"].keys() == {"size"}
