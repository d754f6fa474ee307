"""Objects alone."""

from typing import Any, ClassVar

from polyhead.tasks._task import Task


class Detection(Task):
    """Where is what? Boxes with classes, on a feature pyramid."""

    defaults: ClassVar[dict[str, Any]] = {
        "task": {
            "backbone": {"name": "pyramid", "body": {"name": "cspnet"}},
            "heads": {"boxes": {"name": "detection"}},
        },
        "data": {"name": "digits"},
    }
