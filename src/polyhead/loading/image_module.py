"""Images as batches: letterboxed, augmented, kept in memory or on disk."""

import logging
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Literal, final

import torch
from torch import Tensor

from polyhead.contracts import Interpolation
from polyhead.errors import UserError
from polyhead.loading.augment import Augment, chosen
from polyhead.loading.cache import Cache, cache_for
from polyhead.loading.labelled import Labelled
from polyhead.loading.letterbox import pair
from polyhead.loading.mix import Mixing, mix_of
from polyhead.loading.module import DataModule, at_least
from polyhead.loading.samples import Samples
from polyhead.loading.sizing import sizing
from polyhead.loading.source import Source, Split

MEMORY = 1 << 30
"""Bytes of letterboxed items that one split keeps, over all its processes."""


@final
class ImageModule(DataModule):
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
        grow: Share of a run, at its begin, in which training batches grow from half of `size` to it, in multiples of
            32, from 64 on: small images cost less, so that it sees more of them; 0 for none.
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

    Raises:
        UserError: If a target, an augmentation or a value is not to be had; it names the choices.
    """

    noun: ClassVar[str] = "image"

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
        grow: float = 0.0,
        multi_scale: float = 0.0,
        plain_end: float = 0.1,
        interpolation: Literal["auto", "nearest", "bilinear", "bicubic"] = "auto",
        labelled: dict[str, float] | None = None,
        unlabelled: Literal["auto", "skip", "read"] = "auto",
        cache: Literal["none", "ram", "disk", "auto"] = "ram",
        allow_bad: int = 0,
        seed: int = 0,
    ) -> None:
        given: dict[str, Any] = {"batch": batch, "workers": workers, "allow_bad": allow_bad, "seed": seed}
        super().__init__(source, targets, **given)
        at_least("size", min(pair(size)), 1)
        left = Labelled(source, self.names, labelled or {}, seed, skip=unlabelled != "read")
        self.whole: Final = source
        self.source: Source = source if left.whole else left
        self.size = pair(size)
        self.parts = self.source.parts("train")
        self.augments = [Augment(chosen(augment, part.augment), self.size) for part in self.parts]
        self.by_default = augment == "auto"
        self.mix = mix_of(mix, source.labels(), seed)
        if self.mix and self.batch < 2:
            raise UserError(f"mix blends the images of a batch with each other: batch must be 2 or more, not {batch}")
        self.sizing = sizing(self.size, grow, multi_scale, plain_end)
        self.interpolation: Final = interpolation
        self.suited: Interpolation = "bilinear"
        self.cache: Final = cache
        self.caches: dict[Interpolation, Cache | None] = {}
        self.training: Samples = self.samples("train", self.augments)

    @property
    def offered(self) -> int:
        """How many training images there are, those that are not read included."""
        return self.whole.size("train")

    def reader(self, split: Split) -> Samples:
        """Return the images of a split, letterboxed."""
        return self.samples(split)

    def blank(self, items: int = 1) -> Tensor:
        """Return black images (items, 3, H, W) uint8."""
        return torch.zeros(items, 3, *self.size, dtype=torch.uint8)

    def probe(self, items: int) -> Tensor:
        """Return the first training images (n, 3, H, W) uint8, letterboxed and not augmented."""
        count = min(items, len(self.training))
        return torch.stack([self.training.still(number)[0].image.as_subclass(Tensor) for number in range(count)])

    def canvases(self, split: Split, inputs: Tensor, places: range) -> Tensor:  # noqa: ARG002  # the images are there
        """Return the first of some images."""
        return inputs[: len(places)]

    def suit(self, interpolation: Interpolation) -> None:
        """Scale images as suits a backbone, where the option `interpolation` is "auto"; before any are read."""
        if interpolation != self.suited:  # else what is in memory can stay there
            self.suited = interpolation
            self.training = self.samples("train", self.augments)

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
