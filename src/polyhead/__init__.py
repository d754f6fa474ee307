"""Polyhead: one backbone, many heads.

`polyhead.load(RUN_OR_CHECKPOINT).predict("a.jpg")` asks a trained model. The rest is in the modules of the same names:
`contracts` (what a backbone and a head promise), `checks` (a test suite for both), `recipes`, `running`, `registry`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyhead.trained import load as load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    """Import `load` when it is first asked for: torch takes seconds, and the command line's help should not."""
    if name == "load":
        from polyhead.trained import load

        return load
    raise AttributeError(f"module 'polyhead' has no attribute {name!r}")
