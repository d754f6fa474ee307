"""Every kind of image file, read as what it shows, or named."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from polyhead.errors import UserError
from polyhead.loading.images import image_size, read_image, read_mask

SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""Where the first row and the first column of the stored image are to be seen: EXIF 2.32, tag 274."""
OPPOSITE = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
LOSSLESS: dict[str, dict[str, Any]] = {"png": {}, "tif": {}, "webp": {"lossless": True}}


def corner(pixels: NDArray[Any], sides: set[str]) -> list[int]:
    """Return the pixel in the corner of two sides."""
    found: list[int] = pixels[..., -1 if "bottom" in sides else 0, -1 if "right" in sides else 0].tolist()
    return found


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize("suffix", LOSSLESS)
def test_each_exif_orientation_brings_rows_and_columns_to_their_sides(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    stored = np.arange(3 * 5, dtype=np.uint8).reshape(3, 5)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).convert("RGB").save(tmp_path / f"a.{suffix}", exif=exif, **LOSSLESS[suffix])
    pixels = read_image(tmp_path / f"a.{suffix}").numpy()
    row, column = SIDES[orientation]
    assert corner(pixels, {row, column}) == [0, 0, 0]
    assert corner(pixels, {row, OPPOSITE[column]}) == [4, 4, 4]
    assert corner(pixels, {OPPOSITE[row], column}) == [10, 10, 10]
    assert image_size(tmp_path / f"a.{suffix}") == pixels.shape[1:]


@pytest.mark.parametrize("suffix", ["gif", *LOSSLESS])
def test_an_animation_is_its_first_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    frames = [Image.new("RGB", (6, 4), colour) for colour in ((255, 0, 0), (0, 0, 255), (0, 255, 0))]
    frames[0].save(path, save_all=True, append_images=frames[1:], **LOSSLESS.get(suffix, {}))
    with Image.open(path) as image:
        assert getattr(image, "n_frames", 1) == 3
    assert read_image(path)[:, 3, 5].tolist() == [255, 0, 0]
    assert image_size(path) == (4, 6)


def test_the_mask_of_an_animation_is_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("L", (6, 4), number) for number in (3, 7)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert read_mask(tmp_path / "a.tif").unique().tolist() == [3]


@pytest.mark.parametrize("suffix", ["jpg", "gif", "bmp", "ppm", *LOSSLESS])
@pytest.mark.parametrize("left", [0.5, 0.9])
def test_a_truncated_file_of_any_format_is_named_and_never_half_read(tmp_path: Path, suffix: str, left: float) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: int(left * path.stat().st_size)])
    with pytest.raises(UserError, match=rf"a\.{suffix}: .*; replace the file or leave it out$"):
        read_image(path)


def png_of_16_bits(pixels: list[int]) -> bytes:
    """Return a PNG of one pixel, whose channels have 16 bits, byte by byte after its specification."""
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[len(pixels)]
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", 1, 1, 16, kind, 0, 0, 0),
        b"IDAT": zlib.compress(b"\0" + struct.pack(f">{len(pixels)}H", *pixels)),
        b"IEND": b"",
    }
    whole = (struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in parts.items())
    return b"\x89PNG\r\n\x1a\n" + b"".join(whole)


@pytest.mark.parametrize(
    ("channels", "expected"),
    [
        ((257 * 100,), [100, 100, 100]),
        ((257 * 100, 65_535), [100, 100, 100]),
        ((257 * 100, 0), [255, 255, 255]),  # transparent
        ((65_535, 257 * 100, 0), [255, 100, 0]),
        ((65_535, 257 * 100, 0, 65_535), [255, 100, 0]),
        ((65_535, 257 * 100, 0, 0), [255, 255, 255]),
    ],
)
def test_channels_of_16_bits_are_scaled_to_8(tmp_path: Path, channels: tuple[int, ...], expected: list[int]) -> None:
    (tmp_path / "a.png").write_bytes(png_of_16_bits(list(channels)))
    assert read_image(tmp_path / "a.png").flatten().tolist() == expected


def test_a_colour_tiff_of_16_bits_is_scaled_to_8(tmp_path: Path) -> None:
    whole = ((256, 1), (257, 1), (258, 122), (259, 1), (262, 2))  # width, height, place of the bits, plain, RGB
    place = ((273, 128), (277, 3), (278, 1), (279, 6))  # of the pixels, channels, rows, bytes
    tags = [struct.pack("<HHII", tag, 3, 3 if tag == 258 else 1, value) for tag, value in (*whole, *place)]
    head = b"II*\0" + struct.pack("<IH", 8, 9) + b"".join(tags) + bytes(4)
    (tmp_path / "a.tif").write_bytes(head + struct.pack("<6H", 16, 16, 16, 65_535, 257 * 100, 0))
    assert read_image(tmp_path / "a.tif").flatten().tolist() == [255, 100, 0]


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_is_the_ink_that_it_stands_for(tmp_path: Path, suffix: str) -> None:
    inks = {(0, 0, 0, 0): 255, (0, 0, 0, 255): 0, (0, 0, 0, 155): 100, (155, 155, 155, 0): 100}  # grey that is left
    for ink, grey in inks.items():
        Image.new("CMYK", (16, 16), ink).save(tmp_path / f"a.{suffix}")
        pixel = read_image(tmp_path / f"a.{suffix}")[:, 8, 8].tolist()
        assert pixel == pytest.approx([grey] * 3, abs=2)
