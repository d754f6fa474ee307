"""The instances head: detection's boxes, and for each a mask of prototypes.

Written from YOLACT (arXiv 1904.02689) on our own detection head.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, final

import torch
from torch import Tensor

from polyhead.contracts import Features, FeatureSpec, Frame, Head, Loss, Record, class_names, grid_strides
from polyhead.heads.detection import Detection
from polyhead.heads.detection.decode import find
from polyhead.heads.detection.loss import detection_loss, match
from polyhead.heads.detection.outputs import Boxes
from polyhead.heads.instances.loss import mask_loss
from polyhead.heads.instances.outputs import InstanceOutputs
from polyhead.heads.instances.prototypes import Coefficients, Prototypes, paint
from polyhead.heads.instances.records import draw, to_frame, to_records

if TYPE_CHECKING:  # torchmetrics takes seconds to import, and only training needs it
    from torchmetrics import MetricCollection

MASK_WEIGHT = 2.5


@final
class Instances(Head[InstanceOutputs, Boxes, Boxes]):
    """Objects one by one, each with a box, a class, a score and the mask of its pixels.

    A detection head finds the boxes. Beside it, one branch makes k prototypes of the whole image, and another says at
    every anchor point how much of each is in the mask of its object: a mask is their sum, cut at the box. So masks cost
    one small product an object, and overlap where objects do.

    Targets and predictions are lists of `boxes` (r, 4) xyxy in input pixels, `labels` (r,) and `masks` (r, H, W);
    predictions also have `scores` (r,). An item may hold no object.

    Args:
        spec: The features to read, of a pyramid at best.
        labels: Class names, one or more.
        width: Channels of the branches, as of `detection`.
        depth: 3x3 convolutions of each branch that all levels share.
        finest: Levels of a smaller stride than this have no anchor points, as of `detection`; prototypes read them.
        prototypes: How many there are, k.
        stride: Input pixels per cell of the prototypes; 2 draws finer edges than 4, at four times the cost.
        dice: Weight of the Dice loss of masks beside their cross-entropy.
        points: How many anchor points of an image teach masks at most.

    Raises:
        ValueError: If the levels are no grids, no level can make prototypes of `stride`, or there are no class names.
    """

    main: str = "mask_map"

    def __init__(
        self,
        spec: FeatureSpec,
        labels: tuple[str, ...] = (),
        *,
        width: int | None = None,
        depth: int = 2,
        finest: int = 8,
        prototypes: int = 32,
        stride: int = 4,
        dice: float = 0.0,
        points: int = 64,
    ) -> None:
        super().__init__(spec, class_names("instances", labels))
        grid_strides("instances", spec)
        self.dice, self.points = dice, points
        self.boxes = Detection(spec, labels, width=width, depth=depth, finest=finest)
        width = spec.channels[self.boxes.skipped] if width is None else width
        self.coefficients = Coefficients(width, depth, len(self.boxes.strides), prototypes)
        self.prototypes = Prototypes(spec, width, prototypes, stride)

    def forward(self, features: Features) -> InstanceOutputs:
        """Return boxes and coefficients at every anchor point, and the prototypes."""
        assert features.size is not None, "a spec with strides promises images"
        levels = self.boxes.levels(features)
        found = self.boxes.answer(levels, features.size)
        prototypes = self.prototypes(features.levels, features.size)
        return InstanceOutputs(found, self.coefficients(levels), prototypes, self.prototypes.stride)

    def loss(self, outputs: InstanceOutputs, targets: Boxes, known: Tensor | None = None) -> dict[str, Loss]:
        """Return detection's losses `class` and `box`, and `mask`, counted by the anchor points that teach it."""
        matched = match(outputs.found, targets)
        masks = mask_loss(outputs, [target["masks"] for target in targets], matched, most=self.points, dice=self.dice)
        weighted = Loss(MASK_WEIGHT * masks.total, masks.count)
        return {**detection_loss(outputs.found, matched, known, self.progress), "mask": weighted}

    def limit(self, outputs: InstanceOutputs, known: Tensor) -> InstanceOutputs:
        """Return outputs whose boxes are detection's limited ones."""
        return outputs._replace(found=self.boxes.limit(outputs.found, known))

    def decode(self, outputs: InstanceOutputs) -> dict[str, Tensor]:
        """Return detection's `boxes` and `scores`, `coefficients` (n, A, k) and `prototypes` (n, k, h, w)."""
        made_of = {"coefficients": outputs.coefficients, "prototypes": outputs.prototypes}
        return {**self.boxes.decode(outputs.found), **made_of}

    def predict(self, outputs: InstanceOutputs) -> Boxes:
        """Return up to 100 instances an item, those of detection's best boxes, best first, in input pixels."""
        found = [{key: part[:100] for key, part in item.items()} for item in find(outputs.found)]
        return [self.with_masks(outputs, place, item) for place, item in enumerate(found)]

    def with_masks(self, outputs: InstanceOutputs, place: int, item: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return what was found in the item at `place` with `masks` (r, H, W) bool instead of `points`."""
        coefficients, prototypes = outputs.coefficients[place].detach(), outputs.prototypes[place].detach()
        chosen = coefficients[item["points"]]
        masks = paint(chosen, prototypes, item["boxes"], outputs.found.size, outputs.stride)
        return {**{key: item[key] for key in ("boxes", "scores", "labels")}, "masks": masks}

    def shown(self, predictions: Boxes, score: float | None = None) -> Boxes:
        """Return the instances of `score` or more: in the pixels of a photograph of 12 megapixels a mask has 12 MB."""
        least = self.threshold if score is None else score
        return [{key: part[item["scores"] >= least] for key, part in item.items()} for item in predictions]

    def restore(self, predictions: Boxes, frames: Sequence[Frame]) -> Boxes:
        """Return boxes and masks in the pixels of the original images."""
        return [to_frame(item, frame) for item, frame in zip(predictions, frames, strict=True)]

    def records(self, predictions: Boxes, score: float | None = None) -> list[Record]:
        """Return `{"size": [H, W], "instances": [{"box", "label", "score", "area", "rle"}, ...]}` an item, best first.

        `box` is [x1, y1, x2, y2], `area` counts pixels, `rle` is COCO's compressed run-length code. Targets score 1.
        """
        least = self.threshold if score is None else score
        return [to_records(item, self.labels, least) for item in predictions]

    def draw(self, image: Tensor, record: Record) -> Tensor:
        """Return the (3, H, W) uint8 image with the record's masks, outlined, and boxes, a colour a class."""
        return draw(image, record, self.labels)

    def metrics(self) -> "MetricCollection":
        """Return COCO's mAP of masks (`mask_map`, `mask_map50`, `mask_map75`) and of boxes (`box_map` ...).

        `precision`, `recall` and `f1` are those of masks at the best-F1 `threshold`.
        """
        from torchmetrics import MetricCollection  # it takes seconds, and inference has no use for it

        from polyhead.heads.instances.metric import InstanceMetric  # as above

        return MetricCollection([InstanceMetric()])

    def example_targets(self, batch: int, size: tuple[int, int], generator: torch.Generator) -> Boxes:
        """Return detection's example boxes, each with the ellipse that it encloses."""
        targets = self.boxes.example_targets(batch, size, generator)
        return [{**target, "masks": ellipses(target["boxes"], size)} for target in targets]

    def deploy(self) -> Self:
        """Return a copy for inference only; its boxes too are those of detection's copy."""
        copy = super().deploy()
        copy.boxes = copy.boxes.deploy()
        return copy


def ellipses(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the ellipses in r boxes (r, 4) xyxy of an input of `size` (H, W), as masks (r, H, W) uint8."""
    x1, y1, x2, y2 = boxes[..., None, None].unbind(dim=1)
    y, x = torch.arange(size[0])[:, None] + 0.5, torch.arange(size[1]) + 0.5
    away = ((2 * x - x1 - x2) / (x2 - x1)) ** 2 + ((2 * y - y1 - y2) / (y2 - y1)) ** 2
    return (away <= 1).byte()
