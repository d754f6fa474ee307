"""What a class takes: its options, read from its source, so that nothing heavy is imported to check a key."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from polyhead import modules, registry
from polyhead.errors import UserError, choices
from polyhead.modules import Parsed
from polyhead.registry import Kind

HIDDEN: dict[str, frozenset[str]] = {
    "heads": frozenset({"spec", "labels"}),
    "tasks": frozenset({"backbone", "heads", "labels"}),
    "backbones": frozenset(),
    "data": frozenset(),
    "source": frozenset(),
    "member": frozenset({"source"}),
    "loader": frozenset({"source", "targets", "seed"}),
    "trainer": frozenset(),
}
"""The parameters that are given as built objects, or that recipes hold in a place of their own."""
LOADERS = {
    "images": ("polyhead.loading.image_module", "ImageModule"),
    "molecules": ("polyhead.loading.molecule_module", "MoleculeModule"),
}
"""What loads each kind of data, as the class attribute `loader` of the data says."""
MEMBER = ("polyhead.loading.member", "Member")
TRAINER = ("pytorch_lightning.trainer.trainer", "Trainer")


class Option(NamedTuple):
    """One option of a class.

    Attributes:
        name: Its name.
        annotation: Its type, as the source spells it.
        default: Its default as plain data; None too where `given` says that there is no plain one.
        given: "plain" where `default` holds; "required" where there is none; "computed" where it is no literal.
        help: What the docstring says of it.
    """

    name: str
    annotation: str
    default: Any
    given: str
    help: str

    @property
    def nested(self) -> str:
        """The kind of the nodes that a recipe spells it as: "backbones", or "sources" by name; "" for plain data."""
        annotation = self.annotation.strip("\"'")
        if re.fullmatch(r"(Optional\[)?(\w+\.)*Backbone(\]| \| None)?", annotation):
            return "backbones"
        return "sources" if re.fullmatch(r"Mapping\[str, (\w+\.)*Member\]", annotation) else ""


def options(kind: str, name: str = "") -> dict[str, Option]:
    """Return what a node of a recipe may set beside `name`.

    Args:
        kind: A registry's kind, or "trainer", which has no names.
        name: A registered name.

    Raises:
        UserError: If there is no such name, or its source cannot be read.
    """
    if kind == "trainer":
        return _of_class(*TRAINER, kind) | {
            "precision": Option(
                "precision", "str", "auto", "plain", "As Lightning's, or auto: what the device does best."
            )
        }
    entry = registry.find(kind_of(kind), name)
    try:
        own = _of_class(entry.module, entry.attribute, kind)
    except UserError as error:
        raise UserError(f"the options of {kind}.{name} (from {entry.package}) are unknown: {error}") from error
    if kind in {"data", "source"}:
        more = _of_class(*MEMBER, "member") if kind == "source" else loader_options(name)
        return own | {key: option for key, option in more.items() if key not in own}
    return own | (_of_task_for_heads() if kind == "heads" else {})


def loader_options(name: str) -> dict[str, Option]:
    """Return what of a node of the data `name` is its loader's."""
    return _of_class(*LOADERS[loader_of(name)], "loader")


def loader_of(name: str) -> str:
    """Return the kind of the items of the data `name`, a key of `LOADERS`.

    Raises:
        UserError: If there are no such data, or their `loader` is no such key.
    """
    found = _attribute("data", name, "loader")
    kind = found.value if isinstance(found, ast.Constant) else "images"
    if kind not in LOADERS:
        raise UserError(f"the `loader` of data.{name} is {kind!r}; choices: {choices(LOADERS)}")
    return str(kind)


def task_defaults(name: str) -> dict[str, Any]:
    """Return the class attribute `defaults` of a named task, a recipe of its own; {} where it has none.

    Raises:
        UserError: If there is no such task, or `defaults` is more than literals.
    """
    found = _attribute("tasks", name, "defaults")
    return _literal_defaults(name, found) if found else {}


def _attribute(kind: Kind, name: str, attribute: str) -> ast.expr | None:
    """Return what a registered class, or the nearest of its bases that has it, sets a class attribute to."""
    entry = registry.find(kind, name)
    for _, node in _classes(entry.module, entry.attribute):
        for line in (line for line in node.body if isinstance(line, ast.Assign | ast.AnnAssign)):
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            if line.value and any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
                return line.value
    return None


