"""What commands are tested with: a plugin, run folders, and work that only says that it was called."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import polyhead.running
from polyhead import registry

PLUGIN = Path(__file__).parents[1] / "recipes" / "plugin"


def forget() -> None:
    """Have the registry look again."""
    registry.installed.cache_clear()
    registry.entries.cache_clear()


@pytest.fixture(autouse=True)
def plugin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put the plugin on the path, and give its folder."""
    monkeypatch.syspath_prepend(PLUGIN)
    forget()
    yield PLUGIN
    forget()


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what puts functions in the place of a module of `polyhead.running`, by its name."""

    def put(name: str, **functions: Any) -> None:
        module = ModuleType(f"polyhead.running.{name}")
        vars(module).update(functions)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(polyhead.running, name, module, raising=False)

    return put


@pytest.fixture
def two_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work where two runs are: `chem`, of molecules, and `photos`, of images."""
    monkeypatch.chdir(tmp_path)
    for name, data in (("chem", "root: a.csv"), ("photos", "size: 64")):
        (tmp_path / name / "checkpoints").mkdir(parents=True)
        (tmp_path / name / "checkpoints" / "best.ckpt").touch()
        (tmp_path / name / "recipe.yaml").write_text(f"data: {{{data}}}\n")
