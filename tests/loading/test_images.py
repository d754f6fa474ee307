"""Reading image files and finding them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from polyhead.errors import UserError
from polyhead.loading.images import find_images, image_size, read_image

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
