"""A run that goes on with more processes than it had, or with fewer: where it stands in its epoch."""

from typing import Any, NamedTuple


class Spread(NamedTuple):
    """How a run's processes share an epoch.

    Attributes:
        ranks: How many they are.
        steps: Batches of each in an epoch.
        together: Batches that make one step of the optimiser.
    """

    ranks: int
    steps: int
    together: int


def ranks_of(checkpoint: dict[str, Any]) -> int | None:
    """Return with how many processes a checkpoint was written; None where it does not say."""
    places = checkpoint["loops"]["fit_loop"]["state_dict"].get("combined_loader") or [{}]
    ranks: int | None = places[0].get("ranks")
    return ranks


def respread(checkpoint: dict[str, Any], spread: Spread) -> None:
    """Let Lightning's loops and the loader stand at the step of an epoch until which all items were had.

    Lightning counts batches of one process. Where items do not come out even, the last few are had once more, so that
    none is left out; at least one step remains, since with the last one an epoch is validated. Between epochs there is
    nothing to do.

    Args:
        checkpoint: What a checkpoint holds; its loops are changed.
        spread: Of the processes from now on.
    """
    loops = checkpoint["loops"]["fit_loop"]
    epochs, place = loops["epoch_progress"]["current"], loops["state_dict"]["combined_loader"][0]
    if epochs["ready"] == epochs["processed"]:
        return
    batches = loops["epoch_loop.batch_progress"]["current"]
    size = place["items"] // (place["ranks"] * batches["ready"])
    had = min(place["items"] // (size * spread.ranks), spread.steps - 1)
    had -= had % spread.together
    moved = had - batches["ready"]
    for name in batches:
        batches[name] += moved
    place.update(items=had * size * spread.ranks, ranks=spread.ranks)
