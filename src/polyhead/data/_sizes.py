"""The sizes of image files, and whether they are those that labels were made for."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from polyhead.errors import UserError
from polyhead.findings.collecting import leaving_out, refuse
from polyhead.loading.images import image_size, look

Size = tuple[int, int]


def read_sizes(paths: Sequence[Path]) -> list[Size | None]:
    """Return H, W of the upright images of files, from their headers, read side by side; None of what is left out.

    Raises:
        UserError: If one cannot be read; it names the file.
    """
    sizes: list[Size | None] = []
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(size_or_error, paths):
            sizes.append(None)
            with leaving_out():
                sizes[-1] = known(found)
    return sizes


def size_or_error(path: Path) -> Size | UserError:
    """Return the size of an image file, or why it has none: who collects errors is not heard of in threads."""
    try:
        return image_size(path)
    except UserError as error:
        return error


def known(found: Size | UserError) -> Size:
    """Return what is a size; raise what is an error."""
    if isinstance(found, UserError):
        raise found
    return found


def check_size(
    file: Path, entry: str, written: tuple[float | None, float | None], path: Path, size: Size, **more: Any
) -> bool:
    """Return whether an image file has the size that is written down, if one is.

    Args:
        file: The file in which it is written.
        entry: Where in it, in words.
        written: Width and height; None or 0 where nobody says.
        path: The image.
        size: H, W of it, upright.
        more: As of `refuse`.

    Raises:
        UserError: If not; it says where an EXIF orientation is the reason.
    """
    height, width = size
    given = (written[0] or width, written[1] or height)
    if given == (width, height):
        return True
    turned = given == look(path, lambda image: image.size)
    what = f"{entry} has width {given[0]:.10g} and height {given[1]:.10g} there, and {path} is {width} x {height}"
    what += ": that is its size before its EXIF orientation" if turned else ""
    cure = "save it upright" if turned else "replace it or mend the entry"
    refuse("image-size", file, what, f"{cure}, so that boxes fit", image=str(path), **more)
    return False
