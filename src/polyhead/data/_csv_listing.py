"""The tables of a folder that list images, each with its columns of files and splits."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from polyhead.data._csv_columns import Asked, cells, check_named, words_of
from polyhead.data._csv_images import Pictures
from polyhead.data._csv_table import TABLES, Row, Table, read_table
from polyhead.data._folders import files_in, split_folders, split_in, split_of
from polyhead.errors import UserError
from polyhead.findings.collecting import leaving_out, refusal
from polyhead.loading.source import SPLITS, Split

FILES: Final = frozenset({"file", "filename", "filepath", "image", "img", "path", "picture", "photo"})
"""Words above columns of images."""
PARTS: Final = frozenset({"split", "set", "subset", "partition", "fold", "phase", "usage"})
"""Words above columns of splits."""
BOXES: Final = frozenset({"xmin", "minx", "x1", "bbox"})
"""What stands, without marks, above columns of tables that list objects, and not images."""
TRIED: Final = 50
"""Cells of a column that are looked up to see whether it names images."""
COLUMNS: Final = "data.file_column"


class Listing(NamedTuple):
    """A table that lists images.

    Attributes:
        table: The table.
        files: Its column of images.
        parts: Its column of splits, None where it has none.
        split: That of all its rows, None where it says nothing.
    """

    table: Table
    files: str
    parts: str | None
    split: Split | None

    def split_at(self, row: Row) -> Split | None:
        """Return the split of a row.

        Raises:
            UserError: If its cell is none.
        """
        cell = row.cells[self.parts] if self.parts else ""
        if cell and split_of(cell) is None:
            cure = "it takes train, val or test, or nothing for a share by content"
            raise refusal("cell-value", row.file, f"{self.parts} is {cell!r}", cure, line=row.line)
        return split_of(cell) if cell else self.split


def table_files(root: Path) -> list[tuple[Path, Split | None]]:
    """Return the tables in a folder and in those of its splits, each with the split in its name or its folder's.

    Args:
        root: The folder; or a table, which stands for itself, without a split.
    """
    if root.is_file():
        return [(root, None)] if root.suffix.lower() in TABLES else []
    places: list[tuple[Split | None, Path]] = [(None, root), *split_folders(root)]
    return [
        (file, split_in(file.stem) or split)
        for split, folder in places
        for file in files_in(folder).others
        if file.suffix.lower() in TABLES
    ]


def listings(root: Path, asked: Asked, pictures: Pictures) -> tuple[list[Listing], list[Path]]:
    """Return the tables that list images, in the order of the splits, and those that are left out.

    Where several do, those without a split in their names are left out.

    Raises:
        UserError: If there is no table, none lists images, or several do and none has a split; it says what was looked
            for.
    """
    files = table_files(root)
    every: list[Listing | None] = []
    for file, split in files:
        with leaving_out(whole=True):
            every.append(listing_of(read_table(file), split, asked, pictures))
    found = [one for one in every if one]
    if not found:
        raise refusal("labels-missing", root, *no_listing(files, asked))
    if len(found) > 1:
        named = [one for one in found if one.split]
        if not named:
            what = f"lists images, and so does {found[1].table.file.name}"
            cure = "name them after train, val and test, or set data.root to one"
            raise refusal("form-unclear", found[0].table.file, what, cure)
        found = sorted(named, key=lambda one: SPLITS.index(one.split or "train"))
    known = {one.table.file for one in found}
    return found, [file for file, _ in files if file not in known]


def no_listing(files: Sequence[tuple[Path, Split | None]], asked: Asked) -> tuple[str, str]:
    """Return why no table lists images, and the cure."""
    if not files:
        return "holds no .csv or .tsv file", "put one there whose columns name images and their classes"
    name = files[0][0].name
    if asked.files:
        return f"{name} has no column {asked.files!r} or no rows", f"set {COLUMNS} to the column of images"
    cure = f"write paths as seen from it, or name the column in {COLUMNS}"
    return f"no column of {name} names images that are there", cure


def listing_of(table: Table, split: Split | None, asked: Asked, pictures: Pictures) -> Listing | None:
    """Return a table with its columns of files and splits; None where it has no images.

    Raises:
        UserError: If an option names a column that it lacks.
    """
    files = asked.files or file_column(table, pictures)
    if not files or files not in table.columns or not table.rows:
        return None
    check_named(str(table.file), table.columns, Asked(split=asked.split))
    return Listing(table, files, asked.split or split_column(table), split)


def file_column(table: Table, pictures: Pictures) -> str | None:
    """Return the column whose first cells name images that are there; of several, one whose header says so.

    Without such a header the images have to differ: numbers of other things may be names of images too.
    """
    scores: dict[str, tuple[bool, float]] = {}
    for name in table.columns:
        hinted, held = bool(FILES & set(words_of(name))), cells(table.rows[:TRIED], name)
        named = [path for cell in held for path in pictures.named(cell, table.file.parent)[:1]]
        share = len(named if hinted else set(named)) / max(1, len(held))
        if share >= 0.5:
            scores[name] = (hinted, share)
    return max(scores, key=lambda name: scores[name], default=None)


def split_column(table: Table) -> str | None:
    """Return the column of splits: one whose header says so, or may say so where nothing but splits stands there."""
    for name in table.columns:
        held = cells(table.rows, name)
        only = all(split_of(cell) for cell in held)
        if held and (words_of(name) == ["split"] or (PARTS & set(words_of(name)) and only)):
            return name
    return None


def lists_objects(columns: Sequence[str]) -> bool:
    """Whether a table's columns are corners of boxes, so that its rows are objects."""
    return any(re.sub(r"[\W_]+", "", name.lower()) in BOXES for name in columns)


def looked_at(root: Path, pictures: Pictures) -> Iterator[Listing]:
    """Yield the tables that seem to list images, whatever else is wrong with them."""
    for file, split in table_files(root):
        try:
            found = listing_of(read_table(file, lenient=True), split, Asked(), pictures)
        except (UserError, OSError):  # a file that is no table is none of ours
            continue
        if found and not lists_objects(found.table.columns):
            yield found