def _literal_defaults(name: str, value: ast.expr | None) -> dict[str, Any]:
    """Return a task's `defaults` from the source."""
    try:
        found = ast.literal_eval(value) if value else {}
    except ValueError as error:
        raise UserError(f"the `defaults` of tasks.{name} must be literals: they are read and not run") from error
    if not isinstance(found, dict):
        raise UserError(f"the `defaults` of tasks.{name} must be a dict shaped like a recipe")
    return found


def kind_of(kind: str) -> Kind:
    """Return `kind` as one of the registry's; one of several sources is registered as data."""
    return next(known for known in registry.KINDS if known == ("data" if kind == "source" else kind))


def _of_task_for_heads() -> dict[str, Option]:
    """Return what the Task itself takes for every head."""
    return {
        "target": Option(
            "target", "str", None, "computed", "The name of the target to learn; the head's own key if not set."
        ),
        "weight": Option("weight", "float", 1.0, "plain", "Weight of the head's loss among those of the other heads."),
        "lr": Option("lr", "float | None", None, "plain", "The head's own learning rate; the Task's if not set."),
    }


@cache
def _of_class(module: str, attribute: str, kind: str) -> dict[str, Option]:
    """Return the options of the nearest constructor among a class and its bases, without those hidden for `kind`."""
    for within, node in _classes(module, attribute):
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                helps = docstring_args(node) | docstring_args(item)
                found = _parameters(item, within, helps)
                return {option.name: option for option in found if option.name not in HIDDEN[kind]}
    return {}


def _classes(module: str, attribute: str) -> Iterator[modules.Found]:
    """Yield a class and its bases, as far as names and imports lead to them.

    Raises:
        UserError: If the class itself has no source that can be read.
    """
    try:
        start = modules.class_source(module, attribute)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise UserError(f"{module} does not parse: {error}") from error
    if start is None:
        raise UserError(f"there is no class {attribute} in the source of {module}")
    waiting = [start]
    while waiting:
        within, node = waiting.pop(0)
        yield within, node
        names = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
        found = [modules.class_in(within, name.id) for name in names if isinstance(name, ast.Name)]
        waiting += [pair for pair in found if pair and pair[1] is not node]


def _constant(module: Parsed, name: str) -> ast.expr | None:
    """Return what a module sets a name to, or a module of ours that it imports the name from; None if unfound."""
    for node in module.tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            return node.value
        origin = modules.imported_from(node, module) if isinstance(node, ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and origin.startswith("polyhead") and origin != module.name:
            for alias in node.names:
                found = modules.parsed(origin) if (alias.asname or alias.name) == name else None
                if found:
                    return _constant(found, alias.name)
    return None


def _parameters(init: ast.FunctionDef, module: Parsed, helps: dict[str, str]) -> Iterator[Option]:
    """Yield the named parameters of a constructor after self."""
    positional = [*init.args.posonlyargs, *init.args.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(init.args.defaults))
    pairs = list(zip(positional, [*defaults, *init.args.defaults], strict=True))[1:]
    for arg, default in [*pairs, *zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)]:
        value, given = _default(default, module)
        yield Option(arg.arg, _annotation(arg.annotation, module), value, given, helps.get(arg.arg, ""))


def _annotation(node: ast.expr | None, module: Parsed) -> str:
    """Return a type as the source spells it, or what its name stands for."""
    if isinstance(node, ast.Name) and node.id != "Backbone":
        node = _constant(module, node.id) or node
    return ast.unparse(node) if node else ""


def _default(node: ast.expr | None, module: Parsed) -> tuple[Any, str]:
    """Return the default as plain data, and how it is given."""
    if node is None:
        return None, "required"
    if isinstance(node, ast.Name):
        node = _constant(module, node.id) or node
    try:
        return plain(ast.literal_eval(node)), "plain"
    except ValueError:
        return None, "computed"


def plain(value: Any) -> Any:
    """Return plain data as YAML holds it: tuples become lists, and dicts and lists are copies."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def docstring_args(node: ast.ClassDef | ast.FunctionDef) -> dict[str, str]:
    """Return what the section "Args:" of a Google docstring says of each parameter."""
    lines = (ast.get_docstring(node) or "").splitlines()
    found: dict[str, str] = {}
    name = ""
    for line in lines[lines.index("Args:") + 1 :] if "Args:" in lines else []:
        if line and not line.startswith(" "):
            break
        if start := re.match(r" {2,4}(\w+)(?: \([^)]*\))?:\s*(.*)", line):
            name, found[start[1]] = start[1], start[2]
        elif name and line.strip():
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
