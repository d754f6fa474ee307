"""Molecules."""

from typing import Any, ClassVar

from polyhead.tasks._task import Task


class Molecules(Task):
    """What is measured of a molecule, or what is it? Graph convolutions, and heads on the pooled features."""

    defaults: ClassVar[dict[str, Any]] = {
        "task": {
            "backbone": {"name": "molecules"},
            "heads": {"properties": {"name": "regression", "hidden": 300}},
        },
        "data": {"name": "molecules"},
    }
