"""What of a folder is not read, in words."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from polyhead.data._flaws import counted, first


def left_out(root: Path, kinds: Iterable[tuple[Sequence[Path], str, str]]) -> list[str]:
    """Return one line for each kind of which there is something: "ROOT: 2 files of another kind (a.txt, b.txt)".

    Args:
        root: The folder of the data.
        kinds: The paths of one kind below it, the word for one of them, and what goes on after "2 files".
    """
    return [
        f"{root}: {counted(found, word)} {what} ({first([str(path.relative_to(root)) for path in found])})"
        for found, word, what in kinds
        if found
    ]
