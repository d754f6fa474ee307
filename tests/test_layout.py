"""The four rooms are real folders, imported through links."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("room", ["backbones", "heads", "tasks", "configs"])
def test_each_link_leads_to_its_room(room: str) -> None:
    link = ROOT / "src" / "polyhead" / room
    assert link.resolve() == ROOT / room, f"{link} is no link to {room}/: check out with symlinks (git core.symlinks)"


def test_the_public_name_of_the_package_is_load_alone() -> None:
    import polyhead

    assert polyhead.__all__ == ["load"]
    assert callable(polyhead.load)


def test_every_file_that_a_doc_names_is_there() -> None:
    import re

    docs = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        (doc.name, target)
        for doc in docs
        for target in re.findall(r"\]\(([^)#:]+)\)", doc.read_text())
        if not (doc.parent / target).exists()
    ]
    assert missing == []
