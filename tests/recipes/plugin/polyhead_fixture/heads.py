"""Two heads, of which only the signatures matter."""

from polyhead.contracts import FeatureSpec


class YesNo:
    """Says yes or no.

    Args:
        hidden: Width of the hidden layer.
        bias: Whether there is one.
    """

    def __init__(self, spec: FeatureSpec, labels: tuple[str, ...] = (), *, hidden: int = 4, bias: bool = True) -> None:
        self.spec, self.labels, self.hidden, self.bias = spec, labels, hidden, bias


class Count(YesNo):
    """Says how many; takes what its base takes."""
