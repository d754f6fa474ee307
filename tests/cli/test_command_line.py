"""What the command line says, where, and with which exit code; the work behind it is made up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from polyhead.cli.entry import main
from polyhead.errors import Stopped
from polyhead.running.outcome import Answers

METRICS = {"test/good/accuracy": 0.75, "test/main": float("nan")}


class Outcome(NamedTuple):
    """Stands for polyhead.running.Outcome."""

    metrics: dict[str, float]
    run: Path
    pictures: Path | None


@pytest.fixture
def calls(instead: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """Put made-up work in place of the real one, and return what it is called with."""
    made: list[tuple[Any, ...]] = []

    def fit(recipe: dict[str, Any], run: Path | None, resumed: bool, start: object) -> Outcome:
        print("a bar of progress")
        assert start is None
        made.append(("fit", recipe, run, resumed))
        return Outcome(METRICS, tmp_path / "run", tmp_path / "run" / "pictures")

    def evaluate(checkpoint: Path, split: str, overrides: list[str], out: Path | None, labels: str | None) -> Outcome:
        made.append(("evaluate", checkpoint, split, overrides, out, labels))
        return Outcome(METRICS, tmp_path / "run", None)

    def predict(checkpoint: Path, paths: list[str], out: Path, score: float | None, **windows: Any) -> Answers:
        made.append(("predict", checkpoint, paths, out, score, windows))
        (tmp_path / "records.json").write_text('[{"image": "a"}]\n')
        return Answers(tmp_path / "records.json", (("records", tmp_path / "records.json"),))

    instead("training", fit=fit, evaluate=evaluate)
    instead("prediction", predict=predict)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beach.yaml").write_text("# polyhead fit beach\ntask: sorting\n")
    return made


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs a command and returns its exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    return run


Said = Callable[..., tuple[int, str, str]]
Calls = list[tuple[Any, ...]]


def test_fit_trains_the_resolved_recipe_and_prints_metrics_and_places(calls: Calls, said: Said, tmp_path: Path) -> None:
    code, out, err = said("fit", "beach.yaml", "task.lr=0.5", "--run", "new", "trainer.max_epochs=3")
    ((_, recipe, run, resumed),) = calls
    assert not resumed
    assert (recipe["task"]["lr"], recipe["trainer"]["max_epochs"], run) == (0.5, 3, Path("new"))
    assert (code, err) == (0, "")
    assert "test/good/accuracy │ 0.7500" in out
    assert out.endswith(f"run: {tmp_path}/run\npictures: {tmp_path}/run/pictures\n")


@pytest.mark.parametrize(
    "arguments", [["trainer.max_epochs=9", "--resume", "old"], ["beach.yaml", "trainer.max_epochs=9", "--resume=old"]]
)
def test_a_run_goes_on_in_its_folder_with_its_recipe(
    arguments: list[str], calls: Calls, said: Said, tmp_path: Path
) -> None:
    (tmp_path / "old" / "checkpoints").mkdir(parents=True)
    (tmp_path / "old" / "checkpoints" / "last.ckpt").touch()
    (tmp_path / "old" / "recipe.yaml").write_text("task: sorting\n")
    code, _, err = said("fit", *arguments)
    assert (code, err) == (0, "")
    ((_, recipe, run, resumed),) = calls
    assert (recipe["trainer"]["max_epochs"], run, resumed) == (9, Path("old"), True)


def test_a_run_that_was_stopped_says_how_it_goes_on_and_exits_as_signals_do(
    calls: Calls, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*_: object, **__: object) -> None:
        raise Stopped("interrupted after 34%; to go on: polyhead fit --resume run", 2)

    monkeypatch.setattr("polyhead.running.training.fit", fit)
    assert said("fit", "beach.yaml") == (130, "", "interrupted after 34%; to go on: polyhead fit --resume run\n")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert said("fit", "beach.yaml") == (0, "", "")
    assert not calls


def test_json_on_stdout_has_it_alone_and_what_is_not_finite_is_null(calls: Calls, said: Said) -> None:
    code, out, err = said("fit", "beach.yaml", "--json", "-")
    assert json.loads(out) == {"test/good/accuracy": 0.75, "test/main": None}
    assert code == 0
    assert "a bar of progress" in err
    assert "test/good/accuracy" in err
    assert len(calls) == 1


@pytest.mark.usefixtures("calls")
def test_json_in_a_file_is_written_beside_nothing_else(said: Said, tmp_path: Path) -> None:
    code, out, _ = said("fit", "beach.yaml", "--json", "new/metrics.json")
    assert json.loads((tmp_path / "new" / "metrics.json").read_text())["test/good/accuracy"] == 0.75
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["metrics.json"]
    assert (code, "test/good/accuracy" in out) == (0, True)


def test_notes_on_replaced_nodes_go_to_stderr(calls: Calls, said: Said) -> None:
    _, out, err = said("fit", "beach.yaml", "task.backbone.scale=2.0", "task.backbone=broad", "task.backbone.depth=1")
    assert err == "note: task.backbone: broad replaces slim and drops scale\n"
    assert "note:" not in out
    assert len(calls) == 1


def test_validate_and_test_measure_a_split_of_a_run(calls: Calls, said: Said, tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").touch()
    assert said("validate", "last.ckpt", "data.batch=2")[0] == 0
    assert said("test", "last.ckpt", "--labels", "keep", "--out", "pictures")[0] == 0
    assert calls == [
        ("evaluate", Path("last.ckpt"), "val", ["data.batch=2"], None, None),
        ("evaluate", Path("last.ckpt"), "test", [], Path("pictures"), "keep"),
    ]


def test_overrides_are_checked_against_the_recipe_of_a_run_before_the_work(
    calls: Calls, said: Said, tmp_path: Path
) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "best.ckpt").touch()
    (tmp_path / "run" / "recipe.yaml").write_text("task: sorting\n")
    code, _, err = said("test", "run", "data.bacth=2")
    assert (code, calls) == (2, [])
    assert err.startswith("error: no key 'data.bacth' (did you mean 'batch'?)")


def test_predict_writes_the_records_as_json_too(calls: Calls, said: Said, tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").touch()
    (tmp_path / "a.png").touch()
    code, out, _ = said("predict", "last.ckpt", "a.png", "--score", "0.4", "--json", "-")
    assert (code, json.loads(out)) == (0, [{"image": "a"}])
    assert said("predict", "last.ckpt", "a.png", "--json", "copy.json")[1].startswith("records: ")
    assert (tmp_path / "copy.json").read_text() == '[{"image": "a"}]\n'
    assert calls[0] == (
        "predict",
        Path("last.ckpt"),
        ["a.png"],
        Path("predictions"),
        0.4,
        {"window": None, "overlap": None, "column": None, "others": []},
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["fti"], "error: No such command 'fti'. Did you mean 'fit'?; see polyhead --help"),
        (["fit"], "error: fit takes a RECIPE, such as detection, or --resume RUN; see polyhead list recipes"),
        (["fit", "--resume", "gone"], "error: --resume gone: no run folder (it holds no recipe.yaml)"),
        (["fit", "--resume", "old", "--run", "new"], "error: --run new: a run that goes on stays in its folder, old"),
        (
            ["fit", "beach.yaml", "--josn", "-"],
            "error: No such option: --josn (did you mean '--json'?); see polyhead fit",
        ),
        (["fit", "beach.yaml", "--json"], "error: Option '--json' requires an argument"),
        (["fit", "nowhere"], "error: no recipe 'nowhere'"),
        (["fit", "no/where.yaml"], "error: no recipe at no/where.yaml: it does not exist"),
        (["fit", "beach.yaml", "task.lrr=1"], "error: no key 'task.lrr' (did you mean 'lr'?); choices: "),
        (["fit", "beach.yaml", "--run", "full"], "error: --run full: the folder is not empty; choose a new one"),
        (["fit", "beach.yaml", "--run", "beach.yaml"], "error: --run beach.yaml: "),
        (["fit", "beach.yaml", "--json", "full"], "error: --json full: that is a folder, and a file is to be written"),
        (["fit", "beach.yaml", "--json", "beach.yaml/a"], "error: --json beach.yaml/a: "),
        (["test", "nowhere"], "error: no run folder and no checkpoint at nowhere"),
        (["predict", "full", "CCO"], "error: full is no run folder: it has no checkpoints/best.ckpt; name a run"),
        (["predict", "best.ckpt", "nowhere.png"], "error: no such file: nowhere.png"),
        (
            ["predict", "best.ckpt", "beach.yaml", "--overlap", "0.5"],
            "error: --overlap 0.5 is of windows; say how large",
        ),
        (
            ["predict", "best.ckpt", "beach.yaml", "--window", "64", "--overlap", "1"],
            "error: Invalid value for '--overlap': ",
        ),
        (["predict", "best.ckpt", "beach.yaml", "--score", "2"], "error: Invalid value for '--score': "),
        (["list", "hed"], "error: no kind of thing to list named 'hed' (did you mean 'heads'?)"),
        (["show", "heads.detectoin"], "error: no heads named 'detectoin' (did you mean 'detection'?)"),
        (
            ["show", "heads.detection", "a=1"],
            "error: heads.detection is a class and no recipe: 'a=1' has nothing to set",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    calls: Calls, said: Said, tmp_path: Path, arguments: list[str], text: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    (tmp_path / "best.ckpt").touch()
    code, out, err = said(*arguments)
    assert (code, out, calls) == (2, "", [])
    assert err.startswith(text)
    assert err.count("\n") == 1


def test_a_fault_of_ours_is_a_traceback(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*_: object, **__: object) -> None:
        raise ZeroDivisionError(len(calls))

    monkeypatch.setattr("polyhead.running.training.fit", fit)
    with pytest.raises(ZeroDivisionError):
        main(["fit", "beach.yaml"])


def test_an_interruption_is_one_line_and_exit_code_130(
    calls: Calls, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*_: object, **__: object) -> None:
        raise KeyboardInterrupt(len(calls))

    monkeypatch.setattr("polyhead.running.training.fit", fit)
    assert said("fit", "beach.yaml") == (130, "", "interrupted\n")


def test_an_interruption_that_lightning_turned_into_an_exit_is_one_too(
    calls: Calls, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt(len(calls))
        except KeyboardInterrupt:
            raise SystemExit(1) from None

    monkeypatch.setattr("polyhead.running.training.fit", fit)
    assert said("fit", "beach.yaml") == (130, "", "interrupted\n")


def test_a_termination_is_one_line_and_never_done(calls: Calls, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*_: object, **__: object) -> None:
        assert not calls
        raise SystemExit  # Lightning's SIGTERMException is one

    monkeypatch.setattr("polyhead.running.training.fit", fit)
    assert said("fit", "beach.yaml") == (143, "", "terminated\n")


def test_list_names_everything_with_its_first_line(said: Said) -> None:
    code, out, err = said("list")
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if line and not line.startswith(" ")] == [
        "recipes", "backbones", "heads", "tasks", "data",
    ]  # fmt: skip
    assert any(line.split() == ["slim", "Narrow."] for line in said("list", "backbones")[1].splitlines())


def test_show_prints_each_option_with_value_and_origin_in_columns(calls: Calls, said: Said) -> None:
    code, out, err = said("show", "beach.yaml", "task.backbone.kernel=[1,2]")
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert (code, err, calls) == (0, "", [])
    assert rows["task.backbone.kernel"].split("  ")[-1].strip() == "command line"
    assert "[1, 2]" in rows["task.backbone.kernel"]
    assert rows["task.backbone.width"].endswith("task sorting")
    assert len({line.index(word) for line, word in ((rows["key"], "value"), (rows["seed"], "0"))}) == 1


def test_show_prints_the_options_of_one_class(said: Said) -> None:
    rows = [line.split() for line in said("show", "backbones.slim")[1].splitlines()]
    assert rows[0] == ["backbones.slim:", "Narrow."]
    assert ["width", "int", "8", "Channels", "of", "every", "level."] in rows
    assert ["depth", "int", "(required)"] in [line.split() for line in said("show", "backbones.broad")[1].splitlines()]


@pytest.mark.usefixtures("calls")
def test_show_writes_json(said: Said) -> None:
    found = json.loads(said("show", "beach.yaml", "--json", "-")[1])
    assert (found["recipe"]["task"]["lr"], found["origins"]["task.lr"]) == (0.1, "default")
    assert json.loads(said("show", "backbones.slim", "--json", "-")[1])["width"]["default"] == 8


def test_without_a_verb_and_with_help_the_verbs_are_listed(said: Said) -> None:
    code, out, err = said()
    assert (code, err) == (0, "")
    assert all(verb in out for verb in ("list", "show", "fit", "validate", "test", "predict"))
    assert said("--help")[1] == out
    assert said("--version")[1].startswith("polyhead ")
