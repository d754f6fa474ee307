"""Classes alone."""

from typing import Any, ClassVar

from polyhead.tasks._task import Task


class Classification(Task):
    """Which class is the whole image? A softmax over the pooled features."""

    defaults: ClassVar[dict[str, Any]] = {
        "task": {
            "backbone": {"name": "cspnet"},
            "heads": {"label": {"name": "classification"}},
        },
        "data": {"name": "digits"},
    }
