"""Reading tables that list images: the class of each, the several that it belongs to, or numbers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from polyhead.data._album import Album
from polyhead.data._coco_files import splits_of
from polyhead.data._csv_columns import Asked, Target, check_named, targets_of
from polyhead.data._csv_images import Pictures
from polyhead.data._csv_labels import Reading, reading_of
from polyhead.data._csv_listing import Listing, listings, looked_at
from polyhead.data._csv_table import Row
from polyhead.data._flaws import BACK, counted, first, unlisted
from polyhead.data._folders import must_exist
from polyhead.data._left_out import left_out
from polyhead.data._photos import ClassName, Label, Photo
from polyhead.data._sound_files import others
from polyhead.errors import nearest
from polyhead.findings.collecting import has_room, leaving_out, refusal, refuse, remark
from polyhead.loading.source import Split


class Entry(NamedTuple):
    """A row that lists an image: the row, the image's file, the row's split, and what it says for targets by name."""

    row: Row
    path: Path
    split: Split | None
    labels: Mapping[str, Label]


def fits(root: Path) -> bool:
    """Whether a table names images that are there, and something of each that may be learned."""
    base = root if root.is_dir() else root.parent
    return bool(targets_in(list(looked_at(root, Pictures(base))), Asked()))


def read(root: Path, asked: Asked = Asked()) -> Album:  # noqa: B008  # a tuple: nobody can change it
    """Return all images that tables list, with the targets that their columns are.

    Args:
        root: The folder, or a table in it.
        asked: What options say of the columns.

    Raises:
        UserError: If there is no such table or no target, a row names an image that is not there, or one again with
            other labels, or a cell holds what it cannot; it names file and line.
    """
    if not root.is_file():
        must_exist(root)
    pictures = Pictures(root if root.is_dir() else root.parent)
    found, unread = listings(root, asked, pictures)
    targets = targets_in(found, asked)
    if not targets:
        cure = "name some in data.class_columns, data.tag_columns or data.value_columns"
        raise refusal("labels-missing", found[0].table.file, "no column looks like classes or numbers", cure)
    mute = [one.table.file for one in found if not read_in(one, targets)]
    found = [one for one in found if one.table.file not in mute]
    readings = [reading_of(target, [row for one in found for row in one.table.rows]) for target in targets]
    for one in found:
        look_at_ways(one)
    entries, notes = once([entry for one in found for entry in entries_of(one, pictures, readings)])
    entries = of_known_classes(entries, [one.target.name for one in readings if one.target.kind == "class"])
    parts = splits_of([entry.path for entry in entries], None, root)
    photos = [Photo(entry.path, entry.split or part, entry.labels) for entry, part in zip(entries, parts, strict=True)]
    notes = [*said_of(found, targets), *notes, *unlabelled(root, entries)]
    notes += left_out(root, [(unread, "table", "of no images: left out"), (mute, "table", "without labels: left out")])
    names = {reading.target.name: reading.names for reading in readings}
    return Album(photos, names, [*notes, *unlisted(pictures.root, [photo.path for photo in photos], "in no row")])


def targets_in(found: Sequence[Listing], asked: Asked) -> list[Target]:
    """Return the targets in the columns of some tables, beside those of files and splits.

    Raises:
        UserError: If an option names a column that none has.
    """
    columns = list(dict.fromkeys(name for one in found for name in one.table.columns))
    taken = {name for one in found for name in (one.files, one.parts)}
    if found:
        check_named(str(found[0].table.file), columns, asked._replace(split=None))
    rows = [row for one in found for row in one.table.rows]
    return targets_of(rows, [name for name in columns if name not in taken], asked)


def read_in(one: Listing, targets: Sequence[Target]) -> list[str]:
    """Return the columns of a table that are read for targets."""
    return [name for target in targets for name in target.columns if name in one.table.columns]


def entries_of(one: Listing, pictures: Pictures, readings: Sequence[Reading]) -> Iterator[Entry]:
    """Yield the entries of a table; errors as `read`."""
    lost: list[tuple[Row, str]] = []
    for row in one.table.rows:
        with leaving_out():
            cell, split = row.cells[one.files], one.split_at(row)
            found = pictures.named(cell, row.file.parent, split) if cell else []
            if len(found) > 1:
                what = f"names {cell}, and it may be {found[0]} or {found[1]}"
                raise refusal("image-unclear", row.file, what, "write the folder before it", line=row.line)
            lost += [(row, cell)] if not found else []
            labels = {reading.target.name: reading.label(row) for reading in readings}
            known = {name: label for name, label in labels.items() if label is not None}
            yield from (Entry(row, path, split, known) for path in found)
    for row, cell in lost:
        more = "" if has_room() else others(lost)
        what = f"names {cell or 'no image'}, and there is no such image in {pictures.root}{more}"
        refuse("image-missing", row.file, what, "add it or delete the row", line=row.line)


def look_at_ways(one: Listing) -> None:
    """Remark that a table names images by absolute paths."""
    named = ((row, cell) for row in one.table.rows if (cell := row.cells[one.files]).startswith("/"))
    away = [(row, cell) for row, cell in named if os.path.isfile(cell)]  # noqa: PTH113  # as `Pictures.named`
    if away:
        row, cell = away[0]
        what = f"names {cell}{others(away)}, {BACK}"
        remark("path-absolute", row.file, what, "write it as seen from the table", line=row.line)


def once(entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Return each image once, and in one line at most which rows say again what others do.

    Raises:
        UserError: If two rows say different things of one image; it names both.
    """
    seen: dict[Path, Entry] = {}
    again: list[tuple[Entry, Entry]] = []
    for entry in entries:
        known = seen.setdefault(entry.path, entry)
        if known is entry:
            continue
        if (repr(known.labels), known.split) != (repr(entry.labels), entry.split):  # NaN is NaN in words alone
            what = f"lists {entry.path} again, and otherwise than {known.row.place}"
            more: dict[str, Any] = {"line": entry.row.line, "image": str(entry.path)}
            refuse("image-twice", entry.row.file, what, "delete one of the two rows", **more)
            continue
        remark("row-twice", entry.row.file, f"lists {entry.path.name} again: left out", line=entry.row.line)
        again.append((entry, known))
    if not again:
        return list(seen.values()), []
    entry, known = again[0]
    return list(seen.values()), [
        f"{entry.row.place}: lists {entry.path.name} again, as {known.row.place}{others(again)}: left out"
    ]


