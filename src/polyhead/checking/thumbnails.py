"""Small pictures of the images that findings are about, the box marked."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from polyhead.errors import UserError
from polyhead.findings.finding import Corners, Finding
from polyhead.loading.images import read_image

SIDE: Final = 192
"""Pixels of the longer side."""
LEAST: Final = 6
"""Pixels that a mark has at least, so that a box without area is seen."""
COLOUR: Final = (230, 30, 60)


def thumbnail(found: Finding) -> str:
    """Return the image of a finding as a data URI; "" where it has none, or it cannot be read."""
    path = Path(found.image)
    if not found.image or not path.is_file():
        return ""
    try:
        pixels = read_image(path)
    except UserError:
        return ""
    image = Image.fromarray(np.ascontiguousarray(pixels.permute(1, 2, 0).numpy()))
    scale = SIDE / max(image.size)
    small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    if found.box:
        mark(small, found.box, scale)
    file = BytesIO()
    small.save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}"


def mark(image: Image.Image, box: Corners, scale: float) -> None:
    """Draw a box into an image that was scaled, as much of it as can be seen; one outside lies at the edge."""
    x1, x2 = span(box[0] * scale, box[2] * scale, image.width - 1)
    y1, y2 = span(box[1] * scale, box[3] * scale, image.height - 1)
    ImageDraw.Draw(image).rectangle((x1, y1, x2, y2), outline=COLOUR, width=2)


def span(one: float, other: float, most: float) -> tuple[float, float]:
    """Return a part of 0 to `most` that covers what it can of another, and is LEAST long if there is room."""
    low, high = (min(max(value, 0.0), most) for value in sorted((one, other)))
    missing = max(0.0, LEAST - (high - low)) / 2
    low, high = low - missing, high + missing
    shift = max(0.0, -low) - max(0.0, high - most)
    return max(0.0, low + shift), min(most, high + shift)
