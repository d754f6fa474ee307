"""One thing that is wrong, or worth knowing, with data on disk."""

from pathlib import Path
from typing import Any, NamedTuple

from polyhead.findings.kinds import KINDS, Level

Corners = tuple[float, float, float, float]


class Finding(NamedTuple):
    """One finding.

    Attributes:
        kind: One of `KINDS`.
        file: Where it stands: the file to mend.
        what: What is wrong, in words that go on after the file's name.
        cure: What to do about it; "" where nothing has to be done.
        line: Its line in the file, from 1; None where there is none.
        place: Where it stands in the file: "annotations[3]" of JSON, "object 4" of XML; "" where the line says it.
        image: The image that it is about, "" where it is about none.
        box: x1, y1, x2, y2 in pixels of that image, as they are written, where it is about a box.
        source: Which of several sources it is of, "" where there is one.
    """

    kind: str
    file: str
    what: str
    cure: str = ""
    line: int | None = None
    place: str = ""
    image: str = ""
    box: Corners | None = None
    source: str = ""

    @property
    def level(self) -> Level:
        """The level of its kind."""
        return KINDS[self.kind].level

    @property
    def text(self) -> str:
        """All of it in one line: "FILE:LINE: what; cure"."""
        at = f"{self.file}:{self.line}" if self.line else self.file
        return f"{at}: {self.what}; {self.cure}" if self.cure else f"{at}: {self.what}"

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, its level first."""
        return {"level": self.level, **self._asdict()}


def finding(kind: str, file: str | Path, what: str, cure: str = "", **more: Any) -> Finding:
    """Return a finding of a kind that there is; `more` as the attributes of `Finding`.

    Raises:
        KeyError: If there is no such kind.
    """
    KINDS[kind]
    return Finding(kind, str(file), what, cure, **more)
