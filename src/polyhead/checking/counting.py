"""How often each class is there, in each split."""

from collections import Counter
from collections.abc import Sequence

from polyhead.checking.looking import Look
from polyhead.checking.report import Counts
from polyhead.findings.classes import look_at_classes
from polyhead.findings.collecting import collecting
from polyhead.findings.finding import Finding
from polyhead.loading.source import SPLITS, Origin


def counted(source: Origin, seen: Sequence[Look]) -> Counts:
    """Return how many objects of each class there are; of classes of pixels or images, in how many images they are.

    Args:
        source: The data.
        seen: What was seen of all images; of none, targets that are pixels are left out.
    """
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
    return counts if seen else {target: called for target, called in counts.items() if is_told(source, target)}


def is_told(source: Origin, target: str) -> bool:
    """Return whether a source tells how often the classes of a target are there, without pixels."""
    return any(target in source.tally(split) for split in SPLITS)


def odd_classes(what: str, source: Origin, counts: Counts) -> list[Finding]:
    """Return what is odd about how often classes are there, of targets whose classes pixels alone tell.

    Args:
        what: What to call the data.
        source: The data.
        counts: As `counted` returned them.
    """
    with collecting() as heard:
        for target, classes in counts.items():
            if not is_told(source, target):
                by_split = {split: Counter({name: times[split] for name, times in classes.items()}) for split in SPLITS}
                look_at_classes(what, target, list(classes), {split: +found for split, found in by_split.items()})
    return heard.found
