"""Batches of one split, epoch after epoch, read in this process or ahead in others."""

import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Thread
from typing import Any, Final, NamedTuple, Self

import torch
from torch.utils.data import DataLoader, Dataset

from polyhead.contracts import Batch
from polyhead.errors import UserError
from polyhead.loading.batches import Batches
from polyhead.loading.mix import Mix
from polyhead.loading.order import Key
from polyhead.loading.source import Part


class Failure(NamedTuple):
    """A UserError on its way out of a worker process.

    It is handed over and not raised there: torch would wrap it in the worker's traceback, and then wait 5 s for each
    worker to end.

    Attributes:
        line: What the error says.
    """

    line: str


class Reader(Dataset[Any], ABC):
    """The items of one split, which are read by their keys, a batch at a time.

    Attributes:
        parts: The items by their origin.
    """

    parts: tuple[Part, ...]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitems__(self, keys: Sequence[Key]) -> Any:
        """Return what `collation` makes a batch of."""

    @abstractmethod
    def collation(self, mix: Mix | None = None) -> Callable[[Any], Batch | Failure]:
        """Return what makes the Batch of what was read, blended as `mix` says, or a Failure."""

    @abstractmethod
    def targets(self, index: int) -> Mapping[str, Any]:
        """Return the wanted targets that an item carries, as before any augmentation."""

    @abstractmethod
    def unlabelled(self) -> Self:
        """Return the same items without their targets."""

    def read_ahead(self, index: int) -> None:
        """Read an item into memory, where items are kept; here, they are not."""


class Loader:
    """The batches of one split, epoch after epoch.

    It wraps a DataLoader, whose order it keeps to itself: Lightning replaces the samplers of bare DataLoaders. Its
    state is where it stands in an epoch, so that a run that goes on gets the batches that it has not had.

    Attributes:
        sampler: The order; `sampler.set_epoch` is Lightning's to call.
        batch_sampler: None, which Lightning looks for.
    """

    batch_sampler: Final = None

    def __init__(self, items: Reader, keys: Batches, workers: int, mix: Mix | None = None) -> None:
        self.sampler: Final = keys.order
        self.batches: Final[DataLoader[Any]] = DataLoader(
            items,
            batch_sampler=keys,
            num_workers=workers,
            collate_fn=items.collation(mix),
            pin_memory=torch.cuda.is_available(),
            persistent_workers=workers > 0,
            prefetch_factor=4 if workers else None,
            worker_init_fn=deafen,
            generator=torch.Generator(),  # else each epoch would take a number from those that dropout draws from
        )
        self.batch: Final = keys.batch
        self.given = 0

    def close(self) -> None:
        """End the workers; the next epoch would start new ones.

        Left to themselves they end when Python comes to collect their loader, and are waited for 5 s each.
        """
        iterator, self.batches._iterator = self.batches._iterator, None  # noqa: SLF001  # DataLoaders have no other way to it
        if self.batches.num_workers and iterator is not None:
            iterator._shutdown_workers()  # type: ignore[attr-defined]  # noqa: SLF001  # with workers, it has

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Batch]:
        self.given = self.sampler.done // self.batch
        for batch in self.batches:
            if isinstance(batch, Failure):
                raise UserError(batch.line)
            self.given += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Return the epoch, how many of its items all ranks together have had, and how many ranks these are."""
        items = self.given * self.batch * self.sampler.ranks
        return {"epoch": self.sampler.epoch, "items": items, "ranks": self.sampler.ranks}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where a state was taken; at the end of an epoch that is the begin of the next."""
        mine = state["items"] // self.sampler.ranks
        self.sampler.done = mine if mine < len(self) * self.batch else 0


def deafen(worker: int) -> None:  # noqa: ARG001  # torch's signature
    """Let a worker hear its own run alone: Ctrl-C and SIGTERM reach it too, while the step at hand needs it still.

    Where the sender of a signal cannot be told, which is anywhere but on Linux, SIGTERM ends it as always.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        Thread(target=end_when_told, args=(os.getppid(),), daemon=True).start()


def end_when_told(parent: int) -> None:
    """End this process at a SIGTERM of its parent, which Python sends as it exits, and waits for what it started."""
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != parent:
        pass
    os._exit(0)
