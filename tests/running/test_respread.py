"""Where a run stands in its epoch when it goes on with another number of processes."""

from typing import Any

import pytest

from polyhead.running.respread import Spread, ranks_of, respread


def checkpoint(ranks: int, ready: int, size: int = 4, *, within: bool = True) -> dict[str, Any]:
    """Return of a checkpoint what counts: `ready` batches of `size` items that each of `ranks` processes had."""
    batches = {"ready": ready, "started": ready, "processed": ready, "completed": ready - 1}
    epochs = {"ready": 3, "started": 3, "processed": 2 if within else 3, "completed": 2}
    place = {"epoch": 2, "items": ranks * ready * size, "ranks": ranks}
    loops = {
        "epoch_progress": {"current": epochs},
        "epoch_loop.batch_progress": {"current": batches},
        "state_dict": {"combined_loader": [place]},
    }
    return {"loops": {"fit_loop": loops}}


def place(stored: dict[str, Any]) -> tuple[int, int, int]:
    """Return batches that are ready, batches that are completed, and items."""
    loops = stored["loops"]["fit_loop"]
    batches = loops["epoch_loop.batch_progress"]["current"]
    return batches["ready"], batches["completed"], loops["state_dict"]["combined_loader"][0]["items"]


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ((2, 2), Spread(1, 6, 1), (4, 3, 16)),  # 16 items are 4 batches of one process
        ((1, 4), Spread(2, 3, 1), (2, 1, 16)),
        ((1, 3), Spread(2, 3, 1), (1, 0, 8)),  # 12 items are one batch and a half: 4 come again
        ((1, 6), Spread(2, 3, 1), (2, 1, 16)),  # one step is left, since with it the epoch is validated
        ((2, 3), Spread(1, 12, 4), (4, 3, 16)),  # a step of four batches is not cut
    ],
)
def test_batches_and_items_are_those_of_the_new_processes(
    before: tuple[int, int], now: Spread, found: tuple[int, int, int]
) -> None:
    stored = checkpoint(*before)
    respread(stored, now)
    assert place(stored) == found
    assert ranks_of(stored) == now.ranks


def test_between_epochs_nothing_changes() -> None:
    stored = checkpoint(2, 3, within=False)
    respread(stored, Spread(1, 6, 1))
    assert stored == checkpoint(2, 3, within=False)


def test_a_checkpoint_that_does_not_say_its_processes_has_none() -> None:
    assert ranks_of({"loops": {"fit_loop": {"state_dict": {}}}}) is None
