"""What a look at data found, as plain data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from polyhead.findings.finding import Finding
from polyhead.findings.kinds import KINDS, LEVELS, Level

Counts = dict[str, dict[str, dict[str, int]]]
"""By target, class and split: how many objects; of classes of images or pixels, how many images."""


class Report(NamedTuple):
    """What was found.

    Attributes:
        what: The recipe or the path that was looked at.
        findings: All of them, errors first.
        images: By split, how many items there are.
        counts: How often each class is in each split.
        sizes: How many images have a size, "640 x 480" (W x H), the commonest first; empty where no pixels were read.
        notes: What the source says of itself.
        seconds: How long the labels took, the pixels where these were read, and the whole.
        noun: What items are: images or molecules.
    """

    what: str
    findings: Sequence[Finding]
    images: Mapping[str, int]
    counts: Counts
    sizes: Mapping[str, int]
    notes: Sequence[str]
    seconds: Mapping[str, float]
    noun: str = "images"

    def of(self, level: Level) -> list[Finding]:
        """Return the findings of a level."""
        return [one for one in self.findings if one.level == level]

    def kinds(self) -> dict[str, list[Finding]]:
        """Return the findings of each kind, in the order of levels, then the commonest first."""
        found: dict[str, list[Finding]] = {}
        for one in self.findings:
            found.setdefault(one.kind, []).append(one)
        ranked = sorted(found, key=lambda kind: (LEVELS.index(KINDS[kind].level), -len(found[kind])))
        return {kind: found[kind] for kind in ranked}

    def rate(self) -> float | None:
        """Return how many images a second were read; None where none was."""
        taken = self.seconds.get("pixels")
        return sum(self.images.values()) / taken if taken else None

    def plain(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "data": self.what,
            "levels": summed(self.findings),
            "images": dict(self.images),
            "counts": self.counts,
            "sizes": dict(self.sizes),
            "seconds": dict(self.seconds),
            "images_per_second": self.rate(),
            "notes": list(self.notes),
            "kinds": {
                kind: {"level": KINDS[kind].level, "count": len(found), "means": KINDS[kind].means}
                for kind, found in self.kinds().items()
            },
            "findings": [one.plain() for one in self.findings],
        }


def summed(findings: Sequence[Finding]) -> dict[str, int]:
    """Return how many findings there are of each level."""
    counts = Counter(one.level for one in findings)
    return {level: counts[level] for level in LEVELS}


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings, each once, errors first, else in the order in which they were made."""
    return sorted(dict.fromkeys(findings), key=lambda one: LEVELS.index(one.level))
