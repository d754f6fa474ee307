"""Image files -> (3, H, W) uint8 RGB tensors, upright; and the image files behind paths, folders and globs."""

import re
from collections.abc import Callable, Sequence
from glob import glob
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from polyhead.errors import UserError
from polyhead.findings.collecting import refusal

T = TypeVar("T")
REASONS = {
    "does not exist": "image-missing",
    "is a link to nothing": "image-dead-link",
    "is empty (0 bytes)": "image-empty",
}
"""The kinds of findings behind some reasons why files cannot be read."""
SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def read_image(path: str | Path) -> Tensor:
    """Return the image of a file, (3, H, W) uint8 RGB, turned as its EXIF orientation says.

    Transparency is laid over white; grey of more bits is scaled to 8; the first frame stands for an animation.

    Raises:
        UserError: If the file is missing, empty, truncated or no image; it names the file, the reason and the cure.
    """
    pixels = look(path, lambda image: np.array(to_rgb(ImageOps.exif_transpose(image), grey_bits(image))))
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def read_mask(path: str | Path) -> Tensor:
    """Return the numbers that stand in a mask's file, (H, W) uint8, turned as its EXIF orientation says.

    They are grey values as Pillow gives them, the indices of a palette, whatever its colours, or the 0 and 1 of single
    bits.

    Raises:
        UserError: As `read_image`; and if pixels are coloured, transparent, floats, or not in 0 to 255.
    """
    numbers = look(path, lambda image: to_numbers(ImageOps.exif_transpose(image)), "mask-unreadable")
    return torch.from_numpy(numbers)


def image_size(path: str | Path) -> tuple[int, int]:
    """Return H, W of the upright image of a file, from its header alone.

    Raises:
        UserError: As `read_image`, as far as the header shows it.
    """
    return look(path, upright_size)


def look(path: str | Path, what: Callable[[Image.Image], T], kind: str = "image-values") -> T:
    """Return what a function makes of the image in a file; errors as `read_image`, its own as `kind`."""
    try:
        with Image.open(path) as image:
            return what(image)
    except UserError as error:
        said, _, cure = str(error).partition("; ")
        raise refusal(kind, path, said, cure, image=str(path)) from None
    except Exception as error:  # on broken bytes Pillow's decoders raise nearly anything
        why = reason(Path(path), error)
        cure = "replace the file or leave it out"
        raise refusal(REASONS.get(why, "image-unreadable"), path, why, cure, image=str(path)) from error


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return H, W of an image once it is turned as its EXIF orientation says."""
    width, height = image.size
    if image.format == "TIFF":  # Pillow turns these itself, and their size is that after it
        return height, width
    turned = image.getexif().get(0x0112) in {5, 6, 7, 8}  # these lie on their side
    return (width, height) if turned else (height, width)


def grey_bits(image: Image.Image) -> int:
    """Return how many bits a pixel of a grey image has in its file."""
    if image.format == "TIFF":
        return int(image.tag_v2.get(258, (16,))[0])  # type: ignore[attr-defined]  # of Pillow's class for TIFF
    return 16 if image.format in {"PNG", "PPM"} or image.mode.startswith("I;16") else 32


def to_rgb(image: Image.Image, bits: int) -> Image.Image:
    """Return any Pillow image as 8-bit RGB.

    Args:
        image: As Pillow opens it, or turned.
        bits: Of a pixel in its file, as `grey_bits` says; they tell what is white where these are more than 8.

    Raises:
        UserError: If its pixels are floats or 32-bit numbers, and nobody can know what is white.
    """
    if image.mode == "F":
        raise UserError("its pixels are floats of unknown range; save it with 8 or 16 bits a channel")
    if image.mode.startswith("I"):
        grey, white = np.asarray(image), 2 ** min(bits, 16) - 1
        if grey.min() < 0 or grey.max() > white:
            worst = grey.max() if grey.max() > white else grey.min()
            raise UserError(f"has the value {worst}, and grey is 0 to {white}; save it with 8 or 16 bits a channel")
        if bits > 16 and grey.max() < 256:
            raise UserError(
                f"has {bits} bits a pixel and no value above {grey.max()}, nearly black in a grey of 0 to {white}; "
                "save it with 8 or 16 bits a channel"
            )
        return Image.fromarray((grey.astype(np.float32) * 255 / white).round().astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def to_numbers(image: Image.Image) -> NDArray[np.uint8]:
    """Return the numbers in a mask's pixels, (H, W) uint8.

    Raises:
        UserError: As `read_mask`.
    """
    cure = "save class numbers as a grey or palette PNG of 8 bits"
    if image.mode == "F":
        raise UserError(f"its pixels are floats; {cure}")
    numbers = np.array(image)
    if image.mode in {"LA", "PA", "RGBA", "RGBa", "La"}:
        if (numbers[..., -1] != numbers[..., -1].max()).any():
            raise UserError(f"is transparent in places; {cure}, with 255 where nothing is labelled")
        numbers = numbers[..., :-1]
    if numbers.ndim == 3:
        coloured = numbers[(numbers != numbers[..., :1]).any(2)]
        if len(coloured):
            raise UserError(f"has coloured pixels, such as {image.mode} {tuple(coloured[0].tolist())}; {cure}")
        numbers = numbers[..., 0]
    if numbers.min() < 0 or numbers.max() > 255:
        worst = numbers.max() if numbers.max() > 255 else numbers.min()
        raise UserError(f"has the value {worst}, and class numbers are 0 to 254, or 255 for unlabelled; {cure}")
    return numbers.astype(np.uint8)


def reason(path: Path, error: Exception) -> str:
    """Return in words why a file could not be read."""
    if path.is_dir():
        return "is a folder, not an image"
    if not path.exists():
        return "is a link to nothing" if path.is_symlink() else "does not exist"
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
