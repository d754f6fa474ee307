"""Batches over several sources: slots, rounds, ranks, and where a run goes on."""

from collections import Counter

import pytest

from polyhead.errors import UserError
from polyhead.loading.batches import Batches
from polyhead.loading.order import Key
from polyhead.loading.source import Part
from polyhead.loading.turns import Turns, slots


def parts(**sizes: tuple[int, float]) -> list[Part]:
    found, start = [], 0
    for name, (size, share) in sizes.items():
        found.append(Part(name, range(start, start + size), share, (), {}))
        start += size
    return found


def batches(turns: Turns, epoch: int) -> list[list[Key]]:
    turns.set_epoch(epoch)
    return list(Batches(turns, turns.batch))


@pytest.mark.parametrize(
    ("shares", "batch", "expected"),
    [
        ((1, 1), 16, (8, 8)),
        ((3, 1), 16, (12, 4)),
        ((1000, 1), 16, (15, 1)),  # nobody is left out
        ((1, 1, 1), 16, (6, 5, 5)),
        ((98, 1, 1), 3, (1, 1, 1)),
        ((0.5, 0.25, 0.25), 8, (4, 2, 2)),
    ],
)
def test_slots_follow_the_shares_and_nobody_has_none(
    shares: tuple[float, ...], batch: int, expected: tuple[int, ...]
) -> None:
    found = slots(parts(**{f"s{place}": (10, share) for place, share in enumerate(shares)}), batch)
    assert found == expected


def test_a_batch_too_small_for_all_sources_is_refused() -> None:
    with pytest.raises(UserError, match=r"data\.batch=1 has no slot for each of 2 sources \(a, b\); raise it"):
        slots(parts(a=(5, 1), b=(5, 1)), 1)


def test_every_batch_has_each_sources_slots() -> None:
    turns = Turns(parts(a=(40, 3.0), b=(7, 1.0)), 8, seed=1)
    for batch in batches(turns, 0) + batches(turns, 1):
        assert Counter("ab"[key.number >= 40] for key in batch) == {"a": 6, "b": 2}


def test_no_item_comes_again_before_its_sources_round_is_over() -> None:
    sizes = {"a": 40, "b": 7}
    turns = [Turns(parts(a=(40, 3.0), b=(7, 1.0)), 4, seed=1, rank=rank, ranks=2) for rank in range(2)]
    steps = [[batches(one, epoch) for epoch in range(6)] for one in turns]
    for start, size in ((0, sizes["a"]), (40, sizes["b"])):
        seen: list[int] = []
        for epoch in range(6):
            for mine, theirs in zip(*(rank[epoch] for rank in steps), strict=True):
                seen += [key.number for key in (*mine, *theirs) if start <= key.number < start + size]
        rounds = [seen[at : at + size] for at in range(0, len(seen) - size, size)]
        assert len(rounds) > 1
        assert all(sorted(one) == list(range(start, start + size)) for one in rounds)
        assert rounds[0] != rounds[1]


def test_ranks_together_have_what_one_of_twice_the_batch_has() -> None:
    both = parts(a=(12, 1.0), b=(9, 1.0))
    one = batches(Turns(both, 8, seed=3), 1)
    two = [batches(Turns(both, 4, seed=3, rank=rank, ranks=2), 1) for rank in range(2)]
    assert [sorted(batch) for batch in one] == [sorted(mine + theirs) for mine, theirs in zip(*two, strict=True)]


def test_a_run_that_goes_on_has_the_batches_that_it_has_not_had() -> None:
    whole = batches(Turns(parts(a=(12, 1.0), b=(9, 1.0)), 4, seed=3), 2)
    later = Turns(parts(a=(12, 1.0), b=(9, 1.0)), 4, seed=3)
    later.done = 8
    assert batches(later, 2) == whole[2:]
    assert len(whole) == 5


def test_a_repeated_item_looks_otherwise_each_time() -> None:
    turns = Turns(parts(a=(60, 1.0), b=(2, 1.0)), 4, seed=0)
    keys = [key for batch in batches(turns, 0) for key in batch if key.number >= 60]
    assert len(keys) == len(set(keys)) == 30
