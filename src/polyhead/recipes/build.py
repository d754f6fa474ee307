"""From a node of a recipe to the object that it describes."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_args

from polyhead import registry
from polyhead.contracts import Backbone
from polyhead.errors import UserError
from polyhead.findings.collecting import leaving_out, named_source
from polyhead.recipes.signatures import LOADERS, loader_of
from polyhead.recipes.values import hints_of, validate, validate_types

if TYPE_CHECKING:  # it takes seconds to import, and only training needs it
    from pytorch_lightning import Trainer

    from polyhead.loading.module import DataModule

NOT_THEIRS: dict[registry.Kind, frozenset[str]] = {
    "heads": frozenset({"target", "weight", "lr"}),
    "tasks": frozenset({"backbone", "heads", "labels"}),
    "backbones": frozenset(),
    "data": frozenset(),
}
"""The keys of a node that are no options of its constructor; `given` may hold objects for them."""
TERMS: dict[str, Any] = {"target": str, "weight": float, "lr": float | None}
"""The types of what the Task takes for every head."""
FREE = frozenset({"callbacks", "logger", "strategy", "plugins", "profiler", "precision"})
"""Options of the Trainer whose annotations say less than it takes; it checks them itself."""


def build(kind: registry.Kind, node: Mapping[str, Any], where: str, **given: Any) -> Any:
    """Return the object of a node.

    Args:
        kind: Of the node.
        node: Its part of a resolved recipe.
        where: Its dotted key, for errors.
        given: What the constructor takes beside the node's options, as objects; they stand above the node's.

    Raises:
        UserError: If its name, an option, or a combination of options does not fit.
    """
    return _make(registry.load(kind, str(node["name"])), _options(kind, node), where, given)


def _options(kind: registry.Kind, node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a node, without what is not its constructor's."""
    return {key: value for key, value in node.items() if key != "name" and key not in NOT_THEIRS[kind]}


def _make(cls: type, options: Mapping[str, Any], where: str, given: Mapping[str, Any]) -> Any:
    """Return an object of a class, from options in plain data and given objects."""
    own = {key: value for key, value in options.items() if key not in given}
    nested = _nested(cls, own)
    valid = validate(cls, {key: value for key, value in own.items() if key not in nested}, where)
    built = {key: _built(kind, own[key], f"{where}.{key}") for key, kind in nested.items()}
    try:
        return cls(**valid, **built, **given)
    except (ValueError, UserError) as error:
        raise UserError(f"{where} ({cls.__name__}): {error}") from error


def _nested(cls: type, options: Mapping[str, Any]) -> dict[str, str]:
    """Return the kind of the options that are given as nodes of their own, "backbones" or "sources", by name."""
    kinds = {key: _takes(hint) for key, hint in hints_of(cls).items() if key in options}
    return {key: kind for key, kind in kinds.items() if kind}


def _takes(hint: Any) -> str:
    """Return the kind of nodes that a parameter takes as objects: a backbone, or one or none; sources by name."""
    parts = [part for part in (hint, *get_args(hint)) if isinstance(part, type)]
    if any(issubclass(part, Backbone) for part in parts):
        return "backbones"
    return "sources" if any(part.__name__ == "Member" for part in parts) else ""


def _built(kind: str, node: Any, where: str) -> Any:
    """Return the object of a nested node; None stays None."""
    if kind == "sources":
        return _members(node, where)
    return None if node is None else build("backbones", _node(node, where), where)


def _node(node: Any, where: str, what: str = "a backbone") -> Mapping[str, Any]:
    """Return what is a node, of `what`.

    Raises:
        UserError: If it is something else.
    """
    if not isinstance(node, Mapping) or "name" not in node:
        raise UserError(f"{where}: {node!r} does not fit; it takes {what}: keys with values, `name` among them")
    return node


