"""One label file of YOLO: the boxes and polygons of an image, a line each."""

import math
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from polyhead.data._flaws import shown
from polyhead.data._text import read_lines
from polyhead.findings.collecting import refuse
from polyhead.findings.finding import Corners

SLACK: Final = 0.5
"""How far a number may be outside 0 to 1: more is no rounding, and likely pixels."""
TAKES: Final = "class x y width height, or class and x y of three corners or more"


class Fault(ValueError):  # noqa: N818  # it is one of data
    """What is wrong with a line: its kind, what it is, and the cure."""

    def __init__(self, kind: str, what: str, cure: str) -> None:
        super().__init__(f"{what}; {cure}")
        self.kind: Final = kind
        self.what: Final = what
        self.cure: Final = cure


class Mark(NamedTuple):
    """One object.

    Attributes:
        line: Its line in the file, from 1.
        name: Its class.
        polygon: Whether it is one.
        numbers: x, y of the centre, width, height of a box; x, y, x, y ... of the corners of a polygon; all as shares
            of the image's width and height.
    """

    line: int
    name: str
    polygon: bool
    numbers: "array[float]"

    def corners(self, size: tuple[int, int]) -> Corners:
        """Return x1, y1, x2, y2 of the box, or of that around the polygon, in pixels of an image of `size` (H, W)."""
        height, width = size
        if self.polygon:
            across, down = self.numbers[::2], self.numbers[1::2]
            return min(across) * width, min(down) * height, max(across) * width, max(down) * height
        x, y, w, h = self.numbers
        return (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height

    def outline(self, size: tuple[int, int]) -> "array[float]":
        """Return the corners of the polygon in pixels of an image of `size` (H, W)."""
        height, width = size
        return array("d", (value * (height if place % 2 else width) for place, value in enumerate(self.numbers)))


def read_marks(file: Path, classes: Mapping[int, str], origin: Path) -> list[Mark]:
    """Return the objects of a label file, [] of an empty one.

    Args:
        file: The file.
        classes: Names by class number.
        origin: Where these are written.

    Raises:
        UserError: If it is no text, or a line is not of the form; it names file, line and the cure.
    """
    marks: list[Mark] = []
    for number, line in enumerate(read_lines(file), 1):
        words = line.split()
        if not words:
            continue
        try:
            name = class_named(words[0], classes, origin)
            marks.append(Mark(number, name, len(words) > 5, read_numbers(words[1:])))
        except Fault as error:
            refuse(error.kind, file, error.what, error.cure, line=number)
    return marks


def class_named(word: str, classes: Mapping[int, str], origin: Path) -> str:
    """Return the name of the class whose number a line begins with.

    Raises:
        Fault: If it is no whole number, or one without a name.
    """
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if not number.is_integer():
        cure = f"write the number that its name has in {origin}"
        raise Fault("class-number-broken", f"class {shown(word)} is no whole number", cure)
    if number not in classes:
        what = f"class {number:.0f} has no name in {origin}, which has {min(classes)} to {max(classes)}"
        raise Fault("class-number-unknown", what, "add it there or mend the line")
    return classes[int(number)]


def read_numbers(words: list[str]) -> "array[float]":
    """Return the numbers of a line after its class.

    Raises:
        Fault: If they are too few or too many, no numbers, or not within 0 to 1.
    """
    if len(words) != 4 and (len(words) < 6 or len(words) % 2):
        score = "; if the last one is a score, delete it" if len(words) == 5 else ""
        raise Fault("label-columns", f"has {len(words) + 1} columns", f"it takes {TAKES}{score}")
    try:
        numbers = array("d", map(float, words))
    except ValueError:
        what = f"has a word that is no number ({shown(' '.join(words))})"
        raise Fault("label-number", what, f"it takes {TAKES}") from None
    for value in numbers:
        if not math.isfinite(value):
            raise Fault("label-number", f"has the number {value}", "mend or delete the line")
        if not -SLACK <= value <= 1 + SLACK:
            cure = "if these are pixels, divide x by the width of the image and y by its height"
            raise Fault("label-pixels", f"has the number {value:g}, far outside 0 to 1", cure)
    return numbers
