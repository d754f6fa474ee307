"""Contributions as colours, and a page of them."""

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from rdkit import Chem

from polyhead.chemistry.page import Explained, page
from polyhead.chemistry.pictures import LOWERS, RAISES, colour, drawing

ETHANOL = Chem.MolFromSmiles("CCO")


def discs(svg: str) -> list[str]:
    """Return the colours of the discs behind atoms, in the order of the atoms' numbers."""
    found = {}
    for element in ET.fromstring(svg).iter():  # noqa: S314  # RDKit's own text
        style = dict(part.split(":") for part in element.get("style", "").split(";") if ":" in part)
        if element.tag.endswith("ellipse"):
            found[element.get("class", "")] = style["fill"]
    return [found[name] for name in sorted(found)]


def written(rgb: tuple[float, float, float]) -> str:
    """Return a colour as RDKit writes it."""
    return "#" + "".join(f"{int(255 * part):02X}" for part in rgb)


def test_an_atom_that_raises_has_one_colour_and_one_that_lowers_the_other() -> None:
    assert discs(drawing(ETHANOL, [1.0, 0.0, -1.0])) == [written(RAISES), written(LOWERS)]


def test_a_contribution_has_as_much_colour_as_it_is_of_the_largest() -> None:
    half = drawing(ETHANOL, [1.0, 0.0, 0.0], most=2.0)
    assert discs(half) == [written(colour(0.5, 1.0))]
    assert colour(0.5, 1.0) == pytest.approx([(1 + part) / 2 for part in RAISES])
    assert colour(9.0, 1.0) == RAISES
    assert colour(0.0, 1.0) == (1, 1, 1)


@pytest.mark.parametrize(("smiles", "values"), [("", []), ("C", [0.0]), ("CCO", []), ("[Na+].[Cl-]", [1e-9, 0.0])])
def test_small_and_plain_molecules_can_be_drawn(smiles: str, values: list[float]) -> None:
    svg = drawing(Chem.MolFromSmiles(smiles), values)
    assert svg.startswith("<svg")
    assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314  # RDKit's own text


class Reader(HTMLParser):
    """Collects the tags of a page, and what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_a_page_shows_all_molecules_and_needs_nothing_beside_itself() -> None:
    rows = [Explained("CCO", drawing(ETHANOL, [1.0, 0.0, -1.0]), {"solubility": "1.2"}), Explained("?", "", {})]
    text = page("Why", ["A note & more."], rows)
    reader = Reader()
    reader.feed(text)
    assert (reader.tags.count("tr"), reader.tags.count("svg"), reader.links) == (2, 1, [])
    assert "A note &amp; more." in text
    assert "<dt>solubility</dt><dd>1.2</dd>" in text


def test_what_users_wrote_is_text_on_a_page_and_no_html() -> None:
    assert "<b>" not in page("<b>", ["<b>"], [Explained("<b>", "", {"<b>": "<b>"})])
