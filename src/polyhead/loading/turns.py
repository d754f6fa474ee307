"""The keys of an epoch over several sources, each with its slots in every batch."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from torch.utils.data import Sampler

from polyhead.errors import UserError
from polyhead.loading.order import Key
from polyhead.loading.source import Part

OWN: Final = 3
"""What sets these random numbers apart from those of items and of sizes."""


class Turns(Sampler[Key]):
    """Training keys batch by batch, each batch with the same number of items of each source.

    A source is gone through in rounds, each in a new order. Which of its items a step has is a function of the seed,
    the epoch and the step alone, and so is which rank has them; no item comes again before its round is over, on any
    rank. An epoch has as many steps as all items together fill, so that small sources with large shares come round more
    often, and none is ever cut off.

    Args:
        parts: The sources.
        batch: Items of a batch, of one rank.
        seed: Of the rounds.
        rank: This process.
        ranks: How many processes there are.

    Attributes:
        epoch: The epoch whose keys are next.
        done: How many of this rank's keys the next epoch leaves out, since a run that goes on has had them.

    Raises:
        UserError: If a batch has no slot for each source.
    """

    shuffle: Final = True

    def __init__(self, parts: Sequence[Part], batch: int, seed: int, *, rank: int = 0, ranks: int = 1) -> None:
        self.parts: Final = tuple(parts)
        self.slots: Final = slots(parts, batch)
        self.batch: Final = batch
        self.seed: Final = seed
        self.rank: Final = rank
        self.ranks: Final = ranks
        self.steps: Final = max(1, sum(len(part.items) for part in parts) // (batch * ranks))
        self.rounds: Final[dict[int, tuple[int, list[int]]]] = {}
        self.epoch = 0
        self.done = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch; Lightning does so before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.steps * self.batch

    def __iter__(self) -> Iterator[Key]:
        first, self.done = self.done // self.batch, 0
        for step in range(self.epoch * self.steps + first, (self.epoch + 1) * self.steps):
            for place, count in enumerate(self.slots):
                start = (step * self.ranks + self.rank) * count
                yield from (self.key(place, turn) for turn in range(start, start + count))

    def key(self, place: int, turn: int) -> Key:
        """Return the key of a source's item at a turn, counted over the whole run; its epoch is the source's round."""
        items = self.parts[place].items
        number, at = divmod(turn, len(items))
        held = self.rounds.get(place)
        if held is None or held[0] != number:
            rng = np.random.default_rng((self.seed, place, number, OWN))
            held = self.rounds[place] = number, rng.permutation(len(items)).tolist()
        return Key(number, items.start + held[1][at])


def slots(parts: Sequence[Part], batch: int) -> tuple[int, ...]:
    """Return how many items of a batch each source has: at least one, and else as near to the shares as can be.

    Raises:
        UserError: If a batch has fewer items than there are sources.
    """
    if batch < len(parts):
        names = ", ".join(part.name for part in parts)
        raise UserError(f"data.batch={batch} has no slot for each of {len(parts)} sources ({names}); raise it")
    shares = [float(len(part.items)) if part.share is None else part.share for part in parts]
    wanted = [share / sum(shares) * batch for share in shares]
    given = [max(1, int(want)) for want in wanted]
    while sum(given) < batch:
        given[max(range(len(given)), key=lambda place: wanted[place] - given[place])] += 1
    while sum(given) > batch:
        several = [place for place, count in enumerate(given) if count > 1]
        given[min(several, key=lambda place: wanted[place] - given[place])] -= 1
    return tuple(given)
