"""All images of a source, decoded side by side."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

import torch

from polyhead.checking.looking import Look, look_at
from polyhead.cores import cores
from polyhead.loading.source import SPLITS, Source, Split, part_at

FEW: Final = 400
"""Images that are read sooner than other processes have begun."""
CHUNK: Final = 16
"""Images that a process is given at a time."""
KEPT: dict[str, Source] = {}
"""The source, in a process that reads from it."""


def looks(source: Source) -> Iterator[Look]:
    """Yield what is seen of each item of all splits, in their order, by as many processes as there are cores."""
    places = [(split, index) for split in SPLITS for index in range(source.size(split))]
    parts = {split: source.parts(split) for split in SPLITS}
    for (split, index), look in zip(places, seen(source, places), strict=True):
        yield look.of(parts[split][part_at(parts[split], index)].name)


def seen(source: Source, places: Sequence[tuple[Split, int]]) -> Iterator[Look]:
    """Yield what is seen of some items, in their order."""
    processes = min(cores(), len(places) // FEW)
    if processes < 2:
        yield from (look_at(source, split, index) for split, index in places)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), keep, (source,)) as pool:
        yield from pool.map(look_here, places, chunksize=CHUNK)


def keep(source: Source) -> None:
    """Keep the source in a process that begins, which is one of several and so needs no threads."""
    torch.set_num_threads(1)
    KEPT["source"] = source


def look_here(place: tuple[Split, int]) -> Look:
    """Return what is seen of an item of the source that is kept."""
    return look_at(KEPT["source"], *place)
