"""Two tasks: one with defaults, and one without."""

from typing import Any, ClassVar

from polyhead_fixture._base import Base


class Sorting(Base):
    """Sorts stones."""

    defaults: ClassVar[dict[str, Any]] = {
        "task": {"backbone": {"name": "slim", "width": 6}, "heads": {"good": {"name": "yes_no"}}},
        "data": {"name": "stones"},
        "trainer": {"max_epochs": 2},
    }


class Bare(Base):
    """Has no opinion."""
