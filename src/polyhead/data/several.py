"""Several sources as one, with the classes of each target merged by name."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from itertools import accumulate
from typing import Any, Final

import torch
from torch import Tensor

from polyhead.data._renaming import in_whole, renamed, table_of
from polyhead.errors import UserError
from polyhead.findings.collecting import remark
from polyhead.loading.augment import chosen
from polyhead.loading.member import Member
from polyhead.loading.source import Item, Part, Source, Split


class Several(Source):
    """Several sources trained on together, each labelled for some targets or some classes only.

    Their items stand side by side. Classes of one name are one class, in the order in which they are first named. A
    class that a source does not have is unknown in its items: they neither teach nor measure it.

    Args:
        sources: By names of your own, each any data: {blood: PATH, scenes: {name: digits, share: 2}}. Beside the
            options of its own form a source takes `share` of each batch (as many as it has images), `augment` (what
            suits it), and `names`: by target, what its classes are called here, {boxes: {rbc: RBC, dirt: null}}; null
            leaves one out.
        classes: By target, all its classes in the order of their numbers; of a target that is left out, those that the
            sources name.

    Raises:
        UserError: If there is no source, a name is none of a source's, one has classes for a target that has none in
            another, or one that `classes` has not.
    """

    def __init__(self, sources: Mapping[str, Member], classes: dict[str, tuple[str, ...]] | None = None) -> None:
        if not sources:
            raise UserError("sources is empty: name one or more, such as {blood: PATH, scenes: digits}")
        self.members: Final = dict(sources)
        for name, member in self.members.items():
            for target in member.names.keys() - member.source.labels().keys():
                raise UserError(f"sources.{name}.names: it has no target {target!r}; {offered(member)}")
        self.called: Final = {
            name: {target: renamed(name, target, own, member.names) for target, own in member.source.labels().items()}
            for name, member in self.members.items()
        }
        self.names: Final = merged(self.called)
        for target, names in (classes or {}).items():
            if beyond := [name for name in self.names.get(target, ()) if name not in names]:
                raise UserError(
                    f"classes.{target} is without {', '.join(beyond)}, which sources have; add or rename them"
                )
            self.names[target] = tuple(names)
        self.tables: Final = {
            name: {target: table_of(own, self.names[target]) for target, own in called.items()}
            for name, called in self.called.items()
        }

        for name, target, unknown in self.unknown():
            what = f"does not label {', '.join(unknown)} of {target}: unknown there"
            remark("class-unknown-in-source", f"sources.{name}", what, source=name)

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the targets of all sources and their classes."""
        return dict(self.names)

    def size(self, split: Split) -> int:
        """Return how many items all sources have."""
        return sum(member.source.size(split) for member in self.members.values())

    def item(self, split: Split, index: int) -> Item:
        """Return one item, its targets in the class numbers of the whole."""
        name, number = self.place(split, index)
        image, targets = self.members[name].source.item(split, number)
        return Item(image, Told(targets, self.tables[name], self.names))

    def targets(self, split: Split, index: int) -> Mapping[str, Any]:
        """Return the targets of one item."""
        name, number = self.place(split, index)
        return Told(self.members[name].source.targets(split, number), self.tables[name], self.names)

    def tally(self, split: Split) -> Mapping[str, Mapping[str, int]]:
        """Return how many objects or images of a split each class of the whole has."""
        found: dict[str, Counter[str]] = {}
        for name, member in self.members.items():
            for target, counts in member.source.tally(split).items():
                called = zip(self.called[name][target], counts.values(), strict=True)
                found.setdefault(target, Counter()).update({new: count for new, count in called if new is not None})
        return {target: {name: found[target][name] for name in self.names[target]} for target in found}

    def carried(self, split: Split, index: int) -> Collection[str]:
        """Return the targets that one item carries in its source."""
        name, number = self.place(split, index)
        return self.members[name].source.carried(split, number)

    def parts(self, split: Split) -> tuple[Part, ...]:
        """Return one part for each source that has items in a split."""
        found, start = [], 0
        for name, member in self.members.items():
            size = member.source.size(split)
            if size:
                suited = chosen(member.augment, member.source.augment)
                found.append(Part(name, range(start, start + size), member.share, suited, self.known(name)))
            start += size
        return tuple(found) or (Part("", range(0), None, (), {}),)

    def known(self, name: str) -> dict[str, Tensor]:
        """Return the classes that a source labels, (N,) bool, for each target of which it does not know all."""
        found = {}
        for target, table in self.tables[name].items():
            mask = torch.zeros(len(self.names[target]), dtype=torch.bool)
            mask[table[table >= 0]] = True
            if not mask.all():
                found[target] = mask
        return found

    def place(self, split: Split, index: int) -> tuple[str, int]:
        """Return the source of an item, and the item's number there."""
        ends = list(accumulate(member.source.size(split) for member in self.members.values()))
        at = bisect_right(ends, index)
        return list(self.members)[at], index - (ends[at - 1] if at else 0)

    def name(self, split: Split, index: int) -> str:
        """Return what the item's source calls it."""
        name, number = self.place(split, index)
        return self.members[name].source.name(split, number)

    def fingerprint(self) -> str:
        """Return a hash of what all sources hold, and of what their classes are called here."""
        told = [(name, member.source.fingerprint(), self.called[name]) for name, member in self.members.items()]
        return sha256(repr(told).encode()).hexdigest()[:16]

    def notes(self) -> list[str]:
        """Return what the sources say, and which classes of a target are unknown in which source."""
        notes = [note for member in self.members.values() for note in member.source.notes()]
        for name, target, unknown in self.unknown():
            notes.append(f"sources.{name}: does not label {', '.join(unknown)} of {target}: unknown there")
        return notes

    def unknown(self) -> Iterator[tuple[str, str, list[str]]]:
        """Yield source, target and classes where there are such that the source does not label."""
        for name in self.members:
            for target, mask in self.known(name).items():
                yield (
                    name,
                    target,
                    [one for one, here in zip(self.names[target], mask.tolist(), strict=True) if not here],
                )


