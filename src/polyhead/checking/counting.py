"""How often each class is there, in each split."""

from collections import Counter
from collections.abc import Iterator, Sequence

from polyhead.checking.looking import Look
from polyhead.checking.report import Counts
from polyhead.findings.finding import Finding, finding
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


def unused(what: str, source: Origin, counts: Counts) -> Iterator[Finding]:
    """Yield the classes that are in no image, or in none of train, of targets whose classes pixels alone tell."""
    for target, classes in counts.items():
        for name, called in classes.items() if not is_told(source, target) else ():
            if not any(called.values()):
                yield finding(
                    "class-unused", what, f"{target}: nothing is {name!r}", "label some, or take the name out"
                )
            elif not called["train"] and source.size("train"):
                yield finding("class-untrained", what, f"{target}: {name!r} is not in train", "move some there")
