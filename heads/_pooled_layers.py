"""From the pooled vector to one number a class or a value."""

from torch import nn


def pooled_layers(width: int, outputs: int, hidden: int, dropout: float) -> nn.Sequential:
    """Return a fully connected layer, behind a hidden one with a ReLU where `hidden`, its width, is not 0.

    The features are dropped out before each layer; state dicts of heads without a hidden layer stay as they were.

    Raises:
        ValueError: If the width is below 0.
    """
    if hidden < 0:
        raise ValueError(f"hidden={hidden}: take 0 for no hidden layer, or its width")
    first = [nn.Dropout(dropout), nn.Linear(width, hidden), nn.ReLU()] if hidden else []
    return nn.Sequential(*first, nn.Dropout(dropout), nn.Linear(hidden or width, outputs))
