"""Masks in files of their own: the class number of each pixel, and which class a number is."""

from collections.abc import Mapping, Sequence
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
from polyhead.findings.collecting import Refusal, leaving_out, refusal, refuse
from polyhead.loading.images import read_mask

NAMES_FILE = "classes.txt"
FOREGROUND = (BACKGROUND, "foreground")
"""The names of two classes that nobody named."""
YOLOS = (
    f"{NAMES_FILE} names the classes of YOLO's labels, without a background: write these into data.yaml, and then "
    f"the masks' into {NAMES_FILE}, or set data.name=mask_folder and data.classes"
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
            raise refusal("mask-size", self.path, f"is {by(own)}, and its image {by(size)}", "save both in one size")
        if self.white:
            mask[mask == WHITE] = 1
        strange = mask[(mask >= len(names)) & (mask != IGNORE)]
        if len(strange):
            raise unnamed(self.path, int(strange[0]), names)
        return tv_tensors.Mask(mask)


def by(size: tuple[int, int]) -> str:
    """Return H, W as width x height in words."""
    return f"{size[1]} x {size[0]} pixels"


def unnamed(file: Path, value: int, names: Sequence[str], why: str = "") -> Refusal:
    """Return the error for a number in a mask that is no class; `why` says what classes.txt is, if not their names."""
    smeared = " (JPEG changes numbers: save masks as PNG)" if file.suffix.lower() in SMEARED else ""
    named = f"the classes are 0 to {len(names) - 1}" if names else "the classes have no names"
    cure = f"name every number, from 0 on, one a line in {NAMES_FILE} in the data's root, or in the option names"
    return refusal("mask-value", file, f"has the value {value}, and {named}{smeared}", why or cure)


def classes(root: Path, masks: Sequence[Path], names: Sequence[str]) -> tuple[list[Path], tuple[str, ...], bool]:
    """Return the masks that are sound, the names of their classes, and whether 255 is class 1.

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
        return list(masks), called, False
    values = values_of(masks)
    held = {value for found in values.values() for value in found}
    only_white = WHITE in held and held <= {0, WHITE}
    if only_white and len(called) > 2:
        first = next(path for path, found in values.items() if WHITE in found)
        what = (
            f"masks hold 0 and {WHITE} only, and {WHITE} is what nobody labelled where there are {len(called)} classes"
        )
        refuse("mask-white", first, what, "write class numbers, or name two classes", whole=True)
    why = YOLOS if not called and is_yolos(root) else ""
    return named_masks(values, called, why), called or FOREGROUND, only_white


def named_masks(values: Mapping[Path, Sequence[int]], called: Sequence[str], why: str) -> list[Path]:
    """Return the masks whose numbers are all those of classes; errors as `classes`.

    Args:
        values: The numbers in each.
        called: Class names, () where there are none.
        why: As of `unnamed`.
    """
    most = max(2, len(called))
    strange = {path: [one for one in found if one >= most and one != IGNORE] for path, found in values.items()}
    bad = {path: found[0] for path, found in strange.items() if found}
    for path, value in sorted(bad.items(), key=lambda one: one[1]):
        with leaving_out():
            raise unnamed(path, value, called, why)
    return [path for path in values if path not in bad]


def checked(root: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names as they are.

    Raises:
        UserError: If there is but one, or more than a mask can number, or one is there twice.
    """
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        what = f"the class {twice[0]!r} is named twice"
        raise refusal("class-name-twice", root, what, "give each number a name of its own")
    if len(names) == 1 or len(names) > IGNORE:
        what = f"masks have 2 to {IGNORE} classes, the background among them, and {len(names)} is named"
        where = "in classes.txt or the option names"
        raise refusal("class-count", root, f"{what} {where}", "name each number, from 0 on")
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


def values_of(masks: Sequence[Path]) -> dict[Path, list[int]]:
    """Return the numbers that stand in each mask, ascending, of those that can be read.

    Raises:
        UserError: If a mask cannot be read; it names the file.
    """
    values: dict[Path, list[int]] = {}
    with ThreadPoolExecutor(8) as pool:
        for path, found in zip(masks, pool.map(values_in, masks), strict=True):
            with leaving_out():
                if isinstance(found, UserError):
                    raise found
                values[path] = found
    return values


def values_in(path: Path) -> list[int] | UserError:
    """Return the numbers in a mask, or why it cannot be read: who collects errors is not known in threads."""
    try:
        return torch.bincount(read_mask(path).flatten(), minlength=256).nonzero()[:, 0].tolist()
    except UserError as error:
        return error
