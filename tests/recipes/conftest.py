"""The plugin in plugin/, installed for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from polyhead import registry

PLUGIN = Path(__file__).parent / "plugin"


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
