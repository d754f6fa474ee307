"""Depth: a head of Polyhead in a package of its own."""

import torch
from torch import Generator, Tensor, nn
from torchmetrics import MeanMetric, MetricCollection

from polyhead.contracts import Features, FeatureSpec, Frame, Head, Loss, Record, grid_strides
from polyhead.ops.frames import restore_map
from polyhead.ops.grids import lay_out
from polyhead.ops.pictures import caption


class Depth(Head[Tensor, Tensor, list[Tensor]]):
    """Metres per pixel (n, H, W); NaN in a target is a hole and counts for nothing."""

    main = "delta1"

    def __init__(self, spec: FeatureSpec, labels: tuple[str, ...] = (), *, width: int = 32) -> None:
        super().__init__(spec, labels)
        self.stride = grid_strides("depth", spec)[0]
        self.hidden = nn.Conv2d(spec.channels[0], width, 3, padding=1)
        self.paint = nn.Conv2d(width, self.stride**2, 3, padding=1)

    def forward(self, features: Features) -> Tensor:
        height, width = features.size or (0, 0)
        logs = lay_out(self.paint(self.hidden(features.levels[0]).relu()), self.stride)
        return logs[:, 0, :height, :width]

    def loss(self, outputs: Tensor, targets: Tensor, known: Tensor | None = None) -> dict[str, Loss]:
        there = targets > 0
        error = (outputs.float() - targets.where(there, 1).log()).abs()
        return {"log": Loss(error.masked_fill(~there, 0).sum(), there.sum())}

    def decode(self, outputs: Tensor) -> dict[str, Tensor]:
        return {"depth": outputs.float().exp()}

    def metrics(self) -> MetricCollection:
        return MetricCollection({"delta1": Delta1()})

    def example_targets(self, batch: int, size: tuple[int, int], generator: Generator) -> Tensor:
        return 1 + 2 * torch.rand(batch, *size, generator=generator)

    def restore(self, predictions: list[Tensor], frames: list[Frame]) -> list[Tensor]:
        return [restore_map(depth, frame) for depth, frame in zip(predictions, frames, strict=True)]

    def records(self, predictions: list[Tensor], score: float | None = None) -> list[Record]:
        medians = [depth.nanmedian().nan_to_num(0.0).item() for depth in predictions]  # 0: nothing but holes
        return [{"median": median} for median in medians]

    def draw(self, image: Tensor, record: Record) -> Tensor:
        return caption(image, f"median depth {record['median']:.2f} m")


class Delta1(MeanMetric):
    """Share of the pixels with a depth whose prediction is within 25 % of it (Eigen et al., arXiv 1406.2283)."""

    def update(self, predictions: Tensor, targets: Tensor) -> None:
        ratio = (predictions / targets)[targets > 0]
        super().update((torch.maximum(ratio, 1 / ratio) < 1.25).float())
