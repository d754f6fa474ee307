"""What is odd about an album as a whole, as far as its labels show it: classes and splits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from polyhead.data._instances import Instances
from polyhead.data._photos import Boxes, ClassName, Label, Photo
from polyhead.data._tags import Tags
from polyhead.findings.classes import look_at_classes, look_at_names
from polyhead.findings.collecting import remark
from polyhead.loading.source import SPLITS, Split

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
