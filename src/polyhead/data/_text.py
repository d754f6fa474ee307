"""Text files: their lines, and the names of classes, one a line."""

from pathlib import Path

from polyhead.findings.collecting import refuse
from polyhead.findings.reading import read_text


def read_lines(file: Path) -> list[str]:
    """Return the lines of a text file; errors as `read_text`."""
    return read_text(file).splitlines()


def names_listed(file: Path) -> dict[int, str]:
    """Return the class names of classes.txt by their numbers, one a line from 0 on.

    Raises:
        UserError: If there is none, a line between two is empty, or a name is there twice.
    """
    names = [line.strip() for line in "\n".join(read_lines(file)).rstrip().split("\n")]
    for number, name in enumerate(names, 1):
        if not name:
            cure = f"write the name of class {number - 1} there"
            refuse("class-name-empty", file, "is empty", cure, whole=True, line=number)
    return distinct(file, dict(enumerate(names)))


def distinct(file: Path, classes: dict[int, str]) -> dict[int, str]:
    """Return class names that all differ.

    Raises:
        UserError: If two are alike.
    """
    first: dict[str, int] = {}
    for key, name in classes.items():
        if first.setdefault(name, key) != key:
            what = f"the classes {first[name]} and {key} are both called {name!r}"
            refuse("class-name-twice", file, what, "rename one", whole=True)
    return classes
