"""Between which numbers an option of a task makes sense."""

from polyhead.errors import UserError

RANGES = {"warmup": 1.0, "average": 1.0, "final": 1.0 + 1e-9, "layer_decay": 1.0 + 1e-9}
"""What options must stay below; all of them start at 0."""
POSITIVE = frozenset({"temperature"})
"""Those that may not be 0 itself."""


def check_ranges(values: dict[str, float], where: str = "task") -> None:
    """Check that numbers are where they make sense.

    Raises:
        UserError: If one is not; it names the range.
    """
    for name, value in values.items():
        below = RANGES.get(name)
        if not value >= 0 or (below is not None and not value < below) or (name in POSITIVE and value == 0):
            takes = "more than 0" if name in POSITIVE else "0 or more"
            takes += f", below {below:g}" if below is not None else ""
            raise UserError(f"{where}.{name}: {value:g} does not fit; it takes {takes}")
