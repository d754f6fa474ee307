"""Letterboxed items on disk, shared by all processes of a run, and by later runs.

Each item is a file of its own, mapped into memory by who reads it: the system keeps its pages once, however many
processes look at them. It is written under another name and then renamed, so that any number of processes may fill the
cache side by side, and what a killed one leaves behind is never read.
"""

import json
import mmap
import os
import shutil
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from polyhead.errors import UserError
from polyhead.files import cache_home, short
from polyhead.loading.packing import pack, unpack
from polyhead.loading.source import SPLITS, Sample, Source, Split

VERSION = 1
"""Of what is done to an image before it is kept."""
RESERVE = 1 << 30
"""Bytes of the disk that the cache leaves free."""


class Cache:
    """The items of one source at one size, by split and number.

    What changes an item changes its place: the source's fingerprint, its file's length and time, the targets, the size,
    how it is scaled, and the libraries that decode and scale. An item that is damaged counts as absent.

    Args:
        source: Where items come from.
        names: The targets that are kept with them.
        size: H, W.
        interpolation: How images are scaled.
    """

    def __init__(self, source: Source, names: Sequence[str], size: tuple[int, int], interpolation: str) -> None:
        libraries = [version("torchvision"), version("pillow")]
        known = [
            VERSION,
            type(source).__name__,
            source.fingerprint(),
            list(names),
            list(size),
            interpolation,
            libraries,
        ]
        self.source: Final = source
        self.folder: Final = cache_home() / "images" / short(json.dumps(known))
        self.item: Final = 3 * size[0] * size[1]

    def place(self, split: Split, index: int) -> Path:
        """Return the file of an item, whether it is there or not."""
        name = self.source.name(split, index)
        try:
            told = os.stat(name)  # noqa: PTH116  # a made-up item's name is no path
            name = f"{name} {told.st_size} {told.st_mtime_ns}"
        except OSError:
            pass
        whole = short(f"{split} {index} {name}")
        return self.folder / whole[:2] / whole[2:]

    def get(self, split: Split, index: int) -> Sample | None:
        """Return an item, None if it is not there; what is done to it stays in this process."""
        try:
            with self.place(split, index).open("rb") as file:
                return unpack(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, split: Split, index: int, sample: Sample) -> None:
        """Keep an item, unless the disk is full or it is of a kind that has no place in a file."""
        data, place = pack(sample), self.place(split, index)
        beside = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if data is not None and self.free() >= len(data):
                beside.write_bytes(data)
                beside.replace(place)
        except OSError:
            beside.unlink(missing_ok=True)

    def free(self) -> int:
        """Return how many bytes may be added."""
        return shutil.disk_usage(self.folder).free - RESERVE

    def shortage(self) -> str | None:
        """Return a line that says what does not fit on the disk; None if all images do.

        Raises:
            UserError: If the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"data.cache: {self.folder} cannot be made: {error.strerror or error}; set POLYHEAD_CACHE to a folder"
                " that can, or data.cache=ram"
            ) from error
        items = sum(self.source.size(split) for split in SPLITS)
        absent = max(0, items - sum(1 for _ in self.folder.glob("*/[!.]*")))
        needed, free = absent * self.item, max(0, self.free())
        if needed <= free:
            return None
        return (
            f"data.cache: {absent} of {items} images are still to be kept in {self.folder}, which takes"
            f" {gigabytes(needed)}, and {gigabytes(free)} may be used; the rest is read anew in each epoch"
        )


def gigabytes(count: float) -> str:
    """Return bytes in words."""
    return f"{count / 1e9:.1f} GB"


def cache_for(mode: str, memory: int, workers: int, *given: Any) -> Cache | None:
    """Return the cache on disk that `data.cache` asks for, None where there is none.

    Args:
        mode: `none`, `ram`, `disk`, or `auto`: on disk where workers would each read all images, or where those of the
            training do not fit into `memory`.
        memory: Bytes that a process keeps.
        workers: Processes that read.
        given: What a `Cache` takes.
    """
    if mode in {"none", "ram"}:
        return None
    cache = Cache(*given)
    fits = cache.source.size("train") * cache.item <= memory
    return None if mode == "auto" and not workers and fits else cache
