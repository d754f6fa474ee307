"""What is odd about the classes of a target: how often they are there, and what they are called."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from polyhead.findings.collecting import remark

RATIO: Final = 100
"""How many times as frequent as another one a class is that leaves this little to learn from."""
BLANKS: Final = frozenset({"nan", "none", "null", "n/a", "na", "<na>"})
"""What programs write for a value that is missing."""


def look_at_classes(where: str | Path, target: str, names: Sequence[str], counts: Mapping[str, Counter[str]]) -> None:
    """Remark classes that are nowhere, or not where they are needed, or far rarer than others."""
    train, val = counts["train"], counts["val"]
    for name in names:
        if not any(count[name] for count in counts.values()):
            remark("class-unused", where, f"{target}: nothing is {name!r}", "label some, or take the name out")
        elif not train[name]:
            remark("class-untrained", where, f"{target}: {name!r} is not in train", "move some there")
        elif not val[name] and val:
            remark("class-unmeasured", where, f"{target}: {name!r} is not in val", "move some there")
    ranked = [(name, count) for name, count in train.most_common() if count]
    if ranked and ranked[0][1] >= RATIO * ranked[-1][1]:
        most, least = (f"{name!r} {count} times" for name, count in (ranked[0], ranked[-1]))
        cure = "label more of it, or balance them: class_weights of a head"
        remark("class-imbalance", where, f"{target}: train has {most}, and {least}", cure)


def look_at_names(where: str | Path, target: str, names: Sequence[str]) -> None:
    """Remark class names that only case, spaces, or the like tell apart, and those that mean that one is missing."""
    seen: dict[str, str] = {}
    for name in names:
        if name.strip().casefold() in BLANKS:
            what = f"{target}: a class is called {name!r}, as programs write what is missing"
            remark("class-name-blank", where, what, "leave the cell blank where nobody knows the class")
        other = seen.setdefault("".join(filter(str.isalnum, name.casefold())) or name, name)
        if other != name:
            what = f"{target}: the classes {other!r} and {name!r} are nearly of one name"
            remark("class-names-alike", where, what, "merge them if they are one class")