def unlabelled(root: Path, entries: Sequence[Entry]) -> list[str]:
    """Return, in one line at most, which images have rows that say nothing of them, and remark these."""
    bare = [entry for entry in entries if not entry.labels]
    for row, path, *_ in bare:
        more: dict[str, Any] = {"line": row.line, "image": str(path)}
        remark("image-unlabelled", row.file, f"says nothing of {path.name}: unlabelled", "fill in a cell", **more)
    names = [entry.path.name for entry in bare]
    return [f"{root}: {counted(names, 'image')} in rows that are blank: unlabelled ({first(names)})"] if bare else []


def of_known_classes(entries: Sequence[Entry], targets: Sequence[str]) -> list[Entry]:
    """Return the entries of classes that train has; all of them if there are no rows of train.

    Raises:
        UserError: If there is another one; it names the row.
    """
    strange: set[Path] = set()
    for target in targets:
        found = [(entry, entry.labels.get(target)) for entry in entries]
        said = [(entry, label.name) for entry, label in found if isinstance(label, ClassName)]
        known = {name for entry, name in said if entry.split == "train"}
        for entry, name in said:
            if known and name not in known and entry.split:
                what = f"train has no {target} {name!r}{nearest(name, known)}"
                cure = f"add one to train, or take it out of {entry.split}"
                refuse("class-not-trained", entry.row.file, what, cure, line=entry.row.line)
                strange.add(entry.path)
    return [entry for entry in entries if entry.path not in strange]


def said_of(found: Sequence[Listing], targets: Sequence[Target]) -> Iterator[str]:
    """Yield one line for each table: what is read from which column, and which columns are not read."""
    for one in found:
        mine = [str(target) for target in targets if set(target.columns) & set(one.table.columns)]
        used = {one.files, one.parts, *read_in(one, targets)}
        unread = [name for name in one.table.columns if name not in used]
        line = f"{one.table.file}: images from {one.files!r}, {', '.join(mine)}"
        line += f", splits from {one.parts!r}" if one.parts else ""
        yield line + (f"; not read: {', '.join(map(repr, unread))}" if unread else "")
