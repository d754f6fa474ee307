"""On which line of its file an entry stands that is known by its number: of lists in JSON, of objects in XML."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from polyhead.findings.finding import Finding

SPACE: Final = re.compile(r"[ \t\n\r,:]*")
ASIDE: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
"""What is no element of XML, whatever stands in it."""
LARGEST: Final = 1 << 28
"""Bytes of a file that is still looked through."""


def with_lines(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with the lines of their places, where these can be told."""
    files = {one.file for one in findings if one.place and one.line is None}
    known = {file: lines_of(Path(file)) for file in sorted(files)}
    return [
        one if one.line else one._replace(line=known.get(one.file, {}).get(one.place, one.line)) for one in findings
    ]


def lines_of(file: Path) -> dict[str, int]:
    """Return the line of each place in a file, {} where it has no places, or none that can be told."""
    try:
        if file.suffix.lower() not in {".json", ".xml"} or file.stat().st_size > LARGEST:
            return {}
        text = file.read_text(encoding="utf-8-sig")
        starts = dict(in_json(text) if file.suffix.lower() == ".json" else in_xml(text))
    except (OSError, ValueError):
        return {}
    breaks = [match.start() for match in re.finditer("\n", text)]
    return {place: bisect_right(breaks, start) + 1 for place, start in starts.items()}


def in_xml(text: str) -> Iterator[tuple[str, int]]:
    """Yield each object of an annotation and where it begins."""
    for number, match in enumerate(re.finditer(r"<object(?=[\s/>])", without_asides(text)), 1):
        yield f"object {number}", match.start()


def without_asides(text: str) -> str:
    """Return a text of XML with marks in place of comments and the like, so that all else stays where it is."""
    return ASIDE.sub(lambda match: re.sub(r"[^\n]", "#", match[0]), text)


def in_json(text: str) -> Iterator[tuple[str, int]]:
    """Yield each entry of the lists of an object, and where it begins; ValueError where the text is no JSON."""
    decoder = json.JSONDecoder()
    at = text.index("{") + 1
    while (at := after_space(text, at)) < len(text) and text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        at = after_space(text, at)
        if text[at : at + 1] != "[":
            _, at = decoder.raw_decode(text, at)
            continue
        at, number = after_space(text, at + 1), 0
        while text[at : at + 1] not in {"]", ""}:
            yield f"{key}[{number}]", at
            _, at = decoder.raw_decode(text, at)
            at, number = after_space(text, at), number + 1
        at += 1


def after_space(text: str, at: int) -> int:
    """Return the place of the next character that is no space, comma or colon."""
    match = SPACE.match(text, at)
    return match.end() if match else at
