"""Items -> Batch: images stacked, and each target from the items that carry it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import get_worker_info

from polyhead.contracts import Batch
from polyhead.loading.loader import Failure
from polyhead.loading.mix import Mix
from polyhead.loading.order import Key
from polyhead.loading.source import Part, Sample, part_at
from polyhead.ops.censored import Censored


class Collate:
    """What was read of a batch -> the Batch, blended where `mix` says so, or the first failure.

    Args:
        mix: How batches are blended.
        parts: Of the split that is read, which say what is labelled in which item.
    """

    def __init__(self, mix: Mix | None = None, parts: Sequence[Part] = ()) -> None:
        self.mix = mix
        self.parts = tuple(parts)
        partial = {name: mask for part in parts for name, mask in part.known.items()}
        self.partial = {name: torch.ones_like(mask) for name, mask in partial.items()}

    def __call__(self, read: Sequence[tuple[Key, Sample | Failure]]) -> Batch | Failure:
        """Return the batch of some samples, or the first failure among them."""
        failures = [sample for _, sample in read if isinstance(sample, Failure)]
        if failures:
            return failures[0]
        batch, keys = collate([sample for _, sample in read if not isinstance(sample, Failure)]), [k for k, _ in read]
        batch = batch._replace(known=self.known(batch, keys))
        return self.mix(batch, keys) if self.mix else batch

    def known(self, batch: Batch, keys: Sequence[Key]) -> dict[str, Tensor]:
        """Return the classes labelled in each row of the targets of which some part does not label all."""
        parts = [self.parts[part_at(self.parts, key.number)] for key in keys] if self.partial else []
        return {
            name: torch.stack([parts[row].known.get(name, every) for row in batch.rows[name].tolist()])
            for name, every in self.partial.items()
            if name in batch.rows
        }


def collate(samples: Sequence[Sample]) -> Batch:
    """Return the batch of some items, whose images share one size.

    A target that no item carries has no key in `targets` and `rows`: nobody knows the shape of zero rows of it, and who
    reads the batch takes a missing key as zero rows. `known` is empty: of single items nobody says what is unknown.
    """
    items = [item for item, _ in samples]
    names = dict.fromkeys(name for item in items for name in item.targets)
    rows = {name: [row for row, item in enumerate(items) if name in item.targets] for name in names}
    return Batch(
        inputs=stacked([item.image.as_subclass(Tensor) for item in items]),
        targets={name: gather([items[row].targets[name] for row in rows[name]]) for name in names},
        rows={name: torch.tensor(rows[name]) for name in names},
        known={},
        frames=tuple(frame for _, frame in samples),
    )


def gather(targets: Sequence[Any]) -> Any:
    """Return n >= 1 targets of one name as one: ints -> (n,) long, tensors -> (n, ...), boxes -> a list; all plain.

    Of values that may be bounds, both parts are stacked.
    """
    if isinstance(targets[0], int):
        return torch.tensor(targets)
    if isinstance(targets[0], Censored):
        return Censored(*(stacked(parts) for parts in zip(*targets, strict=True)))
    if isinstance(targets[0], dict):
        return [{key: value.as_subclass(Tensor) for key, value in target.items()} for target in targets]
    return stacked([target.as_subclass(Tensor) for target in targets])


def stacked(parts: Sequence[Tensor]) -> Tensor:
    """Return n >= 1 tensors of one shape as one; in a worker it is made in shared memory, and so copied but once."""
    if get_worker_info() is None:
        return torch.stack(list(parts))
    count = len(parts) * parts[0].numel()
    shared = parts[0]._typed_storage()._new_shared(count, device=parts[0].device)  # type: ignore[no-untyped-call]  # noqa: SLF001  # as torch's own collation does
    return torch.stack(list(parts), out=parts[0].new(shared).resize_(len(parts), *parts[0].shape))
