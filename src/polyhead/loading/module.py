"""An origin as Lightning's DataModule: loaders of Batches for training, validation and test."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import torch
from pytorch_lightning import LightningDataModule
from torch import Tensor

from polyhead import ranks
from polyhead.contracts import Batch, Interpolation
from polyhead.cores import cores
from polyhead.errors import UserError, unknown
from polyhead.findings.finding import Finding
from polyhead.loading.augment import Augment
from polyhead.loading.batches import ALIKE, Batches
from polyhead.loading.collate import gather
from polyhead.loading.loader import Loader, Reader
from polyhead.loading.mix import Mix
from polyhead.loading.order import Order
from polyhead.loading.sizing import Sizing
from polyhead.loading.source import Origin, Part, Split
from polyhead.loading.turns import Turns
from polyhead.schedule import fraction_at


class DataModule(LightningDataModule, ABC):
    """Batches of an origin's items, of whichever kind; what a run asks of its data.

    Args:
        origin: Where items come from.
        names: The targets to load; () stands for all on offer.
        batch: Items a batch (and a process), >= 1; "auto" is 16 until a run has tried.
        workers: Processes that read ahead; None chooses.
        allow_bad: How many errors in labels a run leaves out, >= 0.
        seed: Order and whatever else is random are functions of it, >= 0.

    Attributes:
        noun: What one item is called.
        findings: What was found when the origin was read, where somebody listened.
        size: H, W of the inputs; (0, 0) where they are no images.
        mix: How training items are blended with each other; None: not.
        augments: What changes training items at random, part by part.
        by_default: Whether these are as the origin has them, and not as somebody asked for.
        sizing: The sizes of training batches, and which share of a run, at its end, is without mosaics and blends.
        parts: Of the training items.

    Raises:
        UserError: If a target or a value is not to be had; it names the choices.
    """

    noun: ClassVar[str]
    training: "Reader"
    parts: tuple[Part, ...]

    def __init__(
        self,
        origin: Origin,
        names: tuple[str, ...],
        *,
        batch: int | Literal["auto"],
        workers: int | None,
        allow_bad: int,
        seed: int,
    ) -> None:
        super().__init__()
        for name in names:
            if name not in origin.labels():
                raise UserError(
                    f"{unknown('target named', name, origin.labels())}; leave out the head that learns it, with"
                    " task.heads.NAME=null, or have it learn another, with task.heads.NAME.target"
                )
        self.source = origin
        self.names: Final = tuple(names) or tuple(origin.labels())
        self.batch = 16 if batch == "auto" else batch
        for option, value, least in (("batch", self.batch, 1), ("seed", seed, 0), ("allow_bad", allow_bad, 0)):
            at_least(option, value, least)
        self.workers: Final = spare_workers() if workers is None else at_least("workers", workers, 0)
        self.allow_bad: Final = allow_bad
        self.seed: Final = seed
        self.findings: Sequence[Finding] = ()
        self.size: tuple[int, int] = (0, 0)
        self.mix: Mix | None = None
        self.augments: Sequence[Augment] = ()
        self.by_default = True
        self.sizing: Sizing = ALIKE
        self.opened: list[Loader] = []

    @property
    def offered(self) -> int:
        """How many training items there are, those that are not read included."""
        return self.source.size("train")

    @abstractmethod
    def reader(self, split: Split) -> "Reader":
        """Return the items of a split as they are, for a loader to read."""

    @abstractmethod
    def blank(self, items: int = 1) -> Any:
        """Return inputs that show nothing, of some items, as a batch holds them."""

    @abstractmethod
    def probe(self, items: int) -> Any:
        """Return the inputs of the first training items as they are, at most so many."""

    @abstractmethod
    def canvases(self, split: Split, inputs: Any, places: range) -> Tensor:
        """Return what to draw items on, (n, 3, H, W) uint8: those of a split at some places, the first of `inputs`."""

    def write(self, run: Path) -> None:
        """Write what is to be known of the data into a run folder, beside what was found; here, nothing."""

    def suit(self, interpolation: Interpolation) -> None:
        """Read inputs as suits a backbone, before any are read; here, there is but one way."""

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the class names of each target that is loaded."""
        offered = self.source.labels()
        return {name: offered[name] for name in self.names}

    def train_dataloader(self) -> Loader:
        """Return the training batches, shuffled anew each epoch; a last batch that is short is left out.

        Raises:
            UserError: If there is nothing to train on.
        """
        if not len(self.training):
            raise UserError(f"the data has no training {self.noun}s; check its root and its split")
        ranks = self.trainer.world_size if self.trainer else 1
        if len(self.training) < ranks:
            raise UserError(
                f"{len(self.training)} training {self.noun}s cannot be shared by {ranks} processes; start fewer"
            )
        overfit = getattr(self.trainer, "overfit_batches", 0)  # then the same batches come again and again
        return self.loader(self.training, shuffle=not overfit)

    def val_dataloader(self) -> Loader:
        """Return the validation batches, in order and complete."""
        return self.loader(self.reader("val"), shuffle=False)

    def test_dataloader(self) -> Loader:
        """Return the test batches, in order and complete."""
        return self.loader(self.reader("test"), shuffle=False)

    def loader(self, items: "Reader", *, shuffle: bool) -> Loader:
        """Return this process's share of the batches of some items.

        Where there are fewer items to measure than ranks, the others get an item without labels: what ranks agree upon
        at the end of a measurement, all of them have to come to.
        """
        rank, ranks = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        if not shuffle and rank >= len(items) > 0:
            items, rank, ranks = items.unlabelled(), 0, len(items)
        order: Order | Turns = Order(len(items), self.seed, shuffle=shuffle, rank=rank, ranks=ranks)
        if shuffle and len(items.parts) > 1:
            order = Turns(items.parts, self.batch, self.seed, rank=rank, ranks=ranks)
        if items is not self.training:
            keys = Batches(order, self.batch)
        elif self.trainer:
            keys = Batches(order, self.batch, self.sizing, partial(fraction_at, self.trainer))
        else:  # without a run, nothing grows
            keys = Batches(order, self.batch, self.sizing._replace(growing=()))
        self.opened.append(Loader(items, keys, self.workers, self.mix if items is self.training else None))
        return self.opened[-1]

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Return a batch on a device; one that is there is not looked through, and frames, plain numbers, never are."""
        if isinstance(batch, Batch) and isinstance(batch.inputs, Tensor):
            if batch.inputs.device == device:
                return batch
            moved = super().transfer_batch_to_device(batch._replace(frames=()), device, dataloader_idx)
            return moved._replace(frames=batch.frames)
        return super().transfer_batch_to_device(batch, device, dataloader_idx)

    def close(self) -> None:
        """End the workers of all loaders."""
        while self.opened:
            self.opened.pop().close()

    def teardown(self, stage: str) -> None:  # noqa: ARG002  # Lightning's signature
        """Close: the run, or the measurement, is over."""
        self.close()

    def on_exception(self, exception: BaseException) -> None:  # noqa: ARG002  # Lightning's signature
        """Close: it ends early."""
        self.close()

    def examples(self, target: str) -> Iterator[Any]:
        """Yield the training targets of one name in batches, as collated and in input pixels: a head adapts to them.

        No item is read where its targets are to be had without. Items that lack the target are left out.

        Raises:
            UserError: If the target is not loaded.
        """
        if target not in self.names:
            raise unknown("target named", target, self.names)
        waiting = []
        for index in range(len(self.training)):
            carried = self.training.targets(index)
            waiting += [carried[target]] if target in carried else []
            if len(waiting) == self.batch:
                yield gather(waiting)
                waiting = []
        if waiting:
            yield gather(waiting)


def at_least(option: str, value: int, least: int) -> int:
    """Return `value`.

    Raises:
        UserError: If it is below `least`; it names the option.
    """
    if value < least:
        raise UserError(f"{option} must be {least} or more, not {value}")
    return value


def spare_workers() -> int:
    """Return how many processes may read ahead beside the training: on fewer than 4 cores they only slow it down.

    Processes that a launcher started on this machine share its cores.
    """
    launched = ranks.launched()
    share = cores() // (launched.devices if launched else 1)
    return min(8, share // 2) if share >= 4 else 0
