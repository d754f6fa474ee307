"""Weights that nothing reads."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from polyhead.contracts import Batch, Loss


class Lossy(Protocol):
    """What has a model, and losses of it."""

    @property
    def model(self) -> nn.Module:
        """The model."""

    def losses(self, batch: Batch) -> Iterator[tuple[str, Mapping[str, Loss]]]:
        """Yield every head's losses of a batch."""

    def train(self, mode: bool = True) -> nn.Module:
        """Set training mode, or evaluation."""


@torch.enable_grad()
def has_unread(task: Lossy, blank: Any) -> bool:
    """Return whether there are trainable weights that no loss depends on, such as those of a level no head reads.

    Args:
        task: Whose losses and weights.
        blank: Inputs that show nothing, as a batch holds them.
    """
    task.train(mode=False)  # of one blank image BatchNorm takes no statistics
    batch = Batch(blank, {}, {}, {}, ())
    total: Tensor = torch.stack([loss.total for _, losses in task.losses(batch) for loss in losses.values()]).sum()
    task.train()
    trained = [parameter for parameter in task.model.parameters() if parameter.requires_grad]
    return any(gradient is None for gradient in torch.autograd.grad(total, trained, allow_unused=True))
