"""Modules and classes, found and read without importing them."""

from pathlib import Path

import pytest

from polyhead.modules import class_source, source
from polyhead.recipes.signatures import _of_class

FAR = {
    "__init__.py": "from . import depth\nfrom .depth import Depth\n",
    "depth.py": "from .inner import Paint as Base\nclass Depth(Base): ...\n",
    "inner/__init__.py": "from ..paint import Paint\n",
    "paint.py": "class Paint:\n    def __init__(self, *, width: int = 4) -> None: ...\n",
    "lost.py": "from ....nowhere import Lost\nfrom . import Around\n",
    "around.py": "from .again import Around\n",
    "again.py": "from .around import Around\n",
}
"""Files of a package whose modules import from one another by dots."""


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of that package, put on the path."""
    for name, text in FAR.items():
        file = tmp_path / "polyfar" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return "polyfar"


def test_a_module_is_found_without_importing_it_or_what_is_around_it() -> None:
    found = source("pytorch_lightning.trainer.trainer")
    assert found is not None
    assert found.parts[-3:] == ("pytorch_lightning", "trainer", "trainer.py")
    assert source("no_such_package.anywhere") is None


def test_a_class_is_found_through_imports_and_its_name_compared_without_case_and_underscores() -> None:
    found = class_source("polyhead.heads.detection", "detec_tion")
    assert found is not None
    assert found[1].name == "Detection"
    assert class_source("polyhead.heads.detection", "nothing") is None


def test_a_class_is_found_through_relative_imports(far: str) -> None:
    found = class_source(far, "Depth")
    assert found is not None
    assert (found[0].name, found[1].name) == ("polyfar.depth", "Depth")
    assert class_source(f"{far}.inner", "Paint") is not None


def test_a_base_that_is_imported_relatively_gives_its_options(far: str) -> None:
    assert _of_class(far, "Depth", "backbones")["width"].default == 4


def test_imports_that_lead_nowhere_or_in_a_circle_find_nothing(far: str) -> None:
    assert class_source(f"{far}.lost", "Lost") is None
    assert class_source(f"{far}.lost", "Around") is None
    assert class_source(f"{far}.around", "Around") is None
