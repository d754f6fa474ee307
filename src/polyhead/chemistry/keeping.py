"""Packed molecules on disk, for all processes and later runs, mapped into memory by whoever reads them.

They are a folder of raw arrays with a description beside them. It is written under another name and then renamed, so
that any number of processes may write it side by side, and what a killed one leaves behind is never read.
"""

import json
import math
import os
import shutil
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from polyhead.chemistry import features
from polyhead.chemistry.featurising import Wanted
from polyhead.chemistry.packing import Packed
from polyhead.errors import UserError
from polyhead.files import cache_home, short

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

VERSION: Final = 1
"""Of the files."""
INDEX: Final = "index.json"


def folder_of(smiles: Sequence[str], wanted: Wanted) -> Path:
    """Return the folder of some molecules, whether it is there or not."""
    content = blake2b("\n".join(smiles).encode(), digest_size=16).hexdigest()
    known = [VERSION, features.VERSION, version("rdkit"), *wanted, content]
    return cache_home() / "molecules" / short(json.dumps(known))


def kept(folder: Path) -> Packed | None:
    """Return the molecules in a folder, mapped into memory; None if there are none, or they are damaged."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return Packed(*(mapped(folder / name, **index[name]) for name in Packed._fields))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def mapped(path: Path, dtype: str, shape: list[int]) -> "Array":
    """Return the array in a file.

    Raises:
        OSError: If there is none.
        ValueError: If it is of another size.
    """
    if path.stat().st_size != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError(f"{path} is not of {shape}")
    if not math.prod(shape):
        return np.zeros(shape, dtype)
    return np.asarray(np.memmap(path, dtype, "r", shape=tuple(shape)))


def keep(folder: Path, parts: Iterable[Packed]) -> None:
    """Write molecules into a folder; one that another process has filled meanwhile stays.

    Raises:
        UserError: If it cannot be written.
    """
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.{threading.get_ident()}")
    damaged = beside.with_name(f"{beside.name}.damaged")
    try:
        beside.mkdir(parents=True)
        write(beside, parts)
        try:
            beside.rename(folder)
        except OSError:  # it is there: good, unless it is damaged
            if kept(folder) is None:
                folder.rename(damaged)
                beside.rename(folder)
    except OSError as error:
        if kept(folder) is None:
            raise UserError(
                f"{folder} cannot be written: {error.strerror or error}; set POLYHEAD_CACHE to a folder that can"
            ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(damaged, ignore_errors=True)


def write(folder: Path, parts: Iterable[Packed]) -> None:
    """Write one or more parts behind each other, and what they are, into an empty folder.

    Raises:
        OSError: If that cannot be done.
    """
    counts = dict.fromkeys(Packed._fields, 0)
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in Packed._fields}
        for part in parts:
            for name, array in part._asdict().items():
                files[name].write(array.tobytes())
                counts[name] += len(array)
    index = {
        name: {"dtype": str(array.dtype), "shape": [counts[name], *array.shape[1:]]}
        for name, array in part._asdict().items()
    }
    (folder / INDEX).write_text(json.dumps(index), encoding="utf-8")
