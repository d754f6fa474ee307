"""The sizes of image files, and whether they are those that labels were made for."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from polyhead.errors import UserError
from polyhead.loading.images import image_size, look

Size = tuple[int, int]


def read_sizes(paths: Sequence[Path]) -> list[Size]:
    """Return H, W of the upright images of files, from their headers, read side by side.

    Raises:
        UserError: If one cannot be read; it names the file.
    """
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(image_size, paths))


def check_size(place: str, written: tuple[float | None, float | None], path: Path, size: Size) -> None:
    """Check that an image file has the size that is written down, if one is.

    Args:
        place: Where it is written, for the message.
        written: Width and height; None or 0 where nobody says.
        path: The image.
        size: H, W of it, upright.

    Raises:
        UserError: If not; it says where an EXIF orientation is the reason.
    """
    height, width = size
    given = (written[0] or width, written[1] or height)
    if given == (width, height):
        return
    turned = given == look(path, lambda image: image.size)
    what = "that is its size before its EXIF orientation; save it upright" if turned else "replace it or mend the entry"
    raise UserError(
        f"{place} has width {given[0]:.10g} and height {given[1]:.10g} there, "
        f"and {path} is {width} x {height}: {what}, so that boxes fit"
    )
