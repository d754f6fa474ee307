"""The conformance suite, in three lines."""

from polyhead.checks import parametrize_heads
from polyhead_depth import Depth

test_depth = parametrize_heads({"depth": Depth})
