"""Lightning's callbacks and loggers by name."""

import csv
from pathlib import Path

import pytest
from pytorch_lightning.callbacks import EarlyStopping
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from polyhead.errors import UserError
from polyhead.running.parts import run_callbacks, run_loggers


def test_a_callback_is_named_as_its_class_with_its_options() -> None:
    stop = run_callbacks([{"name": "early_stopping", "monitor": "val/main", "patience": 2}])[0]
    assert isinstance(stop, EarlyStopping)
    assert (stop.monitor, stop.patience) == ("val/main", 2)


def test_no_name_is_no_callback() -> None:
    assert run_callbacks(None) == []


def test_an_unknown_callback_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no trainer\.callbacks named 'early_stoping' .did you mean 'early_stopping'"):
        run_callbacks("early_stoping")


def test_an_option_that_a_callback_lacks_is_a_mistake_of_the_users() -> None:
    with pytest.raises(UserError, match=r"trainer\.callbacks: early_stopping: .*'monitr'"):
        run_callbacks({"name": "early_stopping", "monitor": "val/main", "monitr": 1})


def test_early_stopping_watches_the_mean_of_all_heads_unless_told_otherwise() -> None:
    stop = run_callbacks("early_stopping")[0]
    assert (stop.monitor, stop.mode) == ("val/main", "max")


@pytest.mark.filterwarnings("ignore:Experiment logs directory")
def test_a_run_that_goes_on_keeps_what_was_logged_before_its_step(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("step,train/lr,val/main\n3,0.1,\n7,,0.5\n8,0.2,\n,0")
    made = run_loggers("csv", tmp_path, step=8)
    assert isinstance(made, list)
    made[0].log_metrics({"val/main": 0.75}, step=9)
    made[0].save()
    rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    assert [(row["step"], row["val/main"]) for row in rows] == [("3", ""), ("7", "0.5"), ("9", "0.75")]


def test_loggers_write_into_the_run_folder(tmp_path: Path) -> None:
    usual = run_loggers(None, tmp_path)
    assert isinstance(usual, list)
    assert [type(logger) for logger in usual] == [CSVLogger, TensorBoardLogger]
    named = run_loggers("csv", tmp_path)
    assert isinstance(named, list)
    assert Path(named[0].log_dir) == tmp_path
    assert run_loggers(False, tmp_path) is False
