"""What goes wrong on the user's side, said in one line that names the thing, the choices and the cure."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """A mistake that its reader can mend; the command line prints it as one line and exits with 2.

    Args:
        line: What is wrong, and the cure.
        table: What is shown below it, in lines of its own.
    """

    def __init__(self, line: str, table: str = "") -> None:
        super().__init__(line)
        self.table = table

    def __str__(self) -> str:
        """Return the line, and the table below it."""
        return f"{super().__str__()}\n\n{self.table}" if self.table else super().__str__()


class Stopped(Exception):  # noqa: N818  # it is no error: the run did as it was told
    """A run that a signal ended before its time, and that can go on; the command line exits with 128 + `signal`.

    Args:
        line: What to tell the user.
        signal: Its number.
    """

    def __init__(self, line: str, signal: int) -> None:
        super().__init__(line)
        self.signal = signal


def choices(names: Iterable[str]) -> str:
    """Return `names` as a sorted list in words, "none" when there is none."""
    return ", ".join(sorted(names)) or "none"


def nearest(name: str, names: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the one of `names` most like `name`, or "" where none is near."""
    found = get_close_matches(name, list(names), n=1, cutoff=0.65)
    return f" (did you mean {found[0]!r}?)" if found else ""


def unknown(kind: str, name: str, names: Iterable[str]) -> UserError:
    """Return the error for a `name` of some `kind` that is not among `names`."""
    known = list(names)
    return UserError(f"no {kind} {name!r}{nearest(name, known)}; choices: {choices(known)}")
