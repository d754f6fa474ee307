"""Lightning's callbacks and loggers by name, as recipes have them."""

import csv
import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from pytorch_lightning import callbacks, loggers
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from polyhead import ranks
from polyhead.errors import UserError, unknown
from polyhead.modules import plain


def named_parts(module: ModuleType, nodes: Any, where: str, suffix: str = "", **given: Any) -> list[Any]:
    """Return the objects that a recipe names: one or a list of names, or of {name: ..., options}.

    Args:
        module: Lightning's module that has their classes, such as EarlyStopping, here `early_stopping`.
        nodes: What the recipe says; None is nothing.
        where: Its dotted key, for errors.
        suffix: What the classes' names end with and recipes leave out.
        given: Options for the classes that take them and are not told otherwise.

    Raises:
        UserError: If there is no such class, or it does not take the options.
    """
    listed = nodes if isinstance(nodes, list) else [nodes] if nodes else []
    return [_named_part(module, node, where, suffix, given) for node in listed]


def _named_part(module: ModuleType, node: Any, where: str, suffix: str, given: dict[str, Any]) -> Any:
    options = dict(node) if isinstance(node, dict) else {"name": node}
    name = str(options.pop("name", ""))
    known = {_short(key, suffix): cls for key, cls in vars(module).items() if isinstance(cls, type)}
    if plain(name) not in {plain(key) for key in known}:
        raise unknown(f"{where} named", name, known)
    cls = next(cls for key, cls in known.items() if plain(key) == plain(name))
    takes = inspect.signature(cls).parameters
    try:
        return cls(**{key: value for key, value in given.items() if key in takes} | options)
    except (TypeError, ValueError, ModuleNotFoundError) as error:
        raise UserError(f"{where}: {name}: {' '.join(str(error).split())}") from error


def _short(name: str, suffix: str) -> str:
    """Return a class's name as recipes write it: EarlyStopping is early_stopping."""
    stem = name.removesuffix(suffix) or name
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", stem).lower()


def run_callbacks(nodes: Any) -> list[Any]:
    """Return the callbacks that `trainer.callbacks` names; those that watch a metric watch the mean of all heads."""
    return named_parts(callbacks, nodes, "trainer.callbacks", monitor="val/main", mode="max")


def run_loggers(nodes: Any, run: Path, step: int | None = None) -> Iterable[Logger] | bool:
    """Return the loggers that `trainer.logger` names, writing into the run folder.

    Args:
        nodes: None or True: metrics.csv and TensorBoard's events; False: none; else as `named_parts` takes them.
        run: The run folder.
        step: Where a run goes on: what was logged before stays, what was logged from then on is written anew. None: a
            new run.
    """
    if nodes is False:
        return False
    earlier = rows_before(run / "metrics.csv", step or 0)  # before the logger deletes the file
    places: dict[str, Any] = {"save_dir": str(run), "name": "", "version": ""}
    if nodes is None or nodes is True:
        made = [CSVLogger(**places), TensorBoardLogger(**places, purge_step=step)]
    else:
        made = named_parts(loggers, nodes, "trainer.logger", suffix="Logger", **places)
    for logger in made:
        if isinstance(logger, CSVLogger) and earlier and ranks.first():
            logger.experiment.metrics.extend(earlier)
            logger.save()
    return made


def rows_before(path: Path, step: int) -> list[dict[str, Any]]:
    """Return the rows of a metrics.csv that were logged before a step, without empty cells; [] if there is no file.

    A process that was killed may have left half a row, which is none.
    """
    if not step or not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{key: cell for key, cell in row.items() if key and cell} for row in csv.DictReader(file)]
    return [row for row in rows if row.get("step", "").isdecimal() and int(row["step"]) < step]
