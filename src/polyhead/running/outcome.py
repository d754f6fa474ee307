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