class Told(Mapping[str, Any]):
    """The targets of an item of one source in the class numbers of the whole, each made when it is asked for.

    Args:
        targets: In the source's numbers.
        tables: By target, from these numbers to those of the whole.
        names: Class names of the whole, by target.
    """

    def __init__(self, targets: Mapping[str, Any], tables: Mapping[str, Tensor], names: Mapping[str, Any]) -> None:
        self.carried: Final = targets
        self.tables: Final = tables
        self.names: Final = names

    def __getitem__(self, target: str) -> Any:
        found = in_whole(self.carried[target], self.tables[target], len(self.names[target]))
        if found is None:
            raise KeyError(target)
        return found

    def __iter__(self) -> Iterator[str]:
        return (target for target in self.carried if target in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def merged(called: Mapping[str, Mapping[str, tuple[str | None, ...]]]) -> dict[str, tuple[str, ...]]:
    """Return the class names of each target, in the order in which the sources first name them.

    Args:
        called: By source and target, the names of its classes, None for those that are left out.

    Raises:
        UserError: If a target has classes in one source, and none in another.
    """
    names: dict[str, dict[str, None]] = {}
    owners: dict[str, str] = {}
    for source, targets in called.items():
        for target, own in targets.items():
            owner = owners.setdefault(target, source)
            if bool(own) != bool(called[owner][target]):
                raise UserError(
                    f"target {target!r} has classes in sources.{source if own else owner}, and numbers in"
                    f" sources.{owner if own else source}: they are two questions; one cannot be asked of both"
                )
            names.setdefault(target, {}).update(dict.fromkeys(name for name in own if name is not None))
    return {target: tuple(found) for target, found in names.items()}


def offered(member: Member) -> str:
    """Return the targets of a source in words."""
    return f"it has {', '.join(member.source.labels())}"
