"""From a node `data` of a recipe to the report of what is wrong with it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from polyhead.checking.copies import copies
from polyhead.checking.counting import counted, odd_classes
from polyhead.checking.lines import with_lines
from polyhead.checking.looking import Look
from polyhead.checking.pixels import looks
from polyhead.checking.report import Report, ordered
from polyhead.errors import UserError
from polyhead.findings.collecting import Collected, collecting, leaving_out
from polyhead.loading.molecules import MoleculeSource
from polyhead.loading.source import SPLITS, Origin, Source
from polyhead.recipes.build import build_source

Watch = Callable[[Iterable[Look], int], Iterable[Look]]
"""Takes what is seen of images and how many they are, and hands it on, one by one."""


def unwatched(found: Iterable[Look], total: int) -> Iterable[Look]:  # noqa: ARG001  # as `Watch` takes it
    """Return what was found, and show nothing."""
    return found


def check_data(what: str, node: Mapping[str, Any], pixels: bool = True, watch: Watch = unwatched) -> Report:
    """Return what is wrong with data.

    Args:
        what: What to call them.
        node: The node `data` of a recipe.
        pixels: Whether images are decoded, compared and their masks drawn; else labels alone are looked at.
        watch: What shows how far that is.

    Raises:
        UserError: If an option does not fit; whatever is wrong with the data themselves is in the report.
    """
    start = time.perf_counter()
    with collecting() as collected:
        source = read(node, collected)
    seconds = {"labels": since(start)}
    seen: list[Look] = []
    if pixels and isinstance(source, Source):
        begin = time.perf_counter()
        seen = list(watch(looks(source), sum(source.size(split) for split in SPLITS)))
        collected.found.extend(one for look in seen for one in look.findings)
        collected.found.extend(copies(seen))
        seconds["pixels"] = since(begin)
    if pixels and isinstance(source, MoleculeSource):
        collected.found.extend(source.leaks())
    images: dict[str, int] = {split: source.size(split) if source else 0 for split in SPLITS}
    sizes = Counter(f"{look.size[1]} x {look.size[0]}" for look in seen if look.size)
    counts = counted(source, seen) if source else {}
    if source and seen:
        collected.found.extend(odd_classes(what, source, counts))
    notes = source.notes() if source else []
    findings = with_lines(ordered(collected.found))
    seconds["whole"] = since(start)
    return Report(
        what, findings, images, counts, dict(sizes.most_common()), notes, seconds, source.loader if source else "images"
    )


def since(start: float) -> float:
    """Return the seconds from a moment on."""
    return round(time.perf_counter() - start, 3)


def read(node: Mapping[str, Any], collected: Collected) -> Origin | None:
    """Return the source of a node; None where too much is wrong with it, which is then among what is collected.

    Raises:
        UserError: If an option does not fit.
    """
    try:
        with leaving_out(whole=True):
            source: Origin = build_source(node)
            return source
    except UserError:  # what is left of data may be too little, and that is no news
        if not collected.errors:
            raise
    return None
