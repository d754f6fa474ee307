"""What is wrong with parts of files: left out or kept, counted, and named."""

from pathlib import Path

import pytest
from PIL import Image

from polyhead.data._flaws import Flaws, boxes_within, counted, first, shown, unlisted, unused
from polyhead.data._photos import Boxes, Photo
from polyhead.data._sizes import read_sizes
from polyhead.errors import UserError

FILE = Path("data/a.json")
Corners = tuple[float, float, float, float]


def within(*corners: Corners) -> tuple[list[Corners], list[str]]:
    """Return the boxes that are left of some in an image of 10 x 20 (H, W), and the lines about the others."""
    flaws = Flaws(Path("data"))
    boxes = boxes_within([(f"box {n}", "cat", one) for n, one in enumerate(corners)], (10, 20), FILE, flaws)
    assert list(boxes.names) == ["cat"] * len(boxes.corners)
    return list(boxes.corners), flaws.lines()


def test_good_boxes_stay_as_they_are_and_nothing_is_said() -> None:
    assert within((0, 0, 20, 10), (1.5, 2, 3, 4)) == ([(0, 0, 20, 10), (1.5, 2, 3, 4)], [])


@pytest.mark.parametrize(
    ("corners", "left", "says"),
    [
        ((5, 5, 5, 9), [], "without area: left out"),
        ((5, 9, 9, 5), [], "without area: left out"),
        ((25, 1, 30, 5), [], "outside the image: left out"),
        ((-9, 1, 0, 5), [], "outside the image: left out"),
        ((15, 5, 25, 20), [(15, 5, 20, 10)], "sticking out of the image: cut"),
    ],
)
def test_a_box_that_does_not_fit_is_cut_or_left_out_aloud(corners: Corners, left: list[Corners], says: str) -> None:
    assert within(corners) == (left, [f"data/a.json: 1 box {says} (box 0)"])


def test_a_box_is_cut_in_silence_where_rounding_moved_it_out() -> None:
    assert within((-0.5, 0, 20.9, 10)) == ([(0, 0, 20, 10)], [])


def test_boxes_that_are_there_twice_stay_and_are_counted() -> None:
    boxes, lines = within((1, 1, 3, 3), (1, 1, 3, 3), (1, 1, 3, 4))
    assert len(boxes) == 3
    assert lines == ["data/a.json: 1 box there twice, of one class and with the same corners: kept (box 1)"]


def test_flaws_of_one_kind_are_one_line_however_many() -> None:
    _, lines = within(*[(5, 5, 5, 9)] * 5)
    assert lines == ["data/a.json: 5 boxes without area: left out (box 0, box 1, box 2 and 2 more)"]


def test_a_flaw_of_half_of_the_boxes_is_said_to_be_one_of_how_they_are_written() -> None:
    good: list[Corners] = [(1.0, 1.0, 5.0, 5.0 + n / 10) for n in range(9)]
    out: list[Corners] = [(15.0, 5.0, 25.0, 7.0 + n / 10) for n in range(9)]
    specks: list[Corners] = [(0.1, 0.2, 0.6, 0.5 + n / 100) for n in range(9)]
    _, lines = within(*out[:5], *good[:5])
    assert lines[1] == (
        "data: 5 of 10 boxes are not within their images;"
        " see whether they are written in another form (corners, sides, centres) or for other sizes"
    )
    _, lines = within(*specks, *good[:3])
    assert lines == [
        "data: 9 of 12 boxes are no larger than a pixel; see whether they are shares of the image, where pixels belong"
    ]
    for few in ([*out[:5], *good[:6]], out):  # less than half; and nine in all, which say little
        assert not any("see whether" in line for line in within(*few)[1])


def test_words_are_counted_and_cut() -> None:
    assert [counted("a", "category"), counted("ab", "category"), counted("ab", "class")] == [
        "1 category",
        "2 categories",
        "2 classes",
    ]
    assert first(["a", "b"]) == "a, b"
    assert shown("x" * 99) == "'" + "x" * 59 + " ..."


def test_classes_without_a_box_are_named() -> None:
    photos = [Photo(FILE, None, {"boxes": Boxes([(0, 0, 1, 1)], ["cat"])}), Photo(FILE, None, {})]
    assert unused(("cat", "dog"), photos) == ["no box of 1 class: kept (dog)"]
    assert unused(("cat",), photos) == []


def test_images_beside_those_that_are_read_are_counted(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "notes.txt"):
        (tmp_path / name).touch()
    said = unlisted(tmp_path, [tmp_path / "a.png"], "in no list")
    assert said == [f"{tmp_path}: 1 image in no list: left out (b.png)"]


def test_folders_of_images_beside_those_that_are_read_are_counted(tmp_path: Path) -> None:
    for name in ("images/train/a.png", "images/b1/b.png", "images/b2/b.png", "images/none/b.txt", "test/masks/a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.png").touch()  # what lies there may be read as masks
    said = unlisted(tmp_path, [tmp_path / "images" / "train" / "a.png"], "in no split")
    where = "test/masks/a.png, images/b1/b.png, images/b2/b.png"
    cure = "name them in data.yaml, or move them away"
    assert said == [f"{tmp_path}: 3 images in other folders, in no split: left out ({where}); {cure}"]


def test_sizes_come_in_the_order_of_the_files_and_a_broken_one_is_named(tmp_path: Path) -> None:
    paths = [tmp_path / f"{width}.png" for width in range(1, 20)]
    for width, path in enumerate(paths, 1):
        Image.new("L", (width, 3)).save(path)
    assert read_sizes(paths) == [(3, width) for width in range(1, 20)]
    paths[4].write_text("no image")
    with pytest.raises(UserError, match=r"5\.png: is not an image .*; replace"):
        read_sizes(paths)
