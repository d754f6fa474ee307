"""Names: our own by file, others' by entry point, nothing imported before it is asked for."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from polyhead import registry
from polyhead.errors import UserError
from polyhead.modules import plain

Install = Callable[..., None]


def forget() -> None:
    """Have the registry look again."""
    registry.installed.cache_clear()
    registry.entries.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a distribution of one module for this test."""

    def add(name: str, entries: str, source: str = "") -> None:
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(entries)
        (tmp_path / f"{name}_module.py").write_text(source)
        forget()

    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield add
    for name in set(sys.modules) - before:
        if name.endswith("_module"):
            del sys.modules[name]
    forget()


def test_each_file_of_a_room_is_a_name_unless_it_begins_with_an_underscore() -> None:
    for kind in registry.KINDS:
        files = {path.stem for path in (registry.HERE / kind).iterdir() if path.suffix == ".py" or path.is_dir()}
        own = {name for name, entry in registry.entries(kind).items() if entry.package == "polyhead"}
        assert own == {name for name in files if not name.startswith("_")}


def test_every_name_of_ours_has_a_class_with_a_summary() -> None:
    for kind in registry.KINDS:
        for name in registry.entries(kind):
            assert plain(registry.load(kind, name).__name__) == plain(name)
            assert registry.summary(kind, name).endswith((".", "?"))


def test_a_plugin_adds_a_name_and_is_imported_when_it_is_loaded(install: Install) -> None:
    source = 'class Deep:\n    """Depth of every pixel.\n\n    At length.\n    """\n'
    install("faraway", "[polyhead.heads]\ndepth = faraway_module:Deep\n", source)
    assert registry.find("heads", "depth") == registry.Entry("faraway_module", "Deep", "faraway")
    assert registry.summary("heads", "depth") == "Depth of every pixel."
    assert "faraway_module" not in sys.modules
    assert registry.load("heads", "depth").__name__ == "Deep"


def test_a_name_that_two_packages_claim_raises_when_it_is_asked_for_and_others_work(install: Install) -> None:
    install("mine", "[polyhead.heads]\ndetection = mine_module:Detection\n")
    for ask in (registry.find, registry.load):
        with pytest.raises(UserError) as caught:
            ask("heads", "detection")
        line = "the heads 'detection' is claimed by polyhead and by mine; uninstall all but one"
        assert str(caught.value) == line
    assert registry.summary("heads", "detection") == "(claimed by polyhead and by mine; uninstall all but one)"
    assert registry.load("heads", "classification").__name__ == "Classification"


def test_two_plugins_that_claim_one_name_leave_the_others_theirs(install: Install) -> None:
    install("near", "[polyhead.heads]\ndepth = near_module:Depth\nnear = near_module:Depth\n", "class Depth: ...\n")
    install("far", "[polyhead.heads]\ndepth = far_module:Depth\n", "class Depth: ...\n")
    with pytest.raises(UserError, match=r"claimed by (near and by far|far and by near); uninstall all but one"):
        registry.load("heads", "depth")
    assert registry.load("heads", "near").__name__ == "Depth"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_library_anywhere\nclass Broken: ...\n", "No module named 'no_such_library_anywhere'"),
        ("class Other: ...\n", "broken_module has no class Broken"),
        ("raise RuntimeError('too old')\n", "too old"),
        ("def broken(:\n", "invalid syntax"),
    ],
)
def test_a_broken_plugin_is_one_line_that_names_it_and_all_else_works(
    install: Install, source: str, reason: str
) -> None:
    install("broken", "[polyhead.heads]\nbroken = broken_module:Broken\n", source)
    with pytest.raises(UserError) as caught:
        registry.load("heads", "broken")
    assert str(caught.value).startswith("the plugin broken failed to load its heads 'broken': ")
    assert reason in str(caught.value) or "SyntaxError" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert registry.load("heads", "detection").__name__ == "Detection"
    assert all(isinstance(registry.summary("heads", name), str) for name in registry.entries("heads"))


def test_a_plugin_whose_source_does_not_parse_says_so_in_its_summary(install: Install) -> None:
    install("torn", "[polyhead.heads]\ntorn = torn_module:Torn\n", "def torn(:\n")
    assert registry.summary("heads", "torn").startswith("(broken: the source of torn_module does not parse: ")


def test_an_unknown_name_lists_the_choices_and_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no heads named 'detectoin' \(did you mean 'detection'\?\); choices: "):
        registry.find("heads", "detectoin")
