"""Short name -> class, for our own rooms and for plugins alike, with nothing imported before it is asked for.

A file `heads/depth.py` holds one public class, `Depth`, whose name here is `depth`; a folder does the same in its
`__init__.py`; files that begin with `_` are no names. An installed package adds names by entry points in the groups
`polyhead.backbones`, `polyhead.heads`, `polyhead.tasks` and `polyhead.data`.
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from polyhead.errors import UserError, unknown
from polyhead.modules import class_source, plain

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

Kind = Literal["backbones", "heads", "tasks", "data"]
KINDS: tuple[Kind, ...] = ("backbones", "heads", "tasks", "data")
HERE = Path(__file__).parent


@cache
def installed() -> "EntryPoints":
    """Return all entry points, read once for all kinds: each installed package takes its time."""
    from importlib.metadata import entry_points  # a sixth of the time of `polyhead --help`, which needs none

    return entry_points()  # type: ignore[return-value]  # before Python 3.12 its stub has another name for it


class Entry(NamedTuple):
    """Where the class behind a name is: module, name there (in any case, for our own), and the package it is from.

    `rivals` are other packages that claim the name; until they are gone it stands for nothing.
    """

    module: str
    attribute: str
    package: str
    rivals: tuple[str, ...] = ()

    @property
    def claims(self) -> str:
        """Who claims the name, where more than one package does, and the cure."""
        return f"claimed by {' and by '.join((self.package, *self.rivals))}; uninstall all but one"


@cache
def entries(kind: Kind) -> dict[str, Entry]:
    """Return every name of a kind, also those that two packages claim, which no one can use."""
    found: dict[str, Entry] = {}
    for path in sorted((HERE / kind).iterdir()):
        if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").is_file()):
            found[path.stem] = Entry(f"polyhead.{kind}.{path.stem}", path.stem, "polyhead")
    for point in installed().select(group=f"polyhead.{kind}"):
        package = point.dist.name if point.dist else point.module
        before = found.get(point.name)
        entry = Entry(point.module, point.attr or point.name, package)
        found[point.name] = before._replace(rivals=(*before.rivals, package)) if before else entry
    return found


def find(kind: Kind, name: str) -> Entry:
    """Return where the class of a name is.

    Raises:
        UserError: If no such name exists; it lists the choices and the nearest; or if two packages claim it.
    """
    known = entries(kind)
    if name not in known:
        raise unknown(f"{kind} named", name, known)
    if known[name].rivals:
        raise UserError(f"the {kind} {name!r} is {known[name].claims}")
    return known[name]


def summary(kind: Kind, name: str) -> str:
    """Return the first line of the docstring of the class behind a name, read from its source; or who claims it."""
    entry = entries(kind).get(name) or find(kind, name)
    if entry.rivals:
        return f"({entry.claims})"
    try:
        found = class_source(entry.module, entry.attribute)
    except (SyntaxError, UnicodeDecodeError) as error:
        return f"(broken: the source of {entry.module} does not parse: {error})"
    return (ast.get_docstring(found[1]) or "").partition("\n")[0] if found else ""


def load(kind: Kind, name: str) -> type:
    """Return the class behind a name, imported now.

    Raises:
        UserError: If there is no such name, or a plugin fails to import; it names the plugin and the reason.
    """
    entry = find(kind, name)
    try:
        for key, member in vars(import_module(entry.module)).items():
            if isinstance(member, type) and plain(key) == plain(entry.attribute):
                return member
        raise ImportError(f"{entry.module} has no class {entry.attribute}")
    except Exception as error:
        if entry.package == "polyhead":
            raise
        raise UserError(f"the plugin {entry.package} failed to load its {kind} {name!r}: {error!r}") from error
