"""A report in words: short, with the first place of each kind."""

from collections.abc import Callable, Iterable, Sequence

from polyhead.checking.report import Report, summed
from polyhead.findings.kinds import KINDS, LEVELS
from polyhead.loading.source import SPLITS

MOST = 20
"""Classes of a target that are listed."""
Columns = Callable[[Iterable[Sequence[str]]], str]
"""What lays out rows of texts as aligned columns."""


def told(report: Report, columns: Columns) -> str:
    """Return what to print: items, classes, kinds of findings with their first place, and how long it took."""
    images = ", ".join(f"{report.images[split]} {split}" for split in SPLITS)
    parts = [f"{report.what}: {sum(report.images.values())} {report.noun} ({images})"]
    parts += [classes_told(report, columns)] if report.counts else []
    parts += [columns(rows_of(report))] if report.findings else []
    return "\n\n".join([*parts, closing(report)])


def classes_told(report: Report, columns: Columns) -> str:
    """Return how often each class is in each split, of many classes the first ones."""
    rows: list[Sequence[str]] = [("target", "class", *SPLITS)]
    for target, classes in report.counts.items():
        for name, counts in list(classes.items())[:MOST]:
            rows.append((target, name, *(str(counts.get(split, 0)) for split in SPLITS)))
        if len(classes) > MOST:
            rows.append((target, f"... {len(classes)} in all", "", "", ""))
    return columns(rows)


def rows_of(report: Report) -> list[Sequence[str]]:
    """Return a row for each kind: its level, how many there are, its name, and the first of them."""
    rows: list[Sequence[str]] = [("level", "count", "kind", "first")]
    for kind, found in report.kinds().items():
        source = f"{found[0].source}: " if found[0].source else ""
        rows.append((KINDS[kind].level, str(len(found)), kind, f"{source}{found[0].text}"))
    return rows


def closing(report: Report) -> str:
    """Return how many findings there are of each level, and how fast that was."""
    counts = summed(report.findings)
    found = ", ".join(f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}" for level in LEVELS)
    rate = report.rate()
    pixels = f", {rate:.0f} images a second" if rate else ", no pixels"
    return f"{found} (labels in {report.seconds['labels']:.2f} s{pixels})"
