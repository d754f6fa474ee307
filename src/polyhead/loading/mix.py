"""Whole batches blended: mixup and cutmix, with targets weighted as the images are."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from polyhead.contracts import Batch
from polyhead.errors import UserError, choices, nearest
from polyhead.loading.order import Key

Mixing = Literal["none"] | dict[str, float]
"""An option of the loader: nothing, or numbers by the names of `USUAL`."""
USUAL: dict[str, float] = {"mixup": 0.0, "cutmix": 0.0, "share": 1.0}
"""What is not set: the parameter of each blend's Beta distribution, 0 for never, and the share of batches."""


def mix_of(named: Mixing, labels: Mapping[str, Sequence[str]], seed: int) -> "Mix | None":
    """Return what a recipe's `mix` stands for, None for "none".

    Raises:
        UserError: If there is no such option, or a number does not suit it.
    """
    if named == "none":
        return None
    options = {**USUAL, **dict(named)}
    for name, value in options.items():
        if name not in USUAL:
            raise UserError(f"mix has no option {name!r}{nearest(name, USUAL)}; choices: {choices(USUAL)}")
        most = 1.0 if name == "share" else float("inf")
        if not 0 <= value <= most:
            raise UserError(f"mix.{name} takes {'0 to 1' if name == 'share' else '0 or more'}, and not {value:g}")
    if not options["mixup"] and not options["cutmix"]:
        raise UserError("mix needs mixup or cutmix above 0, such as {mixup: 0.2, cutmix: 1.0, share: 0.5}")
    share = options.pop("share")
    return Mix(options, share, {name: len(names) for name, names in labels.items()}, seed)


class Mix:
    """Batch -> the same batch, its images each blended with another one of it, and targets to match.

    Mixup is the weighted mean of two images; cutmix puts a rectangle of the one into the other, whose area is the
    weight. An item's partner carries the same targets; where there is none it stays as it is. Of a blended batch
    class numbers (n,) are shares of classes (n, K), and floats are means, NaN where either is. A class is known where
    it is in both.

    Args:
        alphas: By name of the blend, the parameter of the Beta distribution of its weights; one of those above 0 is
            taken at random for each batch.
        share: Of batches that are blended, in [0, 1].
        classes: Number of classes of each target.
        seed: A blend is a function of the seed and the batch's keys alone.

    References:
        Zhang et al., mixup, arXiv 1710.09412; Yun et al., CutMix, arXiv 1905.04899.
    """

    def __init__(self, alphas: Mapping[str, float], share: float, classes: Mapping[str, int], seed: int) -> None:
        self.alphas = {name: alpha for name, alpha in alphas.items() if alpha > 0}
        self.share = share
        self.classes = dict(classes)
        self.seed = seed

    def __call__(self, batch: Batch, keys: Sequence[Key]) -> Batch:
        """Return the batch, blended or not; its inputs are (B, 3, H, W) uint8, and `keys` names its items.

        At the end of a run none is, so that it ends on images like those that it will see.
        """
        if keys[0].late:
            return batch
        numbers = [number for key in keys for number in (key.epoch, key.number)]
        chance = np.random.default_rng(np.random.SeedSequence((self.seed, *numbers)))
        if chance.random() >= self.share:
            return batch
        name = list(self.alphas)[chance.integers(len(self.alphas))]
        kept, other = chance.beta(self.alphas[name], self.alphas[name]), partners(batch.rows, len(batch.inputs))
        if name == "mixup":
            inputs = mixup(batch.inputs, other, kept)
        else:
            centre = (chance.random(), chance.random())
            inputs, kept = cutmix(batch.inputs, other, kept, centre)
        targets = {name: self.blended(name, batch, other, kept) for name in batch.targets}
        known = {name: mask & mask[partners_rows(batch, name, other)] for name, mask in batch.known.items()}
        return batch._replace(inputs=inputs, targets=targets, known=known)

    def blended(self, name: str, batch: Batch, other: Tensor, kept: float) -> Any:
        """Return the targets of one name, `kept` of each row's own and the rest of its partner's."""
        own = batch.targets[name]
        own = own.float() if own.is_floating_point() else one_hot(own, self.classes[name]).float()
        return own.lerp(own[partners_rows(batch, name, other)], 1 - kept) if kept < 1 else own


def partners_rows(batch: Batch, name: str, other: Tensor) -> Tensor:
    """Return, for each row of a target (n,), the row of its item's partner; `other` are the partners of all items."""
    rows = batch.rows[name]
    return torch.searchsorted(rows, other[rows])


def partners(rows: Mapping[str, Tensor], items: int) -> Tensor:
    """Return the item with which each of a batch is blended, (items,): itself where no other carries what it does.

    Args:
        rows: By target name, the items that carry it.
        items: Of the batch.
    """
    carried = {name: set(some.tolist()) for name, some in rows.items()}
    alike: dict[tuple[str, ...], list[int]] = {}
    for item in range(items):
        alike.setdefault(tuple(name for name, some in carried.items() if item in some), []).append(item)
    found = torch.empty(items, dtype=torch.long)
    for some in alike.values():
        found[some] = torch.tensor(some).roll(1)
    return found


def mixup(images: Tensor, other: Tensor, kept: float) -> Tensor:
    """Return `kept` of each of the images (B, 3, H, W) uint8, and the rest of its partner."""
    return images.float().lerp(images[other].float(), 1 - kept).round_().to(images.dtype)


def cutmix(images: Tensor, other: Tensor, kept: float, centre: tuple[float, float]) -> tuple[Tensor, float]:
    """Return the images (B, 3, H, W), each with a rectangle of its partner, and how much of each is left.

    Args:
        images: Of any type.
        other: (B,) the partners.
        kept: The share that is to be left; more is where the rectangle reaches beyond the image.
        centre: Of the rectangle, as shares of H and W, in [0, 1).
    """
    sides = images.shape[2:]
    half = [int(side * 0.5 * (1 - kept) ** 0.5) for side in sides]
    middle = [int(side * place) for side, place in zip(sides, centre, strict=True)]
    top, left = (max(0, m - h) for m, h in zip(middle, half, strict=True))
    bottom, right = (min(side, m + h) for side, m, h in zip(sides, middle, half, strict=True))
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[other, :, top:bottom, left:right]
    return mixed, 1 - (bottom - top) * (right - left) / (sides[0] * sides[1])
