"""What flows through the house, and what a backbone and a head promise each other.

The way of the data is `inputs -> backbone -> Features -> head -> outputs -> loss | predict -> metrics | draw`.
Letters in shapes: B items of a batch, C channels, H and W pixels, n labelled rows, K classes.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, Self, TypeVar

import torch
from torch import Tensor, nn

from polyhead.windows import Stitch

if TYPE_CHECKING:  # torchmetrics takes seconds to import, and only training needs it
    from torchmetrics import MetricCollection

Outputs = TypeVar("Outputs")
Targets = TypeVar("Targets")
Predictions = TypeVar("Predictions")
Record = dict[str, Any]
Interpolation = Literal["nearest", "bilinear", "bicubic"]

IGNORE = 255
"""The class of a pixel that nobody labelled, in every mask of class numbers."""


class FeatureSpec(NamedTuple):
    """The form of the features that a backbone makes, known before it runs.

    Attributes:
        channels: Channels of each level, finest first.
        strides: Input pixels per cell of each level; `()` where levels are no grids.
        width: Channels of the pooled vector.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    width: int


class Features(NamedTuple):
    """What one backbone hands to every head.

    Attributes:
        levels: Local features, finest first: (B, C_i, ceil(H / s_i), ceil(W / s_i)) of images; one (atoms, C) of
            molecules.
        pooled: (B, width), one vector an item.
        size: H, W of the inputs; None for molecules.
        item: (atoms,) the molecule of each atom; None for images.
    """

    levels: tuple[Tensor, ...]
    pooled: Tensor
    size: tuple[int, int] | None
    item: Tensor | None

    def take(self, rows: Tensor) -> "Features":
        """Return the features of some items: `rows` (n,) are their places in the batch, ascending; n may be 0."""
        if self.item is None:
            return Features(tuple(level[rows] for level in self.levels), self.pooled[rows], self.size, None)
        place = torch.full((len(self.pooled),), -1, device=rows.device).scatter(
            0, rows, torch.arange(len(rows), device=rows.device)
        )
        item = place[self.item]
        kept = item >= 0
        return Features(tuple(level[kept] for level in self.levels), self.pooled[rows], self.size, item[kept])


class Frame(NamedTuple):
    """How one image became one input: scaled, then padded (letterbox).

    Attributes:
        size: H, W of the original image.
        scale: Input pixels per original pixel, along y and x.
        pad: Rows above and columns left of the image within the input.
    """

    size: tuple[int, int]
    scale: tuple[float, float]
    pad: tuple[int, int]


class Batch(NamedTuple):
    """A batch of items, each with the labels that it happens to carry.

    Attributes:
        inputs: (B, 3, H, W), RGB, uint8 or float in [0, 1]; or a torch_geometric Batch of molecules.
        targets: By target name, the labelled rows only: (n, ...) tensors, or lists of n.
        rows: By target name, (n,) the items that carry it, ascending.
        known: By target name, (n, K) bool, the classes that the item's source labels at all; a name that is left out
            is known throughout.
        frames: One for each image; () for molecules.
    """

    inputs: Any
    targets: dict[str, Any]
    rows: dict[str, Tensor]
    known: dict[str, Tensor]
    frames: tuple[Frame, ...]


class Loss(NamedTuple):
    """One named loss of a batch, as a sum: who divides it knows what all the other ranks counted.

    Attributes:
        total: 0-d, the sum over everything counted, in the graph even when that is nothing.
        count: 0-d, what to divide by (rows, pixels, assigned scores, finite targets); without gradient.
    """

    total: Tensor
    count: Tensor  # type: ignore[assignment]  # hides tuple.count, which nobody asks of a loss


class Backbone(nn.Module, ABC):
    """Inputs -> Features, once for all heads.

    An image backbone takes (B, 3, H, W) float RGB in [0, 1], H and W of any size, and normalises it itself. Its
    constructor's options are what a recipe may set; a body to wrap is taken as a built Backbone.

    Attributes:
        spec: The form of the features, true of every input (`polyhead.checks` measures it).
        interpolation: How images are best scaled for it: as those were that its weights learned from.
    """

    spec: FeatureSpec
    interpolation: Interpolation = "bilinear"

    @abstractmethod
    def forward(self, inputs: Any) -> Features:
        """Return the features of a batch of inputs."""

    def pretrained_part(self) -> nn.Module | None:
        """Return the part whose weights did not start at random, and so learn more slowly; here, there is none."""
        return None


