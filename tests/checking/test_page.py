"""The page of a report: whole by itself, with pictures of what is wrong."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from polyhead.checking.page import LINES, PICTURES, page
from polyhead.checking.report import Report
from polyhead.checking.thumbnails import COLOUR, LEAST, span, thumbnail
from polyhead.findings.finding import Finding, finding

PICTURE = re.compile(r'src="data:image/jpeg;base64,([^"]+)"')


class Closed(HTMLParser):
    """Counts tags that are opened and closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"img", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def report(*found: Finding) -> Report:
    """Return a report of some findings."""
    counts = {"boxes": {"<cat>": {"train": 3}}}
    return Report("data <1>", found, {"train": 2, "val": 1, "test": 0}, counts, {"8 x 8": 3}, [], {"labels": 0.1})


@pytest.fixture
def image(tmp_path: Path) -> str:
    """Return the path of a black image of 96 x 48 pixels."""
    Image.new("RGB", (96, 48)).save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


def test_the_page_needs_nothing_beside_itself_and_is_well_formed(image: str) -> None:
    found = [finding("box-tiny", "a.json", f"is <small> {n}", image=image, box=(0, 0, 9, 9)) for n in range(LINES + 5)]
    text = page(report(*found))
    parser = Closed()
    parser.feed(text)
    assert parser.open == []
    assert "<small>" not in text
    assert "<cat>" not in text
    assert not re.search(r'(src|href)="(?!data:)|url\(|@import|<script', text)
    assert len(PICTURE.findall(text)) == PICTURES
    assert "and 5 more, in the JSON" in text


def shown(found: Finding) -> Image.Image:
    """Return the picture of a finding."""
    return Image.open(BytesIO(b64decode(thumbnail(found).partition(",")[2])))


def marked(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """Return the box around what is drawn on black, in its pixels."""
    return picture.convert("L").point(lambda value: 255 * (value > sum(COLOUR) // 6)).getbbox()


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((24, 12, 48, 36), (48, 24, 97, 73)),
        ((24, 12, 24, 12), (45, 21, 52, 28)),  # no area: as large as can be seen
        ((900, 12, 950, 36), (185, 24, 192, 73)),  # outside: at the edge
    ],
)
def test_boxes_are_marked_where_they_are_even_without_area_and_outside(
    image: str, box: tuple[float, float, float, float], place: tuple[int, int, int, int]
) -> None:
    picture = shown(finding("box-tiny", "a.json", "is", image=image, box=box))
    assert picture.size == (192, 96)
    found = marked(picture)
    assert found
    assert all(abs(one - other) <= 2 for one, other in zip(found, place, strict=True)), found


def test_a_span_stays_within_and_is_long_enough() -> None:
    for one, other in ((-50, -40), (0, 0), (5, 3), (99, 200), (300, 400), (2, 80)):
        low, high = span(one, other, 100)
        assert 0 <= low <= high <= 100
        assert high - low >= LEAST - 1e-9
    assert span(0, 0, 3) == (0, 3)


def test_what_has_no_image_or_a_broken_one_has_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no image")
    for path in ("", "gone.png", str(tmp_path), str(tmp_path / "a.png")):
        assert thumbnail(finding("image-unreadable", "a", "is", image=path)) == ""
