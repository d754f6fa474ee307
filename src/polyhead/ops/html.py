"""Pages of HTML that need nothing beside themselves."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; }
td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; }
td.n { text-align: right; }
"""


def document(title: str, body: Iterable[str], style: str = "") -> str:
    """Return the text of an HTML file.

    Args:
        title: In plain text.
        body: Pieces of HTML.
        style: What it adds to the common style.
    """
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}{style}</style>'
    return f"<!doctype html>\n<html lang=en><head>{head}</head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Return an HTML table of plain texts; numbers stand at the right."""
    lines = ["<table><tr>" + "".join(f"<th>{escape(name)}</th>" for name in header) + "</tr>"]
    for row in rows:
        cells = (f"<td class=n>{cell}</td>" if isinstance(cell, int) else f"<td>{escape(cell)}</td>" for cell in row)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</table>"])
