"""Lightning's callbacks and loggers by name."""

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


def test_loggers_write_into_the_run_folder(tmp_path: Path) -> None:
    usual = run_loggers(None, tmp_path)
    assert isinstance(usual, list)
    assert [type(logger) for logger in usual] == [CSVLogger, TensorBoardLogger]
    named = run_loggers("csv", tmp_path)
    assert isinstance(named, list)
    assert Path(named[0].log_dir) == tmp_path
    assert run_loggers(False, tmp_path) is False
