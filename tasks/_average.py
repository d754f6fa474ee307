"""An exponential moving average of the weights, which is what is validated and saved."""

from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn


class WeightAverage(Callback):
    """Keeps averaged weights beside the trained ones; validates and saves the average, goes on with the others.

    After step t the average moves by 1 / (1 + t / 10) of the way, never by less than 1 - decay: it looks back over a
    tenth of the steps so far, so that short runs and long ones need no other setting. A checkpoint's `state_dict` is
    the average at any time, also inside validation; what is trained stands beside it under `trained`. At
    the end of `fit` the average stays in the model.

    Args:
        decay: The longest memory, in [0, 1): 0.9998 looks back over some 5,000 steps.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.kept: dict[str, Tensor] = {}
        self.pairs: list[tuple[list[Tensor], list[Tensor]]] = []
        self.swapped = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Begin with the weights as they are, unless a checkpoint brought an average, which now joins their device."""
        now = tensors(pl_module)
        kept = self.kept or now
        self.kept = {name: kept[name].detach().to(tensor.device, copy=True) for name, tensor in now.items()}
        both = [
            (self.kept[name], tensor) for name, tensor in now.items()
        ]  # naming all of them at every step takes long
        floats = [pair for pair in both if pair[1].is_floating_point()]
        others = [pair for pair in both if not pair[1].is_floating_point()]
        self.pairs = [([mine for mine, _ in some], [theirs for _, theirs in some]) for some in (floats, others)]

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:  # noqa: ARG002  # Lightning's signature
        """Move the average, once for each step of the optimiser."""
        if trainer.global_step > self.steps:
            self.steps = trainer.global_step
            self._move()

    @torch.no_grad()
    def _move(self) -> None:
        share = max(1 - self.decay, 1 / (1 + self.steps / 10))
        (floats, trained), (others, theirs) = self.pairs
        torch._foreach_lerp_(floats, trained, share)
        if others:
            torch._foreach_copy_(others, theirs)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put the average into the model."""
        if self.kept and trainer.state.fn == "fit":
            self._swap(pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Put the trained weights back."""
        if self.swapped:
            self._swap(pl_module)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002  # Lightning's signature
        """Leave the average in the model."""
        if self.kept:
            self._swap(pl_module)

    @torch.no_grad()
    def _swap(self, pl_module: LightningModule) -> None:
        for name, tensor in tensors(pl_module).items():
            other = self.kept[name].clone()
            self.kept[name].copy_(tensor)
            tensor.copy_(other)
        self.swapped = not self.swapped

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:  # noqa: ARG002  # Lightning's signature
        """Store the average as the weights, and the trained weights beside it."""
        if not self.kept:
            return
        mine, theirs = (tensors(pl_module), self.kept) if self.swapped else (self.kept, tensors(pl_module))
        checkpoint["state_dict"] = {**checkpoint["state_dict"], **{n: t.detach().clone() for n, t in mine.items()}}
        checkpoint["trained"] = {name: tensor.detach().clone() for name, tensor in theirs.items()}

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Take the average out of the model, where Lightning has just put it, and go on with the trained weights."""
        if trainer.state.fn == "fit" and "trained" in checkpoint:
            self.steps = checkpoint["global_step"]
            self.kept = {name: tensor.detach().clone() for name, tensor in tensors(pl_module).items()}
            with torch.no_grad():
                for name, tensor in tensors(pl_module).items():
                    tensor.copy_(checkpoint["trained"][name])


def tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return the parameters and the stored buffers of a module by their names in its state dict."""
    return {
        name: value for name, value in module.state_dict(keep_vars=True).items() if not name.endswith("_extra_state")
    }
