"""Several sources as one, with the classes of each target merged by name."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Any, Final

import torch
from torch import Tensor

from polyhead.data._agreeing import check_forms
from polyhead.data._renaming import NOWHERE, in_whole, renamed, table_of
from polyhead.errors import UserError
from polyhead.findings.classes import look_at_names
from polyhead.findings.collecting import remark
from polyhead.loading.augment import chosen
from polyhead.loading.member import Member
from polyhead.loading.source import SPLITS, Item, Part, Source, Split


class Several(Source):
    """Several sources trained on together, each labelled for some targets or some classes only.

    Their items stand side by side. Classes of one name are one class, in the order in which they are first named. A
    class that a source does not have is unknown in its items: they neither teach nor measure it.

    Args:
        sources: By names of your own, each any data: {blood: PATH, scenes: {name: digits, augment: none}}. Beside the
            options of its own form a source takes `share` of each batch (all sources or none; as many as it has
            images), `augment` (what suits it), and `names`: by target, what its classes are called here, {boxes: {rbc:
            RBC, dirt: null}}; null leaves one out.
        classes: By target, all its classes in the order of their numbers; of a target that is left out, those that the
            sources name.

    Raises:
        UserError: If there is no source, some have a share and others none, a name is none of a source's, one has
            classes for a target that has none in another, gives it in another form, or has a class that `classes` has
            not; or if classes of pixels are more than a mask holds.
    """

    def __init__(self, sources: Mapping[str, Member], classes: dict[str, tuple[str, ...]] | None = None) -> None:
        if not sources:
            raise UserError("sources is empty: name one or more, such as {blood: PATH, scenes: digits}")
        self.members: Final = dict(sources)
        check_members(self.members)
        self.called: Final = {
            name: {target: renamed(name, target, own, member.names) for target, own in member.source.labels().items()}
            for name, member in self.members.items()
        }
        self.names: Final = merged(self.called, classes or {})
        check_forms(self.members, self.names)
        self.tables: Final = {
            name: {target: table_of(own, self.names[target]) for target, own in called.items()}
            for name, called in self.called.items()
        }
        self.single: Final[dict[tuple[str, str], bool]] = {}
        self.look_over()

    def look_over(self) -> None:
        """Remark what is odd about the classes of all together."""
        for target, names in self.names.items():
            if sum(target in called for called in self.called.values()) > 1:
                look_at_names("sources", target, names)
        for name, what in self.unknown():
            remark("class-unknown-in-source", f"sources.{name}", what, source=name)
        for name, what in self.left_out():
            remark("class-left-out", f"sources.{name}", what, source=name)

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
        """Return how many objects or images of a split each class of the whole has, where all sources tell."""
        found: dict[str, Counter[str]] = {}
        silent: set[str] = set()
        for name, member in self.members.items():
            told = member.source.tally(split)
            if member.source.size(split):
                silent |= member.source.labels().keys() - told.keys()
            for target, counts in told.items():
                called = zip(self.called[name][target], counts.values(), strict=True)
                found.setdefault(target, Counter()).update({new: count for new, count in called if new is not None})
        return {target: {name: found[target][name] for name in self.names[target]} for target in found.keys() - silent}

    def carried(self, split: Split, index: int) -> Collection[str]:
        """Return the targets that one item carries: those of its source, but for a class that is left out."""
        name, number = self.place(split, index)
        source = self.members[name].source
        own = source.carried(split, number)
        doubtful = [target for target in own if (self.tables[name][target] == NOWHERE).any()]
        doubtful = [target for target in doubtful if self.is_of_items(name, target, split, number)]
        if not doubtful:
            return own
        targets = source.targets(split, number)
        gone = {target for target in doubtful if self.tables[name][target][targets[target]] == NOWHERE}
        return set(own) - gone

    def is_of_items(self, name: str, target: str, split: Split, number: int) -> bool:
        """Return whether a source gives each item one class of a target, as one item that carries it shows.

        Others need not be looked at: objects and pixels that are left out leave the target there.
        """
        if (name, target) not in self.single:
            found = self.members[name].source.targets(split, number)[target]
            self.single[name, target] = isinstance(found, int)
        return self.single[name, target]

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

    def short_name(self, split: Split, index: int) -> str:
        """Return the item's source, and what that calls it wherever it is."""
        name, number = self.place(split, index)
        return f"{name}/{self.members[name].source.short_name(split, number)}"

    def fingerprint(self) -> str:
        """Return a hash of what all sources hold, of what their classes are called here, and of their numbers."""
        told = [(name, member.source.fingerprint(), self.called[name]) for name, member in self.members.items()]
        return sha256(repr((told, self.names)).encode()).hexdigest()[:16]

    def notes(self) -> list[str]:
        """Return what the sources say, and which classes of a target are unknown in which source."""
        notes = [note for member in self.members.values() for note in member.source.notes()]
        return notes + [f"sources.{name}: {what}" for name, what in (*self.unknown(), *self.left_out())]

    def unknown(self) -> Iterator[tuple[str, str]]:
        """Yield a source and in words its unknown classes of a target, where there are such."""
        for name in self.members:
            for target, mask in self.known(name).items():
                unknown = [one for one, here in zip(self.names[target], mask.tolist(), strict=True) if not here]
                yield name, f"does not label {', '.join(unknown)} of {target}: unknown there"

    def left_out(self) -> Iterator[tuple[str, str]]:
        """Yield a source and in words the classes of a target that `names` leaves out, with their objects or images."""
        for name, member in self.members.items():
            gone = {
                target: [one for one, called in zip(own, self.called[name][target], strict=True) if called is None]
                for target, own in member.source.labels().items()
            }
            tallies = {split: member.source.tally(split) for split in SPLITS} if any(gone.values()) else {}
            for target, classes in gone.items():
                told = [f"{one}{counted(tallies, target, one)}" for one in classes]
                if told:
                    yield name, f"names leaves out of {target}: {', '.join(told)}"


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


