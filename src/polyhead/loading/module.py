"""A source as Lightning's DataModule: loaders of Batches for training, validation and test."""

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, Literal

import torch
from pytorch_lightning import LightningDataModule, Trainer
from torch import Tensor

from polyhead import ranks
from polyhead.contracts import Batch, Interpolation
from polyhead.cores import cores
from polyhead.errors import UserError, unknown
from polyhead.findings.finding import Finding
from polyhead.loading.augment import Augment, chosen
from polyhead.loading.batches import Batches, never, varied
from polyhead.loading.cache import Cache, cache_for
from polyhead.loading.collate import gather
from polyhead.loading.labelled import Labelled
from polyhead.loading.letterbox import pair
from polyhead.loading.loader import Loader
from polyhead.loading.mix import Mixing, mix_of
from polyhead.loading.order import Order
from polyhead.loading.samples import Samples
from polyhead.loading.source import Source, Split
from polyhead.loading.turns import Turns
from polyhead.schedule import fraction_at

MEMORY = 1 << 30
"""Bytes of letterboxed items that one split keeps, over all its processes."""


class DataModule(LightningDataModule):
    """Batches of a source's items, each of one size.

    Args:
        source: Where items come from.
        targets: The targets to load; () stands for all that the source offers.
        size: Side, or H and W, of the inputs in pixels, >= 1; images are letterboxed to it.
        batch: Items a batch (and a process), >= 1; "auto": a run tries which trains fastest, 16 until then.
        workers: Processes that read ahead; 0 reads in the training process itself; None chooses.
        augment: "auto" for what suits each source, "none", or names of augmentations, those of
            torchvision.transforms.v2 or mosaic, each alone or with options: {name: random_affine, degrees: 10}. Only
            training is augmented.
        mix: "none", or how training images are blended with each other, for heads that learn from such: {mixup: 0.2,
            cutmix: 1.0, share: 0.5} blends half of the batches, in one of the two ways with weights from Beta(0.2, 0.2)
            or Beta(1, 1).
        multi_scale: Share of `size` by which that of training batches varies, in [0, 1), in multiples of 32; 0 for one
            size.
        plain_end: Share of a run, at its end, without mosaics and blends and in one size, in [0, 1].
        interpolation: How images are scaled; "auto" for what suits the backbone.
        labelled: By target, the share of the training images that may keep it, in [0, 1]: to see what labels are worth.
        unlabelled: What becomes of training images that carry no target that is learned: "skip", "read", or "auto",
            which reads them for a teacher and else skips them.
        cache: Where decoded and scaled images stay for later epochs: "ram" of each process, up to 1 GB; "disk", shared
            by all processes and later runs, in `POLYHEAD_CACHE` or ~/.cache/polyhead; "auto" for the first where that
            holds all and no workers read; or "none".
        allow_bad: How many errors in labels a run leaves out, >= 0; at one more it is refused.
        seed: Order and augmentation of an epoch are functions of it, >= 0.

    Attributes:
        findings: What was found when the source was read, where somebody listened.
        offered: How many training images there are, those that are not read included.

    Raises:
        UserError: If a target, an augmentation or a value is not to be had; it names the choices.
    """

    def __init__(
        self,
        source: Source,
        targets: tuple[str, ...] = (),
        *,
        size: int | tuple[int, int] = 128,
        batch: int | Literal["auto"] = 16,
        workers: int | None = None,
        augment: str | list[str | dict[str, Any]] = "auto",
        mix: Mixing = "none",
        multi_scale: float = 0.0,
        plain_end: float = 0.1,
        interpolation: Literal["auto", "nearest", "bilinear", "bicubic"] = "auto",
        labelled: dict[str, float] | None = None,
        unlabelled: Literal["auto", "skip", "read"] = "auto",
        cache: Literal["none", "ram", "disk", "auto"] = "ram",
        allow_bad: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        offered = source.labels()
        for name in targets:
            if name not in offered:
                raise unknown("target named", name, offered)
        self.batch = 16 if batch == "auto" else batch
        for option, value, least in (("size", min(pair(size)), 1), ("batch", self.batch, 1), ("seed", seed, 0)):
            at_least(option, value, least)
        self.allow_bad: Final = at_least("allow_bad", allow_bad, 0)
        self.findings: Sequence[Finding] = ()
        self.names: Final = tuple(targets) or tuple(offered)
        left = Labelled(source, self.names, labelled or {}, seed, skip=unlabelled != "read")
        self.source: Final[Source] = source if left.whole else left
        self.offered: Final = source.size("train")
        self.size: Final = pair(size)
        self.workers: Final = spare_workers() if workers is None else at_least("workers", workers, 0)
        self.parts: Final = self.source.parts("train")
        self.augments: Final = [Augment(chosen(augment, part.augment), self.size) for part in self.parts]
        self.by_default: Final = augment == "auto"
        self.mix: Final = mix_of(mix, offered, seed)
        if self.mix and self.batch < 2:
            raise UserError(f"mix blends the images of a batch with each other: batch must be 2 or more, not {batch}")
        if not 0 <= plain_end <= 1:
            raise UserError(f"plain_end must be from 0 to 1, not {plain_end:g}")
        self.sizes: Final = varied(self.size, multi_scale)
        self.plain_end: Final = plain_end
        self.seed: Final = seed
        self.interpolation: Final = interpolation
        self.suited: Interpolation = "bilinear"
        self.cache: Final = cache
        self.caches: dict[Interpolation, Cache | None] = {}
        self.training = self.samples("train", self.augments)
        self.opened: list[Loader] = []

    def suit(self, interpolation: Interpolation) -> None:
        """Scale images as suits a backbone, where the option `interpolation` is "auto"; before any are read."""
        if interpolation != self.suited:  # else what is in memory can stay there
            self.suited = interpolation
            self.training = self.samples("train", self.augments)

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the class names of each target that is loaded."""
        offered = self.source.labels()
        return {name: offered[name] for name in self.names}

    def samples(self, split: Split, augments: Sequence[Augment] = ()) -> Samples:
        """Return the items of a split, which each process keeps in its share of the memory."""
        scaling, shared = self.scaling(), self.shared()
        memory = 0 if shared or self.cache == "none" else MEMORY // max(1, self.workers)
        given: dict[str, Any] = {"seed": self.seed, "memory": memory, "interpolation": scaling, "cache": shared}
        return Samples(self.source, split, self.names, self.size, augments, **given)

    def scaling(self) -> Interpolation:
        """Return how images are scaled."""
        return self.suited if self.interpolation == "auto" else self.interpolation

    def shared(self) -> Cache | None:
        """Return the cache on disk, None where there is none."""
        scaling = self.scaling()
        if scaling not in self.caches:  # a source may look at all its files to tell its fingerprint
            given = (self.source, self.names, self.size, scaling)
            self.caches[scaling] = cache_for(self.cache, MEMORY, self.workers, *given)
        return self.caches[scaling]

    def prepare_data(self) -> None:
        """Make the cache's folder, and say what does not fit; Lightning calls this in one process of a machine."""
        if (shared := self.shared()) and (line := shared.shortage()):
            logging.getLogger("polyhead").warning(line)

    def train_dataloader(self) -> Loader:
        """Return the training batches, shuffled and augmented anew each epoch; a last batch that is short is left out.

        Raises:
            UserError: If there is nothing to train on.
        """
        if not len(self.training):
            raise UserError("the data has no training images; check its root and its split")
        ranks = self.trainer.world_size if self.trainer else 1
        if len(self.training) < ranks:
            raise UserError(f"{len(self.training)} training images cannot be shared by {ranks} processes; start fewer")
        overfit = getattr(self.trainer, "overfit_batches", 0)  # then the same batches come again and again
        return self.loader(self.training, shuffle=not overfit)

    def val_dataloader(self) -> Loader:
        """Return the validation batches, in order and complete."""
        return self.loader(self.samples("val"), shuffle=False)

    def test_dataloader(self) -> Loader:
        """Return the test batches, in order and complete."""
        return self.loader(self.samples("test"), shuffle=False)

    def loader(self, samples: Samples, *, shuffle: bool) -> Loader:
        """Return this process's share of the batches of some items.

        Where there are fewer items to measure than ranks, the others get an item without labels: what ranks agree upon
        at the end of a measurement, all of them have to come to.
        """
        rank, ranks = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        if not shuffle and rank >= len(samples) > 0:
            samples, rank, ranks = samples.unlabelled(), 0, len(samples)
        order: Order | Turns = Order(len(samples), self.seed, shuffle=shuffle, rank=rank, ranks=ranks)
        if shuffle and len(samples.parts) > 1:
            order = Turns(samples.parts, self.batch, self.seed, rank=rank, ranks=ranks)
        keys, mix = Batches(order, self.batch), None
        if samples is self.training:
            late = partial(is_late, self.trainer, self.plain_end) if self.trainer else never
            keys, mix = Batches(order, self.batch, self.sizes, late), self.mix
        self.opened.append(Loader(samples, keys, self.workers, mix))
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
        """Yield the training targets of one name in batches, as collated and in input pixels, for `Head.adapt`.

        No pixels are read where the source gives targets without. Items that lack the target are left out.

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


def is_late(trainer: Trainer, plain_end: float, epoch: int, number: int) -> bool:
    """Return whether a training batch, by its number in an epoch, is of the last share `plain_end` of the run."""
    return fraction_at(trainer, epoch, number) >= 1 - plain_end


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
