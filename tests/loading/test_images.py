"""Reading image files and finding them."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from polyhead.errors import UserError
from polyhead.loading.images import find_images, image_size, read_image, read_mask

RED, BLUE = (255, 0, 0), (0, 0, 255)


def two_halves(width: int = 16, height: int = 8) -> Image.Image:
    """Return an image whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def test_a_jpeg_that_its_exif_turns_is_read_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned a quarter clockwise: what is stored left comes to the top
    two_halves().save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = read_image(tmp_path / "a.jpg")
    assert image.shape == (3, 16, 8)
    assert image_size(tmp_path / "a.jpg") == (16, 8)
    brightness = image.float().mean(2)  # of each channel and row
    assert brightness[0, 0] - brightness[2, 0] > 150  # red above
    assert brightness[2, -1] - brightness[0, -1] > 150  # blue below


def test_pixels_come_as_rgb_whatever_the_mode_of_the_file(tmp_path: Path) -> None:
    for mode, suffix in (("RGB", "png"), ("P", "png"), ("RGBA", "png"), ("CMYK", "tif")):
        two_halves().convert(mode).save(tmp_path / f"{mode}.{suffix}")
        image = read_image(tmp_path / f"{mode}.{suffix}")
        assert image.dtype == torch.uint8
        assert image[:, 4, 2].tolist() == list(RED), mode
        assert image[:, 4, 12].tolist() == list(BLUE), mode