def merged(
    called: Mapping[str, Mapping[str, tuple[str | None, ...]]], listed: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Return the class names of each target, in the order in which the sources first name them, or as they are listed.

    Args:
        called: By source and target, the names of its classes, None for those that are left out.
        listed: By target, all its classes in their order.

    Raises:
        UserError: If a target has classes in one source, and none in another; or one that is not among those listed.
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
    for target, classes in listed.items():
        if beyond := [name for name in names.get(target, ()) if name not in classes]:
            raise UserError(f"classes.{target} is without {', '.join(beyond)}, which sources have; add or rename them")
    return {target: tuple(found) for target, found in names.items()} | {
        target: tuple(classes) for target, classes in listed.items()
    }


def offered(member: Member) -> str:
    """Return the targets of a source in words."""
    return f"it has {', '.join(member.source.labels())}"


def counted(tallies: Mapping[Split, Mapping[str, Mapping[str, int]]], target: str, name: str) -> str:
    """Return in words how often each split has a class, in parentheses; "" where a source does not say."""
    found = [f"{tally[target][name]} {split}" for split, tally in tallies.items() if target in tally]
    return f" ({', '.join(found)})" if found else ""


def check_members(members: Mapping[str, Member]) -> None:
    """Check that all sources have a share, or none, and rename classes of targets that they have.

    Raises:
        UserError: If some have a share, which numbers of images cannot be weighed against; it names the first that
            lacks one. Or if a target is none of the source's.
    """
    for name, member in members.items():
        for target in member.names.keys() - member.source.labels().keys():
            raise UserError(f"sources.{name}.names: it has no target {target!r}; {offered(member)}")
    without = [name for name, member in members.items() if member.share is None]
    if without and len(without) < len(members):
        raise UserError(f"sources.{without[0]}.share is left out, and others have one; set it for all, or for none")
