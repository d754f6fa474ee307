"""What a verb leaves behind."""

from pathlib import Path
from typing import NamedTuple


class Outcome(NamedTuple):
    """The result of a run.

    Attributes:
        metrics: Numbers by name, such as `test/boxes/map50`.
        run: The folder that holds everything else.
        pictures: The folder of pictures, where there are any.
    """

    metrics: dict[str, float]
    run: Path
    pictures: Path | None


class Answers(NamedTuple):
    """What was written.

    Attributes:
        records: The file of records, JSON.
        told: What else there is, and where, in the order in which to tell it.
    """

    records: Path
    told: tuple[tuple[str, Path], ...]
