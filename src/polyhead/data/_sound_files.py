"""Whether the image files of an album are there, once each, and hold something."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from polyhead.data._photos import Photo
from polyhead.findings.collecting import has_room, refusal, refuse


def sound_photos(root: Path, photos: Sequence[Photo]) -> list[Photo]:
    """Return the photographs whose files are there, once each, and not empty.

    Raises:
        UserError: If some are not; it names the first. If there is none at all.
    """
    paths = [photo.path for photo in photos]
    dead = dict.fromkeys(path for path in paths if not path.exists())
    refuse_each("image-dead-link", list(dead), "is a link to nothing", "mend the link or leave it out")
    twice = [path for path, count in Counter(paths).items() if count > 1]
    refuse_each("image-twice", twice, "is listed twice", "list each image once")
    empty = [path for path in paths if path not in dead and path.stat().st_size == 0]
    refuse_each("image-empty", empty, "is empty (0 bytes)", "replace the file or leave it out")
    broken = {*dead, *empty}
    once: dict[Path, Photo] = {}
    for photo in photos:
        once.setdefault(photo.path, photo)
    sound = [photo for path, photo in once.items() if path not in broken]
    if not sound:
        raise refusal("images-missing", root, "holds no image that is labelled", "check the path, or add images")
    return sound


def refuse_each(kind: str, paths: Sequence[Path], what: str, cure: str) -> None:
    """Refuse images for one reason; where that is an error, it is the one of the first, which counts the others."""
    for path in paths:
        more = "" if has_room() else others(paths)
        refuse(kind, path, f"{what}{more}", cure, image=str(path))


def others(found: Sequence[Any]) -> str:
    """Return " (and n more)" for what was found beside the first."""
    return f" (and {len(found) - 1} more)" if len(found) > 1 else ""
