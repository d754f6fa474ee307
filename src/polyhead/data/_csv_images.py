"""The images that the cells of a table name."""

import os
import posixpath
from functools import cached_property
from pathlib import Path
from typing import Final

from polyhead.data._coco_files import split_around
from polyhead.data._folders import files_below, is_image, spelt
from polyhead.data._mask_folder import IMAGES
from polyhead.loading.source import Split


class Pictures:
    """The images of a folder, by what tables call them.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root: Final = root

    def named(self, cell: str, beside: Path, split: Split | None = None) -> list[Path]:
        """Return the images that a cell may mean, [] where there is none.

        The first of these that is there: a path from the table's folder on; the end of a path below the root, such as
        a file's name; the same without a suffix. Of several, those in a folder named after the split are meant, and
        then those in a folder of images.

        Args:
            cell: What stands in the table.
            beside: The table's folder.
            split: Of the row, None where nobody says.
        """
        tail = cell.replace("\\", "/")
        path = beside / tail
        if is_image(tail) and os.path.isfile(path):  # noqa: PTH113  # false, too, for what is too long for a path
            return [spelt(path, self.root) if ".." in tail or tail.startswith("/") else path]
        end = posixpath.normpath(tail)
        found = [path for path in self.below.get(posixpath.basename(end), ()) if ends(path, end)]
        if len(found) > 1:
            found = [path for path in found if split and split_around(path.parent, self.root) == split] or found
        if len(found) > 1:
            found = [path for path in found if {part.lower() for part in path.parent.parts} & set(IMAGES)] or found
        return found

    @cached_property
    def below(self) -> dict[str, list[Path]]:
        """All images below the root by their names, with and without the suffix."""
        found: dict[str, list[Path]] = {}
        for path in files_below(self.root).images:
            found.setdefault(path.name, []).append(path)
            found.setdefault(path.stem, []).append(path)
        return found


def ends(path: Path, end: str) -> bool:
    """Whether a path, with or without its suffix, ends with another."""
    return f"/{path.as_posix()}".endswith(f"/{end}") or f"/{path.with_suffix('').as_posix()}".endswith(f"/{end}")
