"""A report as one HTML page that needs nothing beside itself: counts, and the offenders with their pictures."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from polyhead.checking.report import Report
from polyhead.checking.thumbnails import thumbnail
from polyhead.checking.words import closing
from polyhead.findings.finding import Finding
from polyhead.findings.kinds import KINDS
from polyhead.loading.source import SPLITS
from polyhead.ops.html import document, table

PICTURES: Final = 12
"""Findings of a kind that are shown with their image."""
LINES: Final = 200
"""Findings of a kind that are listed."""
STYLE: Final = """
.error { color: #b00020; } .warning { color: #9a6200; } .note { color: #456; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; width: 192px; font-size: 12px; overflow-wrap: anywhere; }
details { margin: .5rem 0 2rem; font-size: 13px; overflow-wrap: anywhere; }
"""


def page(report: Report) -> str:
    """Return a report as the text of an HTML file."""
    title = f"What is wrong with {report.what}"
    kinds = report.kinds()
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(closing(report))}</p>",
        images_table(report),
        *counts_tables(report),
        kinds_table(kinds.items()),
        *(section(kind, found) for kind, found in kinds.items()),
    ]
    return document(title, body, STYLE)


def images_table(report: Report) -> str:
    """Return how many images there are, and of which sizes."""
    sizes = ", ".join(f"{size} ({count})" for size, count in list(report.sizes.items())[:10])
    return table(("images", *SPLITS, "sizes"), [("", *(report.images[split] for split in SPLITS), sizes)])


def counts_tables(report: Report) -> Iterable[str]:
    """Yield a table for each target: how often each class is in each split."""
    for target, classes in report.counts.items():
        rows: list[Sequence[str | int]] = []
        for name, counts in classes.items():
            rows.append((name, *(counts.get(split, 0) for split in SPLITS)))
        yield table((target, *SPLITS), rows)


def kinds_table(kinds: Iterable[tuple[str, Sequence[Finding]]]) -> str:
    """Return how many findings there are of each kind."""
    rows = [(KINDS[kind].level, kind, len(found), KINDS[kind].means) for kind, found in kinds]
    return table(("level", "kind", "count", "means"), rows)


def section(kind: str, found: Sequence[Finding]) -> str:
    """Return the findings of one kind: the first ones with pictures, and a list."""
    level, means = KINDS[kind]
    pictures = [figure(one, uri) for one in found[:PICTURES] if (uri := thumbnail(one))]
    rest = f"<p>and {len(found) - LINES} more, in the JSON</p>" if len(found) > LINES else ""
    lines = "".join(f"<li>{escape(said(one))}</li>" for one in found[:LINES])
    head = f'<h2 class="{level}" id="{kind}">{kind} ({len(found)})</h2><p>{escape(means)}</p>'
    shown = f'<div class="pictures">{"".join(pictures)}</div>' if pictures else ""
    return f"{head}\n{shown}\n<details open><summary>{level}s</summary><ol>{lines}</ol>{rest}</details>"


def figure(found: Finding, uri: str) -> str:
    """Return a picture with what is wrong with it."""
    return f'<figure><img src="{uri}" alt=""><figcaption>{escape(said(found))}</figcaption></figure>'


def said(found: Finding) -> str:
    """Return a finding in words, with its source where there are several."""
    return f"{found.source}: {found.text}" if found.source else found.text
