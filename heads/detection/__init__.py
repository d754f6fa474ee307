"""Anchor-free detection: boxes around things, each with a class and a score."""

from polyhead.heads.detection.head import Detection

__all__ = ["Detection"]
