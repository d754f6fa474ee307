"""What is odd about an album as a whole, as far as its labels show it: classes and splits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from polyhead.data._instances import Instances
from polyhead.data._photos import Boxes, ClassName, Label, Photo
from polyhead.data._tags import Tags
from polyhead.findings.collecting import remark
from polyhead.loading.source import SPLITS, Split

RATIO: Final = 100
"""How many times as frequent as another one a class is that leaves this little to learn from."""
BLANKS: Final = frozenset({"nan", "none", "null", "n/a", "na", "<na>"})
"""What programs write for a value that is missing."""
Places = Mapping[Split, Sequence[Photo]]
Tally = dict[str, Counter[str]]
"""By target, how many objects, or whole images, each class has."""


def tally(photos: Sequence[Photo]) -> Tally:
    """Return how many objects or images there are of each class, of targets that are no pixels."""
    found: Tally = {}
    for photo in photos:
        for target, label in photo.labels.items():
            if (names := named_in(label)) is not None:
                found.setdefault(target, Counter()).update(names)
    return found


def named_in(label: Label) -> Sequence[str] | None:
    """Return the class of each object of a label, or those of its image; None where it gives classes to pixels."""
    if isinstance(label, Tags):
        return label.names
    if isinstance(label, ClassName):
        return [label.name]
    boxes = label.boxes if isinstance(label, Instances) else label
    return boxes.names if isinstance(boxes, Boxes) else None


def look_over(root: Path, places: Places, names: Mapping[str, Sequence[str]]) -> None:
    """Remark what is odd.

    Args:
        root: Of the data.
        places: The photographs of each split.
        names: Class names by target.
    """
    for split in ("train", "val"):
        if not places[split]:
            remark("split-empty", root, f"no image is {split}", "add images, or raise its share in data.split")
    counts = {split: tally(places[split]) for split in SPLITS}
    for target in dict.fromkeys(target for split in SPLITS for target in counts[split]):
        look_at_classes(root, target, names[target], {split: counts[split].get(target, Counter()) for split in SPLITS})
    for target, called in names.items():
        look_at_names(root, target, called)
    for photo in (photo for split in SPLITS for photo in places[split]):
        boxes = photo.labels.get("boxes")
        if isinstance(boxes, Boxes) and not boxes.names:
            remark("image-without-object", photo.path, "shows no object, as its labels say", image=str(photo.path))


def look_at_classes(root: Path, target: str, names: Sequence[str], counts: Mapping[str, Counter[str]]) -> None:
    """Remark classes that are nowhere, or not where they are needed, or far rarer than others."""
    train, val = counts["train"], counts["val"]
    for name in names:
        if not any(count[name] for count in counts.values()):
            remark("class-unused", root, f"{target}: nothing is {name!r}", "label some, or take the name out")
        elif not train[name]:
            remark("class-untrained", root, f"{target}: {name!r} is not in train", "move some there")
        elif not val[name] and val:
            remark("class-unmeasured", root, f"{target}: {name!r} is not in val", "move some there")
    ranked = [(name, count) for name, count in train.most_common() if count]
    if ranked and ranked[0][1] >= RATIO * ranked[-1][1]:
        most, least = (f"{name!r} {count} times" for name, count in (ranked[0], ranked[-1]))
        cure = "label more of it, or balance them: class_weights of a head"
        remark("class-imbalance", root, f"{target}: train has {most}, and {least}", cure)


def look_at_names(root: Path, target: str, names: Sequence[str]) -> None:
    """Remark class names that only case, spaces, or the like tell apart, and those that mean that one is missing."""
    seen: dict[str, str] = {}
    for name in names:
        if name.strip().casefold() in BLANKS:
            what = f"{target}: a class is called {name!r}, as programs write what is missing"
            remark("class-name-blank", root, what, "leave the cell blank where nobody knows the class")
        other = seen.setdefault("".join(filter(str.isalnum, name.casefold())) or name, name)
        if other != name:
            what = f"{target}: the classes {other!r} and {name!r} are nearly of one name"
            remark("class-names-alike", root, what, "merge them if they are one class")