def _members(nodes: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return several sources by name, those that can be read; errors as `build_source`."""
    found: dict[str, Any] = {}
    for name, one in nodes.items():
        with named_source(name), leaving_out(whole=True):
            found[name] = _member(_node(one, f"{where}.{name}", "data"), f"{where}.{name}")
    return found


def _member(node: Mapping[str, Any], where: str) -> Any:
    """Return one of several sources, from its node; errors as `build_source`."""
    from polyhead.loading.member import Member  # torch is behind it

    return _make(Member, _taken_by(Member, node), where, {"source": build_source(node, where)})


def build_data(node: Mapping[str, Any], targets: Iterable[str], seed: int = 0, where: str = "data") -> "DataModule":
    """Return the data module of the node `data`: its source, loaded as the loader's options say.

    Args:
        node: Options of the source and of the loader; one that both take goes to both.
        targets: The names of the targets that heads learn.
        seed: Of the loader: order and augmentation. A source that makes its data up has a seed of its own.
        where: The dotted key of the node, for errors.

    Raises:
        UserError: If a name, an option, or a combination of options does not fit.
    """
    loader = _loader(node)
    given = {"source": build_source(node, where), "targets": tuple(targets), "seed": seed}
    made: DataModule = _make(loader, _taken_by(loader, node), where, given)
    return made


def _loader(node: Mapping[str, Any]) -> type:
    """Return the class that loads the data of a node; pytorch_lightning, behind it, takes seconds to import."""
    module, name = LOADERS[loader_of(str(node["name"]))]
    return getattr(import_module(module), name)  # type: ignore[no-any-return]  # of a module, which is Any


def build_source(node: Mapping[str, Any], where: str = "data") -> Any:
    """Return the source alone of the node `data`.

    Raises:
        UserError: If its name, an option, or a combination of options does not fit.
    """
    cls = registry.load("data", str(node["name"]))
    return _make(cls, _taken_by(cls, node), where, {})


def _taken_by(cls: type, node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a data node that a class takes: source and loader share one node."""
    return {key: value for key, value in _options("data", node).items() if key in hints_of(cls)}


def build_trainer(node: Mapping[str, Any], where: str = "trainer", **given: Any) -> "Trainer":
    """Return Lightning's Trainer for the node `trainer`.

    Args:
        node: Its options. `precision: auto` is not Lightning's, so it has to be `given`.
        where: The dotted key of the node, for errors.
        given: Options as Lightning wants them, such as callbacks that are built; they stand above the node's.

    Raises:
        UserError: If an option does not fit, or Lightning refuses it.
    """
    from lightning_fabric.utilities.exceptions import MisconfigurationException  # where Lightning has it from
    from pytorch_lightning import Trainer

    own = {key: value for key, value in node.items() if key not in given}
    free = {key: own.pop(key) for key in FREE & own.keys()}
    valid = validate(Trainer, own, where)
    try:
        return Trainer(**valid, **free, **given)
    except (MisconfigurationException, TypeError, ValueError) as error:
        raise UserError(f"{where}: {' '.join(str(error).split())}") from error


def check_values(recipe: Mapping[str, Any]) -> None:
    """Check every value of a resolved recipe against its type, before anything is built that takes its time.

    Raises:
        UserError: For the first value that does not fit.
    """
    task, data = recipe["task"], recipe["data"]
    validate_types({"seed": int}, {"seed": recipe["seed"]})
    validate_types({"labels": dict[str, list[str]]}, {"labels": task.get("labels", {})}, "task")
    _check("tasks", task, "task")
    _check("backbones", task["backbone"], "task.backbone")
    for key, head in task["heads"].items():
        terms = {name: head[name] for name in NOT_THEIRS["heads"] & head.keys()}
        validate_types(TERMS, terms, f"task.heads.{key}")
        _check("heads", head, f"task.heads.{key}")
    _check_source(data, "data")
    loader = _loader(data)
    validate(loader, _taken_by(loader, data), "data")
    from pytorch_lightning import Trainer

    validate(Trainer, {key: value for key, value in recipe["trainer"].items() if key not in FREE}, "trainer")


def _check(kind: registry.Kind, node: Mapping[str, Any], where: str) -> None:
    """Check the values of one node, and of the backbones nested in it."""
    cls, options = registry.load(kind, str(node["name"])), _options(kind, node)
    nested = _nested(cls, options)
    validate(cls, {key: value for key, value in options.items() if key not in nested}, where)
    for key in nested:
        if options[key] is not None:
            _check("backbones", _node(options[key], f"{where}.{key}"), f"{where}.{key}")


def _check_source(node: Mapping[str, Any], where: str) -> None:
    """Check the values of a source's node, and of the sources in it."""
    from polyhead.loading.member import Member  # torch is behind it

    cls = registry.load("data", str(node["name"]))
    options = _taken_by(cls, node)
    nested = _nested(cls, options)
    validate(cls, {key: value for key, value in options.items() if key not in nested}, where)
    for key in nested:
        for name, one in options[key].items():
            _check_source(_node(one, f"{where}.{key}.{name}", "data"), f"{where}.{key}.{name}")
            validate(Member, _taken_by(Member, one), f"{where}.{key}.{name}")
