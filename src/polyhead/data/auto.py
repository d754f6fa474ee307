"""Any folder whose form is known: it is looked at, and read by the source of that form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from polyhead.data.voc import Voc
from polyhead.errors import UserError
from polyhead.loading.source import Item, Source, Split


class Form(NamedTuple):
    """One form that a folder of data can have.

    Attributes:
        name: What it is called.
        marks: The folders and files that show it, as globs below the root; each must match.
        build: Root -> the source that reads it.
    """

    name: str
    marks: tuple[str, ...]
    build: Callable[[str], Source]


FORMS: Final = (Form("Pascal VOC", ("Annotations/*.xml", "JPEGImages", "ImageSets/Main"), Voc),)


class Auto(Source):
    """The data in a folder, whatever known form it has: Pascal VOC so far.

    Args:
        root: The folder.

    Raises:
        UserError: If there is no such folder, or no form fits; it lists what was looked for. Else as the form's source.
    """

    def __init__(self, root: str) -> None:
        form = recognise(Path(root).expanduser())
        self.found: Final = form.name
        self.root: Final = root
        self.source: Final = form.build(root)
        self.augment = self.source.augment

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the class names of each target."""
        return self.source.labels()

    def size(self, split: Split) -> int:
        """Return how many items a split holds."""
        return self.source.size(split)

    def item(self, split: Split, index: int) -> Item:
        """Return one item."""
        return self.source.item(split, index)

    def targets(self, split: Split, index: int) -> dict[str, Any]:
        """Return the targets of one item."""
        return self.source.targets(split, index)

    def name(self, split: Split, index: int) -> str:
        """Return what to call an item."""
        return self.source.name(split, index)

    def fingerprint(self) -> str:
        """Return the hash of the source that was found."""
        return self.source.fingerprint()

    def notes(self) -> list[str]:
        """Return as what the folder was read, and the notes of that source."""
        return [f"{self.root}: read as {self.found}", *self.source.notes()]


def recognise(root: Path) -> Form:
    """Return the first form whose marks a folder bears; errors as `Auto`."""
    if not root.is_dir():
        raise UserError(f"{root}: no such folder; set the data's root to one")
    for form in FORMS:
        if all(any(root.glob(mark)) for mark in form.marks):
            return form
    looked = "; ".join(f"{form.name} ({', '.join(form.marks)})" for form in FORMS)
    raise UserError(f"{root}: no known form of data; looked for {looked}; put the files so or name the data's class")