def test_grey_of_8_and_of_16_bits_is_the_same_grey(tmp_path: Path) -> None:
    grey = np.array([[0, 100, 255]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "8.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "16.png")
    expected = torch.tensor([[[0, 100, 255]]] * 3)
    assert torch.equal(read_image(tmp_path / "8.png").long(), expected)
    assert torch.equal(read_image(tmp_path / "16.png").long(), expected)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").unique().tolist() == [255]


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"hello", "is not an image"), ("half a JPEG", "truncated"), (None, "does not exist")],
)
def test_a_broken_file_is_one_line_with_its_name_and_the_reason(
    tmp_path: Path, content: bytes | str | None, says: str
) -> None:
    path = tmp_path / "broken.jpg"
    if content == "half a JPEG":
        noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        content = path.read_bytes()[: path.stat().st_size // 2]
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(UserError, match=says) as error:
        read_image(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_pixels_that_are_floats_are_refused_with_the_cure(tmp_path: Path) -> None:
    Image.fromarray(np.ones((2, 2), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(UserError, match=r"a\.tif: its pixels are floats .* save it with 8 or 16 bits"):
        read_image(tmp_path / "a.tif")


def test_a_folder_gives_its_images_in_natural_order(tmp_path: Path) -> None:
    for name in ("b10.png", "b2.PNG", "a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_images([str(tmp_path)])] == ["a.jpg", "b2.PNG", "b10.png"]


def test_files_folders_and_globs_keep_their_order_and_come_once(tmp_path: Path) -> None:
    for name in ("a1.png", "a2.png", "b.png"):
        (tmp_path / name).touch()
    paths = [str(tmp_path / "b.png"), str(tmp_path / "a*.png"), str(tmp_path)]
    assert [path.name for path in find_images(paths)] == ["b.png", "a1.png", "a2.png"]


def test_a_path_that_leads_to_no_image_is_named(tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "*.png"), str(tmp_path / "gone.png")):
        with pytest.raises(UserError, match=r"holds no image|no such file") as error:
            find_images([path])
        assert str(error.value).startswith(f"{path}: ")


GREY = [[0, 1, 2], [3, 128, 255]]
"""Numbers of a mask."""


def saved(path: Path, numbers: object, mode: str) -> Path:
    """Write an image of 8-bit numbers, converted to a mode."""
    Image.fromarray(np.array(numbers, np.uint8)).convert(mode).save(path)
    return path


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 77, (77, 77, 77)),
        ("LA", (77, 255), (77, 77, 77)),
        ("LA", (0, 0), (255, 255, 255)),
        ("RGBA", (200, 0, 100, 51), (244, 204, 224)),  # by hand: a fifth of the colour over four fifths of white
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("YCbCr", (128, 128, 128), (128, 128, 128)),
    ],
)
def test_every_mode_comes_as_the_rgb_that_it_shows(
    tmp_path: Path, mode: str, colour: int | tuple[int, ...], expected: tuple[int, ...]
) -> None:
    Image.new(mode, (5, 3), colour).save(tmp_path / "a.tif")
    image = read_image(tmp_path / "a.tif")
    assert image.shape == (3, 3, 5)
    assert image[:, 2, 4].tolist() == list(expected)


def test_a_cmyk_jpeg_has_the_colours_of_its_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    red, *others = read_image(tmp_path / "a.jpg")[:, 8, 8].tolist()
    assert red > 240
    assert max(others) < 15


def test_a_transparent_palette_colour_is_white(tmp_path: Path) -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "a.png", transparency=0)
    pixels = read_image(tmp_path / "a.png")
    assert pixels[:, 0, 0].tolist() == [255, 255, 255]
    assert pixels[:, 3, 3].tolist() == [10, 20, 30]


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_grey_of_16_bits_is_scaled_and_not_cut(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(np.array([[0, 256, 257 * 100, 40_000, 65_535]], np.uint16)).save(tmp_path / f"a.{suffix}")
    expected = [0, 1, 100, 156, 255]  # of 255: 40,000 / 65,535 is 155.6
    assert read_image(tmp_path / f"a.{suffix}")[0, 0].tolist() == expected


def test_big_endian_grey_of_16_bits_is_read_as_such(tmp_path: Path) -> None:
    Image.frombytes("I;16B", (2, 1), np.array([0, 257 * 200], ">u2").tobytes()).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif")[:, 0].tolist() == [[0, 200]] * 3


def test_whole_numbers_beyond_16_bits_are_refused_with_the_cure(tmp_path: Path) -> None:
    for value in (-1, 70_000):
        Image.fromarray(np.array([[0, value]], np.int32)).save(tmp_path / "a.tif")
        with pytest.raises(UserError, match=rf"a.tif: has the value {value}, .*; save it with 8 or 16 bits"):
            read_image(tmp_path / "a.tif")


def test_whole_numbers_of_32_bits_that_would_be_nearly_black_are_refused_with_the_cure(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(UserError, match=r"a.tif: has 32 bits a pixel and no value above 255, .*; save it with 8 or 16"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
def test_the_size_in_the_header_is_that_of_the_upright_pixels(tmp_path: Path, suffix: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.new("RGB", (16, 8)).save(path, exif=exif)
    assert image_size(path) == tuple(read_image(path).shape[1:]) == ((16, 8) if orientation > 4 else (8, 16))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_a_mask_is_its_grey_values(tmp_path: Path, mode: str) -> None:
    mask = read_mask(saved(tmp_path / "a.png", GREY, mode))
    assert mask.dtype == torch.uint8
    assert mask.tolist() == GREY


def test_a_mask_in_a_palette_is_its_indices_whatever_the_colours(tmp_path: Path) -> None:
    image = Image.fromarray(np.array(GREY, np.uint8))
    image.putpalette(np.random.default_rng(0).integers(0, 256, 768, dtype=np.uint8).tobytes())
    assert image.mode == "P"
    image.save(tmp_path / "a.png")
    assert read_mask(tmp_path / "a.png").tolist() == GREY


def test_a_mask_of_single_bits_is_0_and_1_and_one_of_16_bits_its_numbers(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "1.png")
    assert read_mask(tmp_path / "1.png").tolist() == [[0, 1]]
    Image.fromarray(np.array([[0, 7, 255]], np.uint16)).save(tmp_path / "16.png")
    assert read_mask(tmp_path / "16.png").tolist() == [[0, 7, 255]]


def test_a_mask_is_turned_as_its_own_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.array(GREY, np.uint8)).save(tmp_path / "a.png", exif=exif)
    assert read_mask(tmp_path / "a.png").tolist() == np.rot90(GREY, -1).tolist()


def test_pixels_that_are_no_class_numbers_are_refused_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    half = Image.new("LA", (2, 1), (3, 255))
    half.putpixel((1, 0), (3, 0))
    for image, says in (
        (Image.new("RGB", (2, 1), (1, 1, 2)), r"has coloured pixels, such as RGB \(1, 1, 2\)"),
        (half, "is transparent in places"),
        (Image.fromarray(np.ones((1, 2), np.float32)), "its pixels are floats"),
        (Image.fromarray(np.array([[0, 256]], np.uint16)), "has the value 256, and class numbers are 0 to 254"),
        (Image.fromarray(np.array([[0, -3]], np.int32)), "has the value -3, and class numbers are 0 to 254"),
    ):
        image.save(path)
        with pytest.raises(UserError, match=rf"a\.tif: {says}.*; save class numbers as a grey or palette PNG"):
            read_mask(path)


def test_grey_of_12_bits_is_white_at_4095(tmp_path: Path) -> None:
    short = ((256, 2), (257, 1), (258, 12), (259, 1), (262, 1))  # width, height, bits, no compression, 0 is black
    place = ((273, 122), (277, 1), (278, 1), (279, 3))  # of the pixels, channels, rows, bytes
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in (*short, *place))
    head = b"II*\0" + struct.pack("<IH", 8, 9)
    (tmp_path / "a.tif").write_bytes(head + tags + bytes(4) + bytes([0xFF, 0xF0, 0x00]))  # 4095 and 0
    assert read_image(tmp_path / "a.tif")[0, 0].tolist() == [255, 0]


def test_dark_grey_of_16_bits_is_dark_and_no_error(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 200]], np.uint16)).save(tmp_path / "a.png")
    (tmp_path / "a.pgm").write_bytes(b"P5\n2 1\n65535\n" + np.array([0, 200], ">u2").tobytes())
    for name in ("a.png", "a.pgm"):
        assert read_image(tmp_path / name)[0, 0].tolist() == [0, 1]
