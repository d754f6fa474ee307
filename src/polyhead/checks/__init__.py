"""The public checks of heads and backbones: a test suite for a plugin's author in three lines.

    from polyhead.checks import parametrize_heads
    from polyhead_depth import Depth

    test_depth = parametrize_heads({"depth": lambda spec: Depth(spec)})

Each check is a plain function of a factory, in `HEAD_CHECKS` or `BACKBONE_CHECKS`, that raises `CheckError` (an
AssertionError) with a sentence that says what is wrong and how to mend it. A head is checked on made-up features of
images of 64 x 64 pixels and on its own `example_targets`; a backbone on random images, or on random molecules where
its `spec` has no strides. Give heads with classes five class names (`unknown_classes_get_no_gradient` says why).
Nothing here imports Lightning, torchmetrics or RDKit; a head's own `metrics` may.
"""

from polyhead.checks.backbones import BackboneFactory
from polyhead.checks.claims import CheckError
from polyhead.checks.probes import HeadFactory
from polyhead.checks.run import (
    BACKBONE_CHECKS,
    HEAD_CHECKS,
    check_backbone,
    check_head,
    parametrize_backbones,
    parametrize_heads,
)

__all__ = [
    "BACKBONE_CHECKS",
    "HEAD_CHECKS",
    "BackboneFactory",
    "CheckError",
    "HeadFactory",
    "check_backbone",
    "check_head",
    "parametrize_backbones",
    "parametrize_heads",
]
