"""A corrected copy of data: what can be mended without a guess is, and the rest is listed.

The copy is looked at again after each round of corrections, since these bring up others: an image that is left out
leaves an entry that lists it, and this its objects.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from polyhead.checking.check import check_data, read
from polyhead.checking.editing import Do, Edit, Key, editor_of, relative_lines, relative_yaml
from polyhead.errors import UserError
from polyhead.files import json_text, write_text
from polyhead.findings.collecting import collecting
from polyhead.findings.finding import Finding
from polyhead.loading.images import image_size
from polyhead.loading.source import SPLITS, Source

LEAVE: Final = frozenset(
    {"image-dead-link", "image-empty", "image-unreadable", "label-orphan", "link-dead", "mask-empty"}
)
"""Kinds of findings whose file is left out of the copy."""
DOES: Final[dict[str, Do]] = {
    "box-without-area": "remove",
    "box-outside": "remove",
    "box-twice": "remove",
    "box-sticks-out": "cut",
    "image-id-unknown": "remove",
    "image-missing": "remove",
    "outline-short": "shorten",
    "row-twice": "remove",
}
"""What is done to the entry that a finding is of, by its kind."""
GUESSES: Final = frozenset({"box-outside", "box-sticks-out"})
"""Kinds that are left as they are where half of the boxes are doubtful: to cut these would spoil them."""
OF_PIXELS: Final = frozenset(
    {
        "copy-across-splits",
        "copy-alike-across-splits",
        "copy-within-split",
        "image-blank",
        "image-huge",
        "image-long",
        "image-odd",
        "image-tiny",
        "image-values",
        "mask-unlabelled",
    }
)
"""Kinds that no look at labels finds again."""
BOUND: Final = "path-absolute"
"""The kind of a path that a copy follows back to the original."""
RELATIVE: Final = {".yaml": relative_yaml, ".yml": relative_yaml, ".txt": relative_lines}
"""By suffix, what makes such paths relative; in other files they are refused."""
ROUNDS: Final = 5
SAYS: Final[dict[str, str]] = {"remove": "removed", "cut": "cut at the image", "shorten": "short polygons left out"}


class Fix(NamedTuple):
    """A finding of the copy, by its path there, and what was done about it."""

    found: Finding
    did: str

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"did": self.did, **self.found.plain()}


class Mended(NamedTuple):
    """What became of a corrected copy.

    Attributes:
        fixes: What was done.
        left: What is still wrong with it.
    """

    fixes: list[Fix]
    left: list[Finding]


def mend(findings: Sequence[Finding], node: Mapping[str, Any], out: Path) -> Mended:
    """Write a corrected copy of data into a folder.

    Args:
        findings: What is wrong with them.
        node: Their node `data`, of files below one root.
        out: The folder, new or empty.

    Raises:
        UserError: If the data are no files below a root, `out` lies among them, or paths lead out of it.
    """
    home, root = homes(node, out)
    texts = unbound(findings, home, out)
    copy(home, out)
    for file, text in texts.items():
        file.write_bytes(text.encode())
    there = {**node, "root": str(root)}
    check_whole(findings, check_data(str(out), there, pixels=False).findings, home, out)
    check_apart(there, out)
    found = [moved(one, home, out) for one in findings]
    fixes = [Fix(one, "made relative") for one in found if one.kind == BOUND]
    for _ in range(ROUNDS):
        done = corrected(found, out)
        fixes += done
        again = check_data(str(out), there, pixels=False).findings
        if not done:
            break
        found = list(again)
    seen = [moved(one, home, out) for one in findings if one.kind in OF_PIXELS]
    return Mended(fixes, [*again, *(one for one in seen if Path(one.file).exists())])


def homes(node: Mapping[str, Any], out: Path) -> tuple[Path, Path]:
    """Return the folder of all files of some data, and what stands in the copy for their root; errors as `mend`."""
    if not node.get("root"):
        raise UserError(f"--fix {out}: {node.get('name')} has no root of its own, and its files cannot be copied")
    root = Path(os.path.normpath(Path(node["root"]).expanduser()))
    home = root if root.is_dir() else root.parent.parent if root.parent.name == "annotations" else root.parent
    full, target = home.resolve(), out.resolve()
    if target.is_relative_to(full) or full.is_relative_to(target):
        raise UserError(f"--fix {out}: it lies with the data in {home}; choose a folder elsewhere")
    return home, out / root.relative_to(home)


def copy(home: Path, out: Path) -> None:
    """Copy all files of a folder into another, those behind links too, and let them be written to.

    Raises:
        UserError: If that is not possible.
    """
    try:
        shutil.copytree(home, out, dirs_exist_ok=True, ignore_dangling_symlinks=True, ignore=loops)
        for path in (out, *out.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)
    except OSError as error:
        raise UserError(f"--fix {out}: {home} cannot be copied there ({' '.join(str(error).split())})") from error


def loops(folder: str, names: list[str]) -> list[str]:
    """Return which of the names in a folder are links back to it, or to one around it."""
    here = Path(folder).resolve()
    return [name for name in names if (here / name).is_symlink() and here.is_relative_to((here / name).resolve())]


def check_whole(before: Sequence[Finding], after: Sequence[Finding], home: Path, out: Path) -> None:
    """Check that a copy lacks no image that the original has: what lies elsewhere would be taken for missing.

    Raises:
        UserError: If it does.
    """
    known = sum(one.kind in {"image-missing", "image-dead-link"} for one in before)
    if sum(one.kind == "image-missing" for one in after) > known:
        raise UserError(f"--fix {out}: images of these data lie outside of {home}; set root to what holds all of them")


def unbound(findings: Sequence[Finding], home: Path, out: Path) -> dict[Path, str]:
    """Return what has to stand in some files of a copy, by their paths there, so that it does not lead back.

    Raises:
        UserError: If a path leads out of `home`, or stands in JSON or a table; it names file, place and path.
    """
    texts: dict[Path, str] = {}
    for one in findings:
        if one.kind == BOUND:
            file = Path(one.file)
            if (made := RELATIVE.get(file.suffix.lower())) is None:
                raise UserError(f"--fix {out}: {one.text}")
            try:
                texts[out / file.relative_to(home)] = made(file.read_bytes().decode("utf-8-sig"), file, home)
            except (OSError, ValueError, yaml.YAMLError) as error:
                raise UserError(f"--fix {out}: {file}: {' '.join(str(error).split())}") from error
    return texts


def check_apart(node: Mapping[str, Any], out: Path) -> None:
    """Check that a copy reads nothing but its own images, however they are named.

    Raises:
        UserError: If it does; it names one.
    """
    with collecting() as collected:
        source = read(node, collected)
    if not isinstance(source, Source):
        return
    names = [Path(source.name(split, index)) for split in SPLITS for index in range(source.size(split))]
    for name in names:
        if not name.is_relative_to(out) and name.exists() and not name.resolve().is_relative_to(out.resolve()):
            cure = "write the paths in these data as seen from the files that they stand in"
            raise UserError(f"--fix {out}: what is there reads {name}, which is no part of it; {cure}")


def moved(found: Finding, home: Path, out: Path) -> Finding:
    """Return a finding with the paths that its files have in the copy."""
    file, image = (
        str(out / path.relative_to(home)) if path.is_relative_to(home) else str(path)
        for path in (Path(found.file), Path(found.image))
    )
    return found._replace(file=file, image=image if found.image else "")


def corrected(found: Sequence[Finding], out: Path) -> list[Fix]:
    """Do to the copy what can be done about some findings, and return that."""
    inside = out.resolve()
    mine = [one for one in found if Path(one.file).resolve().is_relative_to(inside)]  # however it is spelt
    fixes: list[Fix] = []
    for one in mine:
        if one.kind in LEAVE and not Path(one.file).is_dir():
            Path(one.file).unlink(missing_ok=True)
            fixes.append(Fix(one, "left out"))
    by_file: dict[str, list[Finding]] = {}
    doubtful = GUESSES if any(one.kind == "boxes-doubtful" for one in found) else frozenset()
    for one in mine:
        if one.kind in DOES and one.kind not in doubtful and (one.place or one.line):
            by_file.setdefault(one.file, []).append(one)
    for file, those in by_file.items():
        fixes += edited(Path(file), those)
    return fixes


def edited(file: Path, found: Sequence[Finding]) -> list[Fix]:
    """Edit a file of the copy, and return what was done; nothing where it cannot be."""
    edits: dict[Key, Edit] = {}
    for one in found:
        key, do = one.place or one.line or 0, DOES[one.kind]
        if key not in edits or do == "remove":
            edits[key] = Edit(do, size_of(one) if do == "cut" else (0, 0))
    try:
        text = file.read_bytes().decode()
        after = editor_of(file.suffix)(text, edits)
    except (ValueError, LookupError, TypeError, OSError):
        return []
    if after == text:
        return []
    file.write_bytes(after.encode())
    return [Fix(one, SAYS[DOES[one.kind]]) for one in found]


def size_of(found: Finding) -> tuple[int, int]:
    """Return H, W of the image of a finding."""
    return image_size(found.image)


def mend_all(findings: Sequence[Finding], node: Mapping[str, Any], out: Path) -> Mended:
    """Write a corrected copy of data, of several sources each in a folder of its name, and fixes.json; as `mend`."""
    parts: Mapping[str, Any] = node.get("sources") or {"": node}
    mine = {name: [each for each in findings if each.source == name] for name in parts}
    for name, one in parts.items():  # nothing is written where one of them is refused
        unbound(mine[name], homes(one, out / name)[0], out)
    mended = Mended([], [])
    for name, one in parts.items():
        fixes, left = mend(mine[name], one, out / name)
        mended.fixes.extend(fix._replace(found=fix.found._replace(source=name)) for fix in fixes)
        mended.left.extend(each._replace(source=name) for each in left)
    kept = {"fixed": [fix.plain() for fix in mended.fixes], "left": [one.plain() for one in mended.left]}
    write_text(json_text(kept), out / "fixes.json")
    return mended
