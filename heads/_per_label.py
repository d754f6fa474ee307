"""Metrics of several classes or values: their means, and each one's own."""

from collections.abc import Mapping, Sequence

from torch import Tensor


def with_means(each: Mapping[str, Tensor], labels: Sequence[str]) -> dict[str, Tensor]:
    """Return metrics of K labels as 0-d tensors: `METRIC`, the mean, and `METRIC/LABEL` where there are several.

    Args:
        each: By metric, (K,) values, NaN of a label that has none: the mean leaves it out, and is NaN where none has
            one.
        labels: K names.
    """
    means = {name: values.nanmean() for name, values in each.items()}
    if len(labels) < 2:
        return means
    pairs = {name: zip(labels, values, strict=True) for name, values in each.items()}
    return means | {f"{name}/{label}": value for name, some in pairs.items() for label, value in some}