class Head(nn.Module, ABC, Generic[Outputs, Targets, Predictions]):
    """Features -> outputs -> losses, predictions, records, pictures: the answer to one question about an item.

    Five methods are a head's own to write: `forward`, `loss`, `decode`, `metrics`, `example_targets`; a head that makes
    more than one tensor or draws writes `predict`, `restore`, `records` and `draw` too. `outputs` belongs to the n
    items whose features went in. Heads that need grids of features refuse a `spec` without strides when they are built.

    Args:
        spec: The features to read.
        labels: Class names, in the order of the class numbers; () where the target has no classes.

    Attributes:
        main: The name in `metrics()` of the one metric to watch: higher is better, at most 1.
        mixes: Whether `loss` takes the targets of blended images too, weighted means of two items' targets: floats are
            means, NaN where either is; class numbers (n,) become shares of classes (n, K) floats, which sum to 1.
        at_will: Options that predictions alone depend on: they may change after the training.
        progress: How much of the training is done, in [0, 1]; the Task sets it before every step.
        threshold: The score from which on `records` shows a finding: the best F1 of the last validation where the
            head's metrics measure one (as `threshold`), 0.5 before. It travels in the state dict.
    """

    main: str
    mixes: ClassVar[bool] = False
    at_will: ClassVar[tuple[str, ...]] = ()

    def __init__(self, spec: FeatureSpec, labels: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.spec = spec
        self.labels = labels
        self.progress = 0.0
        self.threshold = 0.5

    @abstractmethod
    def forward(self, features: Features) -> Outputs:
        """Return the outputs, without a look at targets and of one type in training and evaluation."""

    @abstractmethod
    def loss(self, outputs: Outputs, targets: Targets, known: Tensor | None = None) -> dict[str, Loss]:
        """Return the named losses of n items, already weighted against each other.

        Args:
            outputs: What `forward` made of the n items, n >= 0.
            targets: What is true of them.
            known: (n, K) bool, the classes labelled at all; the rest get exactly no gradient. None: all of them.
        """

    @abstractmethod
    def decode(self, outputs: Outputs) -> dict[str, Tensor]:
        """Return the answer as named tensors of fixed rank, first dimension n: what an exported model gives."""

    @abstractmethod
    def metrics(self) -> "MetricCollection":
        """Return fresh metrics, updated with (predictions, targets) in input pixels; `main` is among their names."""

    @abstractmethod
    def example_targets(self, batch: int, size: tuple[int, int], generator: torch.Generator) -> Targets:
        """Return made-up targets of `batch` items with inputs of `size` (H, W), for checks and dry runs."""

    def predict(self, outputs: Outputs) -> Predictions:
        """Return the complete predictions in the form that the metrics take; here, the only tensor of `decode`."""
        decoded = self.decode(outputs)
        if len(decoded) != 1:
            raise NotImplementedError(f"{type(self).__name__} decodes {list(decoded)}: it must pack them in predict()")
        return next(iter(decoded.values()))  # type: ignore[return-value]  # a single tensor is its own packing

    def limit(self, outputs: Outputs, known: Tensor) -> Outputs:  # noqa: ARG002
        """Return outputs of n items in which unknown classes are out of the question, for metrics not to count them.

        `known` (n, K) is that of `loss`, at least one class an item. Here, the outputs, for heads that know no classes.
        """
        return outputs

    def distil(self, outputs: Outputs, teacher: Self, taught: Outputs, temperature: float) -> Loss | None:  # noqa: ARG002
        """Return what it costs to answer otherwise than a teacher; here, None: there is nothing to learn from one.

        It is 0 of equal answers and more of others, and like `loss` a sum with a count.

        Args:
            outputs: What `forward` made of n items, n >= 0.
            teacher: A head of the same class; its `labels` are the same names, in an order of their own.
            taught: What its `forward` made of the same items, without gradient.
            temperature: What logits are divided by, > 0: the larger, the more do unlikely classes count.

        Raises:
            UserError: If the two answer different questions.
        """
        return None

    def adapt(self, targets: Iterable[Targets]) -> None:
        """Take what answers depend on (mean and std) of all training targets, batch by batch, once, before step 0."""

    def weigh(self, targets: Iterable[Targets]) -> None:
        """Take what only the loss depends on (class weights) of the same, when a training begins; it is not stored."""

    def shown(self, predictions: Predictions, score: float | None = None) -> Predictions:  # noqa: ARG002
        """Return predictions without findings below a score, where `restore` would waste memory on them; here, all."""
        return predictions

    def restore(self, predictions: Predictions, frames: Sequence[Frame]) -> Predictions:  # noqa: ARG002
        """Return predictions in the pixels of the original images; here, unchanged, for answers that are not places."""
        return predictions

    def stitch(self, image: tuple[int, int]) -> Stitch[Outputs, Predictions] | None:  # noqa: ARG002
        """Return what gathers answers about the windows of an image, H, W; here, None: it is asked as a whole."""
        return None

    def records(self, predictions: Predictions, score: float | None = None) -> list[Record]:  # noqa: ARG002
        """Return one dict of plain data an item: what JSON holds, and `draw` shows.

        Args:
            predictions: What `predict` or `restore` returned, or targets of the same form.
            score: Leave out findings below it; None: `threshold`.
        """
        assert isinstance(predictions, Tensor)
        return [{"value": row.tolist()} for row in predictions.float()]

    def draw(self, image: Tensor, record: Record) -> Tensor:  # noqa: ARG002
        """Return the (3, H, W) uint8 image with a record drawn on it; here, the image as it is."""
        return image

    def deploy(self) -> Self:
        """Return a copy for inference only, without the branches that only training needs."""
        return deepcopy(self).eval()

    def get_extra_state(self) -> Tensor:
        """Return the threshold, which the state dict carries."""
        return torch.tensor(self.threshold)

    def set_extra_state(self, state: Tensor) -> None:
        """Take the threshold back from a state dict."""
        self.threshold = float(state)


def grid_strides(head: str, spec: FeatureSpec) -> tuple[int, ...]:
    """Return the strides of `spec`.

    Raises:
        ValueError: If its levels are no grids; it names the head.
    """
    if not spec.strides:
        raise ValueError(f"the head {head!r} needs levels that are grids of an image, and this backbone has none")
    return spec.strides


def finer_levels(strides: Sequence[int], finest: int) -> int:
    """Return how many levels have a stride below `finest`: those a head leaves out; at least one is always left."""
    return min(sum(stride < finest for stride in strides), len(strides) - 1)


def class_names(head: str, labels: Sequence[str], least: int = 1) -> tuple[str, ...]:
    """Return `labels` as a tuple.

    Raises:
        ValueError: If there are fewer than `least`; it names the head.
    """
    if len(labels) < least:
        raise ValueError(f"the head {head!r} needs {least} or more class names, and its target has {len(labels)}")
    return tuple(labels)
