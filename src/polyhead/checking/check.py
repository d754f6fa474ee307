"""From a node `data` of a recipe to the report of what is wrong with it."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from polyhead.checking.copies import copies
from polyhead.checking.lines import with_lines
from polyhead.checking.looking import Look
from polyhead.checking.pixels import looks
from polyhead.checking.report import Counts, Report, ordered
from polyhead.errors import UserError
from polyhead.findings.collecting import Collected, collecting, leaving_out
from polyhead.loading.source import SPLITS, Source
from polyhead.recipes.build import build_source


def check_data(what: str, node: Mapping[str, Any], pixels: bool = True) -> Report:
    """Return what is wrong with data.

    Args:
        what: What to call them.
        node: The node `data` of a recipe.
        pixels: Whether images are decoded, compared and their masks drawn; else labels alone are looked at.

    Raises:
        UserError: If an option does not fit; whatever is wrong with the data themselves is in the report.
    """
    start = time.perf_counter()
    with collecting() as collected:
        source = read(node, collected)
    seconds = {"labels": since(start)}
    seen: list[Look] = []
    if source and pixels:
        begin = time.perf_counter()
        seen = list(looks(source))
        collected.found.extend(one for look in seen for one in look.findings)
        collected.found.extend(copies(seen))
        seconds["pixels"] = since(begin)
    images: dict[str, int] = {split: source.size(split) if source else 0 for split in SPLITS}
    sizes = Counter(f"{look.size[1]} x {look.size[0]}" for look in seen if look.size)
    counts = counted(source, seen) if source else {}
    notes = source.notes() if source else []
    findings = with_lines(ordered(collected.found))
    seconds["whole"] = since(start)
    return Report(what, findings, images, counts, dict(sizes.most_common()), notes, seconds)


def since(start: float) -> float:
    """Return the seconds from a moment on."""
    return round(time.perf_counter() - start, 3)


def read(node: Mapping[str, Any], collected: Collected) -> Source | None:
    """Return the source of a node; None where too much is wrong with it, which is then among what is collected."""
    with leaving_out(whole=True):
        source: Source = build_source(node)
        return source
    if not collected.errors:
        raise UserError("the data could not be read")
    return None


def counted(source: Source, seen: Sequence[Look]) -> Counts:
    """Return how many objects of each class there are; of classes of pixels or images, in how many images they are."""
    names = source.labels()
    counts: Counts = {target: {name: {} for name in called} for target, called in names.items() if called}
    for split in SPLITS:
        known = source.tally(split)
        found = {target: dict(classes) for target, classes in known.items()}
        for target in counts.keys() - known.keys():
            numbers = Counter(number for look in seen if look.split == split for number in look.classes.get(target, ()))
            found[target] = {names[target][number]: count for number, count in numbers.items()}
        for target, called in counts.items():
            for name in called:
                called[name][split] = found[target].get(name, 0)
    return counts if seen else {target: called for target, called in counts.items() if known_of(source, target)}


def known_of(source: Source, target: str) -> bool:
    """Return whether a source tells how often the classes of a target are there without pixels."""
    return any(target in source.tally(split) for split in SPLITS)
