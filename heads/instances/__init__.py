"""Objects with the pixels of each: boxes, classes, scores and masks."""

from polyhead.heads.instances.head import Instances

__all__ = ["Instances"]
