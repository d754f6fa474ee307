"""Who hears of what is wrong with data.

Readers say what they find where they find it, and need not know who listens. Where nobody does, the first thing that
they cannot guess at is an error, and all else goes unsaid. Where a `Collected` listens, it takes as many errors as it
has room for: the reader leaves that item out and goes on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from pathlib import Path
from typing import Any, Final

from polyhead.errors import UserError
from polyhead.findings.finding import Finding, finding


class Refusal(UserError):  # noqa: N818  # what it says is an error; it is how it is said
    """A UserError of data, which knows what it found.

    Args:
        found: That.
    """

    def __init__(self, found: Finding) -> None:
        super().__init__(found.text)
        self.found: Final = found

    def __reduce__(self) -> tuple[Any, ...]:  # it comes out of other processes
        return type(self), (self.found,)


class Collected:
    """Findings, in the order in which they were made.

    Args:
        allowed: How many errors there may be; the one beyond is raised.
    """

    def __init__(self, allowed: float = inf) -> None:
        self.allowed: Final = allowed
        self.found: Final[list[Finding]] = []
        self.errors = 0
        self.source = ""

    def add(self, found: Finding) -> None:
        """Keep one finding, with the name of the source that is being read."""
        self.errors += found.level == "error"
        self.found.append(found._replace(source=found.source or self.source))

    def takes(self, whole: bool) -> bool:
        """Return whether one more error is taken; one of a whole file only where all are."""
        return self.errors < self.allowed and (not whole or self.allowed == inf)


LISTENER: Final[ContextVar[Collected | None]] = ContextVar("LISTENER", default=None)


@contextmanager
def collecting(allowed: float = inf) -> Iterator[Collected]:
    """Collect what is found within.

    Args:
        allowed: How many errors are collected instead of raised; infinity: all, those of whole files too.
    """
    collected = Collected(allowed)
    token = LISTENER.set(collected)
    try:
        yield collected
    finally:
        LISTENER.reset(token)


@contextmanager
def named_source(name: str) -> Iterator[None]:
    """Let what is found within be of a source."""
    listener = LISTENER.get()
    if listener is None:
        yield
        return
    before, listener.source = listener.source, name
    try:
        yield
    finally:
        listener.source = before


def is_heard() -> bool:
    """Return whether anybody listens; what takes time and is of no other use need not be looked for else."""
    return LISTENER.get() is not None


def has_room(whole: bool = False) -> bool:
    """Return whether the next error is collected, and not raised."""
    listener = LISTENER.get()
    return listener is not None and listener.takes(whole)


def refusal(kind: str, file: str | Path, what: str, cure: str = "", **more: Any) -> Refusal:
    """Return the error for what nobody can guess at; arguments as `finding`."""
    return Refusal(finding(kind, file, what, cure, **more))


def refuse(kind: str, file: str | Path, what: str, cure: str = "", *, whole: bool = False, **more: Any) -> None:
    """Raise what `refusal` returns, or return where it is collected: the caller then leaves the item out.

    Args:
        kind: And what follows: as `finding`.
        file: As above.
        what: As above.
        cure: As above.
        whole: Whether a whole file, or more, is left out with it.
        more: As above.
    """
    with leaving_out(whole):
        raise refusal(kind, file, what, cure, **more)


@contextmanager
def leaving_out(whole: bool = False) -> Iterator[None]:
    """Leave undone the rest of what is done within, where something is refused there and collected.

    Args:
        whole: As `refuse`.
    """
    try:
        yield
    except UserError as error:
        found, listener = refused(error), LISTENER.get()
        if found is None or listener is None or not listener.takes(whole):
            raise
        listener.add(found)


def refused(error: BaseException | None) -> Finding | None:
    """Return what was found, of an error that is a Refusal or was made of one; else None."""
    while error is not None and not isinstance(error, Refusal):
        error = error.__cause__
    return error.found if error else None


def remark(kind: str, file: str | Path, what: str, cure: str = "", **more: Any) -> None:
    """Say what is odd, and no error, to who listens; arguments as `finding`."""
    listener = LISTENER.get()
    if listener is not None:
        listener.add(finding(kind, file, what, cure, **more))
