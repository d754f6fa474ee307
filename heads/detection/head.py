"""The detection head: boxes in one look, without anchors and without objectness.

Written from YOLOX (arXiv 2107.08430), TOOD (2108.07755), GFL (2006.04388), RTMDet (2212.07784) and YOLOv10
(2405.14458).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self, final

import torch
from torch import Tensor, nn

from polyhead.contracts import Features, FeatureSpec, Frame, Head, Loss, Record, class_names, finer_levels, grid_strides
from polyhead.heads.detection.branches import Branches, Said
from polyhead.heads.detection.decode import find, grid, to_boxes, top
from polyhead.heads.detection.loss import detection_loss, match
from polyhead.heads.detection.outputs import Boxes, DetectionOutputs
from polyhead.heads.detection.records import draw, to_frame, to_records
from polyhead.heads.detection.stitch import StitchedBoxes

if TYPE_CHECKING:  # torchmetrics takes seconds to import, and only training needs it
    from torchmetrics import MetricCollection


@final
class Detection(Head[DetectionOutputs, Boxes, Boxes]):
    """Boxes around things, each with a class and a score: anchor-free, YOLO-style detection on a pyramid of levels.

    Two decoupled branches, whose convolutions all levels share, give at every cell a score for each class and the
    distances to the four sides of a box. Targets and predictions are lists of `boxes` (r, 4) xyxy in input pixels and
    `labels` (r,); predictions also have `scores` (r,). An item may hold no box; a box without area is left out.

    Args:
        spec: The features to read, of a pyramid at best.
        labels: Class names, one or more.
        width: Channels of the branches; None: those of the finest level read. Others get a 1x1 convolution.
        depth: 3x3 convolutions of each branch.
        finest: Leave out levels of a smaller stride than this, unless there is no other: few objects need them, and
            each has four times the cells of the next.
        dfl: Learn distances as distributions over 0 to 15 strides (GFL), not as numbers.
        one_to_one: Train second, light branches that give each object one point (YOLOv10), beside the others.
        nms: Predict by the first branches, and suppress what overlaps. False: by the one-to-one branches, as it is. May
            be set on a trained head too, as long as it is not deployed.

    Raises:
        ValueError: If the levels are no grids, or there are no class names; or without NMS and one-to-one branches.
    """

    main: str = "map"
    at_will: ClassVar[tuple[str, ...]] = ("nms",)

    def __init__(
        self,
        spec: FeatureSpec,
        labels: tuple[str, ...] = (),
        *,
        width: int | None = None,
        depth: int = 2,
        finest: int = 8,
        dfl: bool = False,
        one_to_one: bool = False,
        nms: bool = True,
    ) -> None:
        super().__init__(spec, class_names("detection", labels))
        self.skipped = finer_levels(grid_strides("detection", spec), finest)
        self.strides, channels = spec.strides[self.skipped :], spec.channels[self.skipped :]
        width = channels[0] if width is None else width
        self.fit = nn.ModuleList(nn.Identity() if c == width else nn.Conv2d(c, width, 1) for c in channels)
        if not (nms or one_to_one):
            raise ValueError("nms=False: only one-to-one branches need no suppression; say one_to_one=True too")
        self.nms = nms
        form = len(self.strides), len(labels)
        self.branches = Branches(width, depth, *form, dfl=dfl)
        self.one_to_one = Branches(width, min(depth, 1), *form, dfl=dfl) if one_to_one else None

    def levels(self, features: Features) -> list[Tensor]:
        """Return the levels that are read, finest first, each of `width` channels."""
        return [fit(level) for fit, level in zip(self.fit, features.levels[self.skipped :], strict=True)]

    def forward(self, features: Features) -> DetectionOutputs:
        """Return logits and boxes at every anchor point of every level."""
        return self.answer(self.levels(features), features.size)

    def answer(self, levels: Sequence[Tensor], size: tuple[int, int] | None) -> DetectionOutputs:
        """Return the same from what `levels` returned, and H, W of the inputs."""
        assert size is not None, "a spec with strides promises images"
        shapes = [(level.shape[2], level.shape[3]) for level in levels]
        points, strides = grid(shapes, self.strides, levels[0].device)

        def located(said: Said) -> DetectionOutputs:
            """Return what branches say, with its places in input pixels."""
            boxes = to_boxes(points, strides, said.distances)
            return DetectionOutputs(said.logits, boxes, points, strides, size, said.bins)

        many = located(self.branches(levels))
        if self.one_to_one is None:
            return many
        return many._replace(one_to_one=located(self.one_to_one(levels)))

    def loss(self, outputs: DetectionOutputs, targets: Boxes, known: Tensor | None = None) -> dict[str, Loss]:
        """Return the losses `class` (BCE on soft targets) and `box` (CIoU), counted by the sum of assigned scores.

        With `dfl` there is `distance` too, and with `one_to_one` all of them of those branches.
        """
        return detection_loss(outputs, match(outputs, targets, self.progress), known, self.progress)

    def limit(self, outputs: DetectionOutputs, known: Tensor) -> DetectionOutputs:
        """Return outputs that score unknown classes 0."""
        others = None if outputs.one_to_one is None else self.limit(outputs.one_to_one, known)
        logits = outputs.logits.masked_fill(~known[:, None], torch.finfo(outputs.logits.dtype).min)
        return outputs._replace(logits=logits, one_to_one=others)

    def read(self, outputs: DetectionOutputs) -> DetectionOutputs:
        """Return what the branches say that predictions are made from."""
        return outputs if self.nms or outputs.one_to_one is None else outputs.one_to_one

    def decode(self, outputs: DetectionOutputs) -> dict[str, Tensor]:
        """Return `boxes` (n, A, 4) xyxy in input pixels and `scores` (n, A, K) in [0, 1], before any suppression.

        Without NMS return the r <= 300 best pairs of point and class: `boxes` (n, r, 4), `scores` (n, r) and `labels`
        (n, r), best first.
        """
        said = self.read(outputs)
        boxes, scores = said.boxes, said.logits.sigmoid()
        return {"boxes": boxes, "scores": scores} if self.nms else without_points(top(boxes, scores))

    def predict(self, outputs: DetectionOutputs) -> Boxes:
        """Return up to 300 boxes an item, best first, scores over 0.001, in input pixels; after NMS unless told not."""
        return [without_points(item) for item in find(self.read(outputs), nms=self.nms)]

    def deploy(self) -> Self:
        """Return a copy for inference only, with the branches alone that predictions are made from."""
        copy = super().deploy()
        if not copy.nms and copy.one_to_one is not None:
            copy.branches = copy.one_to_one
        copy.one_to_one = None
        return copy

    def restore(self, predictions: Boxes, frames: Sequence[Frame]) -> Boxes:
        """Return the boxes in the pixels of the original images, clamped to them."""
        return [to_frame(item, frame) for item, frame in zip(predictions, frames, strict=True)]

    def stitch(self, image: tuple[int, int]) -> StitchedBoxes[DetectionOutputs]:  # noqa: ARG002  # boxes need no canvas
        """Return what joins the boxes of overlapping windows."""
        return StitchedBoxes(self.predict)

    def records(self, predictions: Boxes, score: float | None = None) -> list[Record]:
        """Return `{"boxes": [{"box": [x1, y1, x2, y2], "label": name, "score": float}, ...]}` an item, best first.

        Targets have a score of 1.
        """
        least = self.threshold if score is None else score
        return [to_records(item, self.labels, least) for item in predictions]

    def draw(self, image: Tensor, record: Record) -> Tensor:
        """Return the (3, H, W) uint8 image with the record's boxes, a colour a class."""
        return draw(image, record, self.labels)

    def metrics(self) -> "MetricCollection":
        """Return COCO's `map`, `map50`, `map75`; and `precision`, `recall` and `f1` at the best-F1 `threshold`."""
        from torchmetrics import MetricCollection  # it takes seconds, and inference has no use for it

        from polyhead.heads.detection.metric import DetectionMetric  # as above

        return MetricCollection([DetectionMetric()])

    def example_targets(self, batch: int, size: tuple[int, int], generator: torch.Generator) -> Boxes:
        """Return items with a large, a middling and a small box; the last of several items holds none."""
        targets = [made_up(size, len(self.labels), generator) for _ in range(batch)]
        if batch > 1:
            targets[-1] = {name: value[:0] for name, value in targets[-1].items()}
        return targets


def without_points(found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return `boxes`, `scores` and `labels` of what was found."""
    return {name: found[name] for name in ("boxes", "scores", "labels")}


def made_up(size: tuple[int, int], classes: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Return three boxes of about 0.8, 0.4 and 0.2 of an input of `size` (H, W), of random places and classes."""
    whole = torch.tensor([size[1], size[0]])
    extent = torch.tensor([[0.8], [0.4], [0.2]]) * (0.8 + 0.4 * torch.rand(3, 2, generator=generator))
    corner = torch.rand(3, 2, generator=generator) * (1 - extent)
    boxes = torch.cat([corner * whole, (corner + extent) * whole], dim=1)
    return {"boxes": boxes, "labels": torch.randint(classes, (3,), generator=generator)}
