"""Several questions about the same images."""

from typing import Any, ClassVar

from polyhead.tasks._task import Task


class Multitask(Task):
    """Several heads on one backbone: class, boxes and masks unless the recipe says otherwise."""

    defaults: ClassVar[dict[str, Any]] = {
        "task": {
            "backbone": {"name": "pyramid", "body": {"name": "cspnet"}},
            "heads": {
                "label": {"name": "classification"},
                "boxes": {"name": "detection"},
                "mask": {"name": "segmentation"},
            },
        },
        "data": {"name": "digits"},
    }
