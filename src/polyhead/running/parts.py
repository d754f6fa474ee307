"""Lightning's callbacks and loggers by name, as recipes have them."""

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from pytorch_lightning import callbacks, loggers
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

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
    """Return the callbacks that `trainer.callbacks` names."""
    return named_parts(callbacks, nodes, "trainer.callbacks")


def run_loggers(nodes: Any, run: Path) -> Iterable[Logger] | bool:
    """Return the loggers that `trainer.logger` names, writing into the run folder.

    Args:
        nodes: None or True: metrics.csv and TensorBoard's events; False: none; else as `named_parts` takes them.
        run: The run folder.
    """
    if nodes is False:
        return False
    if nodes is None or nodes is True:
        return [CSVLogger(run, name="", version=""), TensorBoardLogger(run, name="", version="")]
    return named_parts(loggers, nodes, "trainer.logger", suffix="Logger", save_dir=str(run), name="", version="")
