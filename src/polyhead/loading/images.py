"""Image files -> (3, H, W) uint8 RGB tensors, upright; and the image files behind paths, folders and globs."""

import re
from collections.abc import Sequence
from glob import glob
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from polyhead.errors import UserError

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def read_image(path: str | Path) -> Tensor:
    """Return the image of a file, (3, H, W) uint8 RGB, turned as its EXIF orientation says.

    Transparency is laid over white; 16-bit grey is scaled to 8 bits; the first frame stands for an animation.

    Raises:
        UserError: If the file is missing, empty, truncated or no image; it names the file, the reason and the cure.
    """
    try:
        with Image.open(path) as image:
            pixels = np.array(to_rgb(ImageOps.exif_transpose(image)))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except Exception as error:  # on broken bytes Pillow's decoders raise nearly anything
        raise UserError(f"{path}: {reason(Path(path), error)}; replace the file or leave it out") from error
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def image_size(path: str | Path) -> tuple[int, int]:
    """Return H, W of the upright image of a file, from its header alone.

    Raises:
        UserError: As `read_image`, as far as the header shows it.
    """
    try:
        with Image.open(path) as image:
            turned = image.getexif().get(0x0112, 1) >= 5  # orientations 5 to 8 lie on their side
            width, height = image.size
    except Exception as error:  # on broken bytes Pillow's decoders raise nearly anything
        raise UserError(f"{path}: {reason(Path(path), error)}; replace the file or leave it out") from error
    return (width, height) if turned else (height, width)


def to_rgb(image: Image.Image) -> Image.Image:
    """Return any Pillow image as 8-bit RGB.

    Raises:
        UserError: If its pixels are floats, whose range nobody knows.
    """
    if image.mode == "F":
        raise UserError("its pixels are floats of unknown range; save it with 8 or 16 bits a channel")
    if image.mode.startswith("I"):  # 16 bits, also where Pillow widens them to 32
        grey = np.asarray(image).clip(0, 65535).astype(np.float32)
        return Image.fromarray((grey / 257).round().astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def reason(path: Path, error: Exception) -> str:
    """Return in words why a file could not be read."""
    if path.is_dir():
        return "is a folder, not an image"
    if not path.exists():
        return "does not exist"
    if path.stat().st_size == 0:
        return "is empty (0 bytes)"
    if isinstance(error, UnidentifiedImageError):
        return "is not an image that can be read"
    return f"cannot be read as an image ({' '.join(str(error).split()) or type(error).__name__})"


def find_images(paths: Sequence[str]) -> list[Path]:
    """Return the image files behind files, folders (their own files, not those of folders within) and globs.

    They come in the order of `paths`, in natural order (2 before 10) within each, and once each. A file that is named
    itself is taken whatever its suffix.

    Raises:
        UserError: If a path does not exist, or a folder or glob holds no image.
    """
    found = [file for path in paths for file in sorted(behind(path), key=natural)]
    return list(dict.fromkeys(found))


def behind(path: str) -> list[Path]:
    """Return the image files behind one path, in no order; errors as `find_images`."""
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if not place.is_dir() and not re.search(r"[*?\[]", path):
        raise UserError(f"{path}: no such file or folder; check the path")
    inside = place.iterdir() if place.is_dir() else map(Path, glob(str(place), recursive=True))  # noqa: PTH207  # absolute patterns too
    images = [file for file in inside if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not images:
        raise UserError(f"{path}: holds no image (looked for {', '.join(sorted(SUFFIXES))}); check the path")
    return images


def natural(path: Path) -> list[tuple[int, str]]:
    """Return a sort key by which `a2` comes before `a10`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", str(path).lower())]
