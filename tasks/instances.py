"""Objects with the pixels of each, alone."""

from typing import Any, ClassVar

from polyhead.tasks._task import Task


class Instances(Task):
    """Where is what, and which pixels are its? Boxes, classes and masks, on a feature pyramid."""

    defaults: ClassVar[dict[str, Any]] = {
        "task": {
            "backbone": {"name": "pyramid", "body": {"name": "cspnet"}},
            "heads": {"instances": {"name": "instances"}},
        },
        "data": {"name": "digits"},
    }
