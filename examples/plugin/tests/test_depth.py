"""The conformance suite, in three lines."""

from polyhead_depth import Depth

from polyhead.checks import parametrize_heads

test_depth = parametrize_heads({"depth": Depth})
