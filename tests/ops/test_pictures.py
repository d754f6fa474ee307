"""Text, colours and files of pictures; maps in original pixels."""

from pathlib import Path

import torch
from PIL import Image

from polyhead.contracts import Frame
from polyhead.ops.frames import restore_map
from polyhead.ops.pictures import caption, colour, save, strip


def test_colours_are_distinct_and_the_same_every_time() -> None:
    assert len({colour(index) for index in range(40)}) == 40
    assert colour(7) == colour(7)


def test_a_caption_changes_the_top_of_a_copy_only() -> None:
    image = torch.full((3, 64, 64), 200, dtype=torch.uint8)
    drawn = caption(image, "cat 0.98")
    assert (image == 200).all()
    assert (drawn[:, :10] == 0).any()
    assert (drawn[:, 20:] == 200).all()


def test_pictures_stand_side_by_side_with_a_gap() -> None:
    black = torch.zeros(3, 8, 5, dtype=torch.uint8)
    row = strip([black, black, black])
    assert row.shape == (3, 8, 3 * 5 + 2 * 4)
    assert (row[:, :, 5:9] == 255).all()


def test_a_saved_picture_is_read_back_pixel_by_pixel(tmp_path: Path) -> None:
    image = torch.randint(256, (3, 7, 9), dtype=torch.uint8)
    save(image, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as read:
        assert read.getpixel((8, 6)) == tuple(image[:, 6, 8].tolist())


def test_a_map_is_cut_out_of_its_padding_and_scaled_back() -> None:
    padded = torch.full((6, 4), torch.nan)
    padded[1:5] = torch.arange(16.0).view(4, 4)
    restored = restore_map(padded, Frame((8, 8), (0.5, 0.5), (1, 0)))
    assert torch.equal(restored, torch.arange(16.0).view(4, 4).repeat_interleave(2, 0).repeat_interleave(2, 1))
