"""Knowledge distillation: heads learn from what those of a trained model answer to the same inputs."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from polyhead import checkpoints
from polyhead.contracts import Head, Loss
from polyhead.errors import UserError
from polyhead.model import Model, build_model, load_weights, target_of

AnyHead = Head[Any, Any, Any]
LOSS = "distil"
"""The name of what is learned from a teacher among a head's losses."""


class Lesson(NamedTuple):
    """What a teacher's head says of a batch.

    Attributes:
        head: The head.
        outputs: Its outputs, of all items, without gradient.
    """

    head: AnyHead
    outputs: Any


class Teacher:
    """A trained model that answers beside a student, and never learns.

    It is loaded when it is first asked, so that who measures a student needs no teacher; and it is no module, so that
    it is no part of the student's weights and checkpoints.

    Args:
        path: A run folder, or a checkpoint file.
        targets: What each of the student's heads learns, by the head's name.
        weight: Of what is learned from it, beside a head's own losses.
        temperature: Of soft answers, > 0.

    References:
        Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, arXiv 1503.02531.
    """

    def __init__(self, path: str, targets: Mapping[str, str], weight: float, temperature: float) -> None:
        self.path = path
        self.targets = dict(targets)
        self.weight, self.temperature = weight, temperature
        self.model: Model | None = None
        self.device = torch.device("cpu")
        self.pairs: dict[str, str] = {}

    def lessons(self, inputs: Any, heads: Mapping[str, AnyHead], device: torch.device) -> dict[str, Lesson]:
        """Return what the teacher says of inputs, by the name of the student's head that learns from it.

        Args:
            inputs: As the student's backbone takes them.
            heads: The student's.
            device: Where the inputs are.

        Raises:
            UserError: If there is no such teacher, or it has nothing to teach, or other classes.
        """
        model = self.model = self.model or self.load(heads)
        if device != self.device:
            model.to(device)
            self.device = device
        with torch.no_grad():
            features, theirs = model.backbone(inputs), model.named_heads()
            return {mine: Lesson(theirs[other], theirs[other](features)) for mine, other in self.pairs.items()}

    def loss(self, name: str, head: AnyHead, outputs: Any, lesson: Lesson) -> dict[str, Loss]:
        """Return what the outputs of the student's head `name` cost where the teacher answers otherwise.

        Raises:
            UserError: If the two answer different questions.
        """
        try:
            found = head.distil(outputs, lesson.head, lesson.outputs, self.temperature)
        except UserError as error:
            raise UserError(f"task.heads.{name}: {error}; take another task.teacher than {self.path}") from error
        return {} if found is None else {LOSS: Loss(self.weight * found.total, found.count)}

    def load(self, heads: Mapping[str, AnyHead]) -> Model:
        """Return the teacher, frozen, with each head of the student's paired with one of it; errors as `lessons`."""
        try:
            stored = checkpoints.read(Path(self.path))
            with torch.random.fork_rng(devices=()):  # a run's random numbers are the same with and without it
                model = build_model(stored.recipe["task"])
            load_weights(model, stored.weights)
        except UserError as error:
            raise UserError(
                f"task.teacher: {error}; a run needs its teacher until it ends, also when it goes on"
            ) from error
        targets = {name: target_of(name, node) for name, node in stored.recipe["task"]["heads"].items()}
        self.pairs = self.paired(heads, model.named_heads(), targets)
        model.eval().requires_grad_(False)
        return model.to(memory_format=torch.channels_last)

    def paired(
        self, heads: Mapping[str, AnyHead], theirs: Mapping[str, AnyHead], targets: Mapping[str, str]
    ) -> dict[str, str]:
        """Return which of the teacher's heads teaches each of the student's, and say which learn from labels alone.

        That is one of the same class that can be learned from, and of the same name, or else of the same target.
        """
        pairs: dict[str, str] = {}
        for name, head in heads.items():
            alike = [other for other in theirs if other == name]
            alike += [other for other in theirs if targets[other] == self.targets[name]]
            fit = [other for other in alike if type(theirs[other]) is type(head)]
            if fit and type(head).distil is not Head.distil:
                same_classes(name, head.labels, theirs[fit[0]].labels, self.path)
                pairs[name] = fit[0]
        if not pairs:
            raise UserError(
                f"task.teacher: {self.path} has the heads {told(theirs)}, and none teaches {told(heads)}; it takes a"
                " head of the same name or target and the same class, which can be distilled"
            )
        for name in heads.keys() - pairs.keys():
            said = "task.heads.%s: has nobody to learn from at %s, and learns from labels alone"
            logging.getLogger("polyhead").warning(said, name, self.path)
        return pairs


def same_classes(name: str, mine: tuple[str, ...], theirs: tuple[str, ...], path: str) -> None:
    """Check that a head and its teacher know the same classes, in whatever order.

    Raises:
        UserError: If they do not; it names those that only one of them has.
    """
    if sorted(mine) != sorted(theirs):
        only = [
            ", ".join(n for n in some if n not in others) or "none" for some, others in ((theirs, mine), (mine, theirs))
        ]
        raise UserError(
            f"task.heads.{name}: the classes of the teacher {path} are others; only it has: {only[0]}; only the data"
            f" have: {only[1]}; take a teacher of the same classes"
        )


def told(heads: Mapping[str, nn.Module]) -> str:
    """Return heads and their classes in words."""
    return ", ".join(f"{name} ({type(head).__name__})" for name, head in heads.items())
