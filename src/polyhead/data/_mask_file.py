"""Masks in files of their own: the class number of each pixel, and which class a number is."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torchvision import tv_tensors

from polyhead.contracts import IGNORE
from polyhead.data import _yolo
from polyhead.data._album import content
from polyhead.data._regions import BACKGROUND
from polyhead.data._text import names_listed
from polyhead.data._yolo_files import names_file
from polyhead.errors import UserError
from polyhead.loading.images import read_mask

NAMES_FILE = "classes.txt"
FOREGROUND = (BACKGROUND, "foreground")
"""The names of two classes that nobody named."""
YOLOS = (
    f"{NAMES_FILE} names the classes of YOLO's labels, without a background: write these into data.yaml, and then "
    f"the masks' into {NAMES_FILE}, or set data.name=mask_folder and data.names"
)
"""What to do where one file would name two kinds of classes."""
MANY = 2000
"""Masks of three classes or more are looked at before a run where there are no more of them than this."""
WHITE = 255
SMEARED = frozenset({".jpeg", ".jpg"})


class MaskFile(NamedTuple):
    """The mask of an image, in a file of its own.

    Attributes:
        path: The file.
        white: Whether 255 is class 1, and not what nobody labelled.
    """

    path: Path
    white: bool

    def __repr__(self) -> str:  # hashed: a fingerprint writes out every label
        return f"MaskFile({self.path.name!r}, {content(self.path).hex()}, {self.white})"

    def target(self, names: Sequence[str], size: tuple[int, int]) -> Any:
        """Return the tv_tensors.Mask (H, W) uint8 of class numbers, 255 where nobody labelled."""
        mask = read_mask(self.path)
        if (own := (mask.shape[0], mask.shape[1])) != size:
            raise UserError(f"{self.path}: is {by(own)}, and its image {by(size)}; save both in one size")
        if self.white:
            mask[mask == WHITE] = 1
        strange = mask[(mask >= len(names)) & (mask != IGNORE)]
        if len(strange):
            raise unnamed(self.path, int(strange[0]), names)
        return tv_tensors.Mask(mask)


def by(size: tuple[int, int]) -> str:
    """Return H, W as width x height in words."""
    return f"{size[1]} x {size[0]} pixels"


def unnamed(file: Path, value: int, names: Sequence[str], why: str = "") -> UserError:
    """Return the error for a number in a mask that is no class; `why` says what classes.txt is, if not their names."""
    smeared = " (JPEG changes numbers: save masks as PNG)" if file.suffix.lower() in SMEARED else ""
    named = f"the classes are 0 to {len(names) - 1}" if names else "the classes have no names"
    cure = f"name every number, from 0 on, one a line in {NAMES_FILE} in the data's root, or in the option names"
    return UserError(f"{file}: has the value {value}, and {named}{smeared}; {why or cure}")


def classes(root: Path, masks: Sequence[Path], names: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Return the names of the classes of some masks, and whether 255 is class 1.

    All masks are read where there may be two classes only, since 255 may then be the foreground; where there are more,
    255 is unlabelled, and masks are read only if they are few.

    Args:
        root: The folder in which classes.txt is.
        masks: All files, one or more.
        names: Of each number from 0 on; (): as classes.txt says, else background and foreground.

    Raises:
        UserError: If names are too few, too many or there twice, or numbers have none; it names the file.
    """
    called = checked(root, tuple(names) or names_of(root))
    if len(called) > 2 and len(masks) > MANY:
        return called, False
    found = values_of(masks)
    only_white = WHITE in found and found.keys() <= {0, WHITE}
    if only_white and len(called) > 2:
        raise UserError(
            f"{found[WHITE]}: masks hold 0 and {WHITE} only, and {WHITE} is what nobody labelled where there are"
            f" {len(called)} classes; write class numbers, or name two classes"
        )
    white = only_white
    strange = [value for value in found if value >= max(2, len(called)) and value != IGNORE]
    if strange:
        raise unnamed(found[strange[0]], strange[0], called, YOLOS if not called and is_yolos(root) else "")
    return called or FOREGROUND, white


def checked(root: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names as they are.

    Raises:
        UserError: If there is but one, or more than a mask can number, or one is there twice.
    """
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UserError(f"{root}: the class {twice[0]!r} is named twice; give each number a name of its own")
    if len(names) == 1 or len(names) > IGNORE:
        raise UserError(
            f"{root}: masks have 2 to {IGNORE} classes, the background among them, and {len(names)} is named"
            " in classes.txt or the option names; name each number, from 0 on"
        )
    return names


def names_of(root: Path) -> tuple[str, ...]:
    """Return the names in classes.txt; () where there is none, or where it is of YOLO's labels."""
    file = root / NAMES_FILE
    known = (file.is_file() or file.is_symlink()) and not is_yolos(root)
    return tuple(names_listed(file).values()) if known else ()


def is_yolos(root: Path) -> bool:
    """Whether classes.txt names the classes of YOLO's labels, which know no background, and so not those of masks."""
    file = root / NAMES_FILE
    return _yolo.fits(root) and names_file(root) == file and names_listed(file)[0].lower() != BACKGROUND


def values_of(masks: Sequence[Path]) -> dict[int, Path]:
    """Return the numbers that stand in masks, ascending, each with the first file that has it.

    Raises:
        UserError: If a mask cannot be read; it names the file.
    """
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda path: torch.bincount(read_mask(path).flatten(), minlength=256).nonzero()[:, 0], masks)
        first: dict[int, Path] = {}
        for path, values in zip(masks, found, strict=True):
            for value in values.tolist():
                first.setdefault(value, path)
    return dict(sorted(first.items()))
