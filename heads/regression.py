"""How much is it? One number an item, or several."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polyhead.contracts import Features, FeatureSpec, Head, Loss, Record
from polyhead.heads._pooled_layers import pooled_layers
from polyhead.ops.censored import SIGNS, Censored, columns, within
from polyhead.ops.distil import in_order
from polyhead.ops.pictures import caption

if TYPE_CHECKING:  # torchmetrics takes seconds to import, and only training needs it
    from torchmetrics import MetricCollection

ERRORS: dict[str, Callable[..., Tensor]] = {"huber": F.huber_loss, "l1": F.l1_loss, "l2": F.mse_loss}


class Regression(Head[Tensor, Tensor | Censored, Tensor]):
    """Measured values of an image or a molecule: a linear layer on the pooled vector.

    The layer works on targets scaled to mean 0 and standard deviation 1, learnt from the training targets by `adapt`;
    outputs (n, T) are in that scale, predictions (n, T) in the targets' own units. Targets are (n, T) or, of a single
    value, (n,) floats; NaN is unlabelled. Where some are only bounds (`<`, `>`) they are `Censored`.

    Args:
        spec: The features to read; only `pooled` is.
        labels: Names of the values; () for a single one without a name.
        error: What a wrong value costs in the scaled unit: its square, its size, or the one turning into the other.
        hidden: Width of a layer between the features and the answer; 0 for none.
        dropout: Share of features that are dropped in training before each layer, in [0, 1).

    Raises:
        ValueError: If `hidden` is below 0.
    """

    main: str = "r2"

    def __init__(
        self,
        spec: FeatureSpec,
        labels: tuple[str, ...] = (),
        *,
        error: Literal["huber", "l1", "l2"] = "huber",
        hidden: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(spec, tuple(labels) or ("value",))
        self.error = error
        self.layer = pooled_layers(spec.width, len(self.labels), hidden, dropout)
        self.mean = nn.Buffer(torch.zeros(len(self.labels)))
        self.deviation = nn.Buffer(torch.ones(len(self.labels)))

    def adapt(self, targets: Iterable[Tensor | Censored]) -> None:
        """Take the mean and the standard deviation of each value, bounds included, which tell where the values are.

        A value that never varies keeps deviation 1.
        """
        batches = [columns(some, len(self.labels)).values for some in targets]
        for place, column in enumerate(torch.cat([torch.empty(0, len(self.labels)), *batches]).double().T):
            finite = column[column.isfinite()]
            if len(finite):
                self.mean[place] = finite.mean()
                spread = finite.std(correction=0)
                self.deviation[place] = spread if spread > 0 else 1.0

    def forward(self, features: Features) -> Tensor:
        """Return scaled values (n, T)."""
        return self.layer(features.pooled)  # type: ignore[no-any-return]  # a Module returns Any

    def loss(self, outputs: Tensor, targets: Tensor | Censored, known: Tensor | None = None) -> dict[str, Loss]:
        """Return the error summed over finite targets; `known` (n, T) leaves out values like NaN does.

        A bound costs what the output lies beyond it; one that is kept costs nothing, and is counted all the same.
        """
        (values, bounds), said = columns(targets, len(self.labels)), outputs.float()
        counted = values.isfinite() if known is None else values.isfinite() & known
        scaled = ((values.float() - self.mean) / self.deviation).masked_fill(~counted, 0)
        free = ~counted | within(said, Censored(scaled, bounds))
        entries = ERRORS[self.error](said, scaled, reduction="none").masked_fill(free, 0)
        return {self.error: Loss(entries.sum(), counted.sum())}

    def distil(self, outputs: Tensor, teacher: Self, taught: Tensor, temperature: float) -> Loss:  # noqa: ARG002
        """Return the squared difference of the values, in this head's scaled units; a temperature softens no number."""
        values = in_order(teacher.decode(taught)["values"], teacher.labels, self.labels)
        error = F.mse_loss(outputs.float(), (values - self.mean) / self.deviation, reduction="sum")
        return Loss(error, torch.tensor(float(outputs.numel()), device=outputs.device))

    def decode(self, outputs: Tensor) -> dict[str, Tensor]:
        """Return values (n, T) in the targets' units."""
        return {"values": outputs.float() * self.deviation + self.mean}

    def metrics(self) -> "MetricCollection":
        """Return R2, and the mean absolute and root mean squared error, each the mean over the values.

        Of several values each has its own as well, such as `rmse/NAME`; bounds are counted in `within_bounds` alone.
        """
        from torchmetrics import MetricCollection

        from polyhead.heads._regression_metric import FiniteRegression

        return MetricCollection({"finite": FiniteRegression(self.labels)})

    def example_targets(self, batch: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:  # noqa: ARG002
        """Return random values around 0."""
        return torch.randn(batch, len(self.labels), generator=generator)

    def records(self, predictions: Tensor | Censored, score: float | None = None) -> list[Record]:  # noqa: ARG002
        """Return `{"values": {name: value}}` an item; None where a target is unlabelled.

        Of targets that are bounds, `{"bounds": {name: "<" or ">"}}` says so beside them.
        """
        values, bounds = (part.tolist() for part in columns(predictions, len(self.labels)))
        rows = [{name: v if v == v else None for name, v in zip(self.labels, row, strict=True)} for row in values]  # noqa: PLR0124  # NaN
        signs = [{name: SIGNS[b] for name, b in zip(self.labels, row, strict=True) if b} for row in bounds]
        return [{"values": row} | ({"bounds": sign} if sign else {}) for row, sign in zip(rows, signs, strict=True)]

    def draw(self, image: Tensor, record: Record) -> Tensor:
        """Return the image with its values written along the top."""
        known = {name: value for name, value in record["values"].items() if value is not None}
        signs = {name: f" {sign}" for name, sign in record.get("bounds", {}).items()}
        return caption(image, ", ".join(f"{name}{signs.get(name, '')} {value:.3g}" for name, value in known.items()))
