"""Explained molecules as one HTML page: a table of pictures and of what is said."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

from polyhead.chemistry.pictures import LOWERS, RAISES
from polyhead.ops.html import document

STYLE: Final = """
td { padding-right: 1.5rem; } td svg { display: block; } td code { overflow-wrap: anywhere; }
.colour { display: inline-block; width: .9em; height: .9em; border-radius: 50%; }
dl { margin: 0; } dt { color: #666; font-size: 12px; } dd { margin: 0 0 .3rem 0; overflow-wrap: anywhere; }
"""


class Explained(NamedTuple):
    """One molecule of a page.

    Attributes:
        smiles: What it is called by.
        picture: An element `<svg>`; "" where there is none.
        said: What is said of it, by what that is.
    """

    smiles: str
    picture: str
    said: Mapping[str, str]


def page(title: str, notes: Sequence[str], molecules: Sequence[Explained]) -> str:
    """Return the text of an HTML file that needs no other file and no network.

    Args:
        title: In plain text.
        notes: Sentences above the table.
        molecules: Its rows.
    """
    body = [
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(note)}</p>" for note in notes),
        f"<p>{_disc(RAISES)} raises, {_disc(LOWERS)} lowers what is explained; all pictures have one scale.</p>",
        "<table>",
        *map(_row, molecules),
        "</table>",
    ]
    return document(title, body, STYLE)


def _row(one: Explained) -> str:
    """Return a row of the table; the picture is HTML, all else is text."""
    said = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in one.said.items())
    return f"<tr><td>{one.picture}</td><td><code>{escape(one.smiles)}</code><dl>{said}</dl></td></tr>"


def _disc(colour: tuple[float, float, float]) -> str:
    """Return a disc of a colour as HTML."""
    red, green, blue = (round(255 * part) for part in colour)
    return f'<span class="colour" style="background: rgb({red},{green},{blue})"></span>'
