"""The data of a run, read with all that is wrong with their labels: refused, or left out and listed."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.checking.lines import with_lines
from polyhead.checking.report import summed
from polyhead.errors import UserError
from polyhead.files import json_text, write_text
from polyhead.findings.collecting import collecting, leaving_out, refused
from polyhead.recipes.build import build_data, build_source

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule

FILE = "data.json"
"""What a run folder lists findings in."""


def read_data(node: Mapping[str, Any], targets: tuple[str, ...], seed: int) -> "DataModule":
    """Return the data of a node, which know what was found; at most `allow_bad` errors are left out, and said.

    Args:
        node: `data` of a recipe.
        targets: The names of the targets to load.
        seed: Of order and augmentation.

    Raises:
        UserError: For the first error beyond, which says how many there are.
    """
    allowed = int(node.get("allow_bad", 0))
    with collecting(allowed) as collected:
        try:
            data = build_data(node, targets, seed)
        except UserError as error:
            if refused(error) is None:
                raise
            raise UserError(f"{error}{others_of(node, allowed)}") from error
    data.findings = tuple(collected.found)
    for one in collected.found:
        if one.level == "error":
            logging.getLogger("polyhead").warning("data.allow_bad=%d: left out: %s", allowed, one.text)
    return data


def others_of(node: Mapping[str, Any], allowed: int) -> str:
    """Return how many errors there are in data, in words; "" for a single one where none is allowed."""
    with collecting() as collected, suppress(UserError), leaving_out(whole=True):
        build_source(node)
    if collected.errors < 2 and not allowed:
        return ""
    return f"; {collected.errors} errors in all, and data.allow_bad={allowed}: polyhead check-data lists them"


def write_findings(run: Path, data: "DataModule") -> None:
    """Write into a run folder what was found: what was left out, what is odd, and what the source says of itself.

    Warnings are said, too: their number, and the first of them, such as a file of labels that is not read.
    """
    found = {
        "fingerprint": data.source.fingerprint(),
        "levels": summed(data.findings),
        "notes": data.source.notes(),
        "findings": [one.plain() for one in with_lines(data.findings)],
    }
    write_text(json_text(found), run / FILE)
    if odd := [one.text for one in data.findings if one.level == "warning"]:
        logging.getLogger("polyhead").warning(
            "warnings of the labels: %d, listed in %s; the first: %s", len(odd), run / FILE, odd[0]
        )
