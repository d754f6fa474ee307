"""The Lightning module: one backbone, heads by name, each on the rows that carry its target."""

from abc import ABC
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, cast

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from polyhead.contracts import Batch, Features, Head, Loss
from polyhead.errors import UserError
from polyhead.model import build_model, target_of
from polyhead.schedule import fraction_done, warm_cosine
from polyhead.tasks._average import WeightAverage
from polyhead.tasks._balance import Balancing, balance_of
from polyhead.tasks._compile import compile_part
from polyhead.tasks._conflict import shared_gradients
from polyhead.tasks._division import divided
from polyhead.tasks._frozen import freeze_parts
from polyhead.tasks._means import Means
from polyhead.tasks._optimizer import OptimizerName, build_optimizer, clip, parameter_groups, rate_factors
from polyhead.tasks._ranges import check_ranges
from polyhead.tasks._ranks import average_statistics, leave_together, sum_over_ranks
from polyhead.tasks._teacher import Teacher
from polyhead.tasks._unread import has_unread

MONITOR = "main"


class Task(pl.LightningModule, ABC):
    """Trains and measures one backbone with many heads.

    A step runs the backbone once for the whole batch; each head reads the features of the rows that carry its target.
    Losses are divided by what all ranks counted together. Validation measures every head; the mean of their `main`
    metrics is the one number to monitor, `val/main`. What is validated and saved is the average of the weights.

    Args:
        backbone: Recipe of the backbone.
        heads: Recipe of each head, by name; beside the head's own options `target` (what it learns; its name),
            `weight` (of its losses; 1) and `lr` (its learning rate; the Task's).
        labels: Class names by target, as the data have them.
        optimizer: Which optimiser.
        lr: Highest learning rate; "auto": a run tries where the loss falls fastest, 2e-3 until then.
        pretrained_lr: The learning rate of what did not start at random, as a share of `lr`; a tenth as in DETR
            (arXiv 2005.12872).
        layer_decay: Further factor on the learning rate for each level that a weight of the backbone is further from
            the heads: by how many its first level is finer than the coarsest. 1 for none.
        weight_decay: Decay of weights; norms and biases have none.
        warmup: Share of the run over which the learning rate rises from 0.
        final: The learning rate at the end of the cosine, as a share of the highest.
        average: Longest memory of the averaged weights, in [0, 1); 0 for no average.
        freeze: Parts that do not learn, BatchNorm statistics included: `backbone`, `backbone.body`, `heads.NAME` ...
        channels_last: Lay out images with channels innermost, which convolutions prefer.
        balance: What scales the heads' losses beside their weights: "initial", each by its mean over its first steps;
            "uncertainty", "uw-so" or "famo", by what the losses do; "none". Of one head none does.
        compile: Let torch compile the backbone before the first step, which only long runs pay back.
        teacher: A run folder or a checkpoint, from whose heads those of the same name, or else target, learn too, on
            all images (arXiv 1503.02531); a file is needed until the run ends.
        teacher_weight: Of what is learned from the teacher, beside a head's own losses.
        temperature: What a teacher's and a student's logits are divided by, > 0: the larger, the softer.

    Raises:
        UserError: If there is no head, or a recipe of a part is wrong, or `freeze` names no part.
    """

    defaults: ClassVar[dict[str, Any]]
    worth: Tensor

    def __init__(
        self,
        backbone: dict[str, Any],
        heads: dict[str, dict[str, Any]],
        labels: dict[str, tuple[str, ...]],
        *,
        optimizer: OptimizerName = "adamw",
        lr: float | Literal["auto"] = 2e-3,
        pretrained_lr: float = 0.1,
        layer_decay: float = 1.0,
        weight_decay: float = 0.05,
        warmup: float = 0.05,
        final: float = 0.01,
        average: float = 0.9998,
        freeze: tuple[str, ...] = (),
        balance: Balancing = "initial",
        channels_last: bool = True,
        compile: bool = False,  # noqa: A002  # torch's own word
        teacher: str | None = None,
        teacher_weight: float = 1.0,
        temperature: float = 4.0,
    ) -> None:
        super().__init__()
        lr = 2e-3 if lr == "auto" else lr
        if not heads:
            raise UserError("task.heads is empty: a task needs at least one head")
        check_ranges({"lr": lr, "weight_decay": weight_decay, "warmup": warmup, "final": final, "average": average})
        check_ranges({"pretrained_lr": pretrained_lr, "layer_decay": layer_decay})
        check_ranges({"teacher_weight": teacher_weight, "temperature": temperature})
        self.model = build_model({"backbone": backbone, "heads": heads, "labels": labels})
        self.targets = {name: target_of(name, node) for name, node in heads.items()}
        self.weights = {name: float(node.get("weight", 1.0)) for name, node in heads.items()}
        self.register_buffer("worth", torch.tensor(list(self.weights.values())), persistent=False)
        self.balance = balance_of(balance, len(heads))
        self.rates = {name: float(lr if node.get("lr") is None else node["lr"]) for name, node in heads.items()}
        self.teacher = Teacher(teacher, self.targets, teacher_weight, temperature) if teacher else None
        self.pretrained_lr, self.layer_decay = pretrained_lr, layer_decay
        self.optimizer, self.lr, self.weight_decay = optimizer, lr, weight_decay
        self.warmup, self.final, self.average = warmup, final, average
        for name in heads:
            check_ranges({"weight": self.weights[name], "lr": self.rates[name]}, f"task.heads.{name}")
        self.started: frozenset[str] = frozenset()
        self.frozen = freeze_parts(self.model, freeze)
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.model.to(memory_format=self.memory_format)
        self.compile_backbone = compile
        self.recent: dict[str, Tensor] = {}
        self.shared: tuple[Tensor, ...] = ()
        self.means, self.progress, self.rows_seen = Means(), 0.0, 0
        self.measures = nn.ModuleDict({name: head.metrics() for name, head in self.model.named_heads().items()})
        self.measured: dict[str, int] = dict.fromkeys(heads, 0)
        self.train()

    def train(self, mode: bool = True) -> "Task":
        """Set training mode, but leave frozen parts in evaluation, so that their statistics stand still."""
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

    def configure_callbacks(self) -> list[pl.Callback]:
        """Return the average of the weights, where there is one."""
        return [WeightAverage(self.average)] if self.average else []

    def configure_optimizers(self) -> Optimizer:
        """Return the optimiser over the backbone's parameters and each head's, at their own learning rates."""
        whole = "backbone" in self.started
        factors = rate_factors(self.model.backbone, self.pretrained_lr, self.layer_decay, whole=whole)
        groups = parameter_groups(self.model.backbone, self.lr, self.weight_decay, factors)
        for name, head in self.model.named_heads().items():
            share = self.pretrained_lr if f"heads.{name}" in self.started else 1.0
            groups += parameter_groups(head, self.rates[name] * share, self.weight_decay)
        groups += parameter_groups(self.balance, self.lr, 0.0)
        fp16 = self._trainer is not None and self._trainer.precision == "16-mixed"
        return build_optimizer(self.optimizer, groups, self.lr, fused=not fp16)

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip gradients as the trainer's options say, with the fused optimiser too, which Lightning refuses."""
        if gradient_clip_val:
            clip(optimizer, gradient_clip_val, gradient_clip_algorithm or "norm")

    def setup(self, stage: str) -> None:  # noqa: ARG002  # Lightning's signature
        """Make sure that a process of several ends in order."""
        leave_together()

    def on_fit_start(self) -> None:
        """Let heads learn what they need to know of all training targets: for answers once, for losses each time."""
        if self.compile_backbone:
            compile_part(self.model.backbone)
        examples = self.trainer.datamodule.examples  # type: ignore[attr-defined]
        for name, head in self.model.named_heads().items():
            anew = self.trainer.ckpt_path is None and f"heads.{name}" not in self.started
            if anew and type(head).adapt is not Head.adapt:
                head.adapt(examples(self.targets[name]))
            if type(head).weigh is not Head.weigh and any(part.requires_grad for part in head.parameters()):
                head.weigh(examples(self.targets[name]))

    def floats(self, inputs: Any) -> Any:
        """Return inputs as backbones take them: uint8 images become floats in [0, 1] here, on the device."""
        if isinstance(inputs, Tensor) and inputs.dtype == torch.uint8:
            return inputs.to(memory_format=self.memory_format).float().div_(255)
        return inputs

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002  # Lightning's signature
        """Set the learning rates and the heads' progress to where the run is."""
        progress = self.progress = fraction_done(self.trainer)
        factor = warm_cosine(progress, self.warmup, self.final)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = factor * group["initial_lr"]
        for head in self.model.named_heads().values():
            head.progress = progress
        if self.logs_next():
            self.log("train/lr", factor * self.lr)

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002  # Lightning's signature
        """Count the step that is done, for those who say how far the run is."""
        self.progress, self.shared = fraction_done(self.trainer), ()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: ARG002  # Lightning's signature
        """Return the weighted sum of all losses; each is divided by its count over all ranks."""
        self.rows_seen += len(batch.inputs)
        means, heads, told = divided(dict(self.losses(batch)), self.trainer.world_size)
        self.recent = {name: mean.detach() for name, mean in means.items()}
        self.means.add(self.recent)
        heads = self.worth * cast("Tensor", self.balance(heads, told))
        if len(heads) > 1 and self.logs_next():
            pulls = shared_gradients(dict(zip(self.weights, heads, strict=True)), self.shared)
            self.log_dict({f"train/{name}": value for name, value in pulls.items()})
        return heads.sum()

    def logs_next(self) -> bool:
        """Return whether the step that is being made is one that loggers write."""
        every: int = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # a Trainer has it
        return bool(every) and (self.trainer.global_step + 1) % every == 0

    def on_train_epoch_end(self) -> None:
        """Log the mean of every loss over the epoch under `train/`."""
        logged = {f"train/{name}": mean for name, mean in self.means.take().items()}
        self.log_dict(logged, sync_dist=True, batch_size=1)

    def losses(self, batch: Batch) -> Iterator[tuple[str, dict[str, Loss]]]:
        """Yield every head's losses of a batch; of a head without a labelled row they are zeros in the graph.

        From a teacher it learns on every item.
        """
        inputs = self.floats(batch.inputs)
        features: Features = self.model.backbone(inputs)
        self.shared = (*features.levels, features.pooled)
        heads = self.model.named_heads()
        lessons = self.teacher.lessons(inputs, heads, self.device) if self.teacher else {}
        for name, head in heads.items():
            target = self.targets[name]
            rows = batch.rows.get(target)
            if rows is None:
                rows = torch.zeros(0, dtype=torch.long, device=self.device)
                targets = head.example_targets(0, features.size or (0, 0), torch.Generator())
                targets = self.transfer_batch_to_device(targets, self.device, 0)
            else:
                targets = batch.targets[target]
            outputs = head(_rows_of(features, rows))
            losses = head.loss(outputs, targets, batch.known.get(target))
            if self.teacher and name in lessons:
                every = outputs if len(rows) == len(features.pooled) else head(features)
                losses = {**losses, **self.teacher.loss(name, head, every, lessons[name])}
            yield name, losses

    def has_unread(self, blank: Any) -> bool:
        """Return whether there are trainable weights that no loss depends on, of inputs that show nothing."""
        return has_unread(self, blank)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002  # Lightning's signature
        """Measure every head on its rows."""
        self.measure(batch)

    def test_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002  # Lightning's signature
        """Measure every head on its rows."""
        self.measure(batch)

    def measure(self, batch: Batch) -> None:
        """Update the metrics of every head that has a labelled row in the batch."""
        features: Features = self.model.backbone(self.floats(batch.inputs))
        for name, head in self.model.named_heads().items():
            rows = batch.rows.get(self.targets[name])
            if rows is not None:
                outputs, known = head(_rows_of(features, rows)), batch.known.get(self.targets[name])
                predictions = head.predict(outputs if known is None else head.limit(outputs, known))
                self.measures[name].update(predictions, batch.targets[self.targets[name]])  # type: ignore[operator]
                self.measured[name] += len(rows)

    def on_validation_start(self) -> None:
        """Average BatchNorm statistics over the ranks, so that all of them validate and save one network."""
        average_statistics(self.model, self.rows_seen, self.frozen)
        self.rows_seen = 0

    def on_validation_epoch_end(self) -> None:
        """Log every head's metrics under `val/NAME/`, and keep the best threshold that they found."""
        for name, values in self.report("val").items():
            if "threshold" in values and self.model.named_heads()[name] not in self.frozen:
                self.model.named_heads()[name].threshold = float(values["threshold"])

    def on_test_epoch_end(self) -> None:
        """Log every head's metrics under `test/NAME/`."""
        self.report("test")

    def report(self, split: str) -> dict[str, dict[str, Tensor]]:
        """Log and return the metrics of the heads that had a labelled row, and the mean of their `main`."""
        seen = sum_over_ranks(torch.tensor(list(self.measured.values()), device=self.device))
        results: dict[str, dict[str, Tensor]] = {}
        for count, (name, metrics) in zip(seen.tolist(), self.measures.items(), strict=True):
            if count:
                results[name] = {key: value.float() for key, value in metrics.compute().items()}  # type: ignore[operator]
            metrics.reset()  # type: ignore[operator]
            self.measured[name] = 0
        logged = {f"{split}/{name}/{key}": value for name, values in results.items() for key, value in values.items()}
        mains = {name: f"{split}/{name}/{head.main}" for name, head in self.model.named_heads().items()}
        for name in mains.keys() - results.keys():  # said as not a number: keepers look for each head's main metric
            logged[mains[name]] = torch.tensor(torch.nan, device=self.device)
        if results:
            logged[f"{split}/{MONITOR}"] = torch.stack([logged[mains[name]] for name in results]).nanmean()
        self.log_dict(logged, sync_dist=True)
        return results


def _rows_of(features: Features, rows: Tensor) -> Features:
    return features if len(rows) == len(features.pooled) else features.take(rows)
