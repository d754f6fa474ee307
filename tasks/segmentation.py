"""Masks alone."""

from typing import Any, ClassVar

from polyhead.tasks._task import Task


class Segmentation(Task):
    """Which class is each pixel? A decoder over all levels."""

    defaults: ClassVar[dict[str, Any]] = {
        "task": {
            "backbone": {"name": "cspnet"},
            "heads": {"mask": {"name": "segmentation"}},
        },
        "data": {"name": "digits"},
    }
