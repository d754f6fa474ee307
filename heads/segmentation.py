"""Which class is each pixel?"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.utils import draw_segmentation_masks

from polyhead.contracts import (
    IGNORE,
    Features,
    FeatureSpec,
    Frame,
    Head,
    Loss,
    Record,
    class_names,
    finer_levels,
    grid_strides,
)
from polyhead.heads._borders import near_borders
from polyhead.heads._paint import Paint, alike, to_cells, to_pixels
from polyhead.heads._segmentation_loss import Truth, dice_loss, pixel_cross_entropy, shares, truth_of, without_unknown
from polyhead.heads._stitched_mask import StitchedMask
from polyhead.ops.class_weights import ClassWeights, balanced, count_classes, first_weights
from polyhead.ops.distil import in_order, softmax_divergence
from polyhead.ops.frames import restore_map
from polyhead.ops.norms import group_norm
from polyhead.ops.pictures import colour
from polyhead.ops.runs import decode_runs, encode_runs

if TYPE_CHECKING:  # torchmetrics takes seconds to import, and only training needs it
    from torchmetrics import MetricCollection

Masks = Tensor | Sequence[Tensor]


class Segmentation(Head[Paint, Tensor, Masks]):
    """Class of every pixel: levels are fused from coarse to fine, then each fine cell paints its own pixels.

    The decoder adds up the levels top-down at `width` channels. At its finest level, of stride s, a 1 x 1 convolution
    makes s x s logits per class and cell, one for each pixel (sub-pixel convolution): full resolution without a layer
    that runs at it. Outputs stay by cell (`Paint`): losses bring the targets to the cells, and answers are laid out as
    pixels when they are class numbers, one instead of K a pixel. Predictions are class numbers (n, H, W), restored a
    list of one (H, W) an image. Targets are class numbers (n, H, W); `contracts.IGNORE` is unlabelled.

    Args:
        spec: The features to read.
        labels: Class names, the background's among them; two or more.
        width: Channels of the decoder; below 16, or a multiple of it.
        finest: Leave out levels of a smaller stride than this, unless there is no other.
        coarsest: Leave out levels of a larger stride than this, unless there is no other; None: none. A pyramid's finer
            levels know already what its coarser ones say.
        dice: Weight of the Dice loss beside the cross-entropy, whose weight is 1.
        class_weights: What classes weigh in the cross-entropy: "none" alike; "balanced" the more the fewer pixels they
            have in the training masks; or a number by class name, 1 for others. The Dice loss has no weights: it is a
            mean over classes, in which a class of few pixels has as much say as any other (V-Net, section 3).
        boundary: What pixels near a border between classes weigh more in the cross-entropy: 1 + `boundary` times as
            much as others; 0 for none.
        reach: How near that is, in pixels of the input, 1 or more.

    Raises:
        ValueError: If the levels are no grids, there are too few class names, weights that no class can have, or
            `boundary` or `reach` is too low.

    References:
        Kirillov et al., Panoptic FPN, arXiv 1901.02446; Shi et al., sub-pixel convolution, arXiv 1609.05158; Milletari
        et al., V-Net (Dice), arXiv 1606.04797.
    """

    main: str = "miou"
    weights: Tensor | None

    def __init__(
        self,
        spec: FeatureSpec,
        labels: tuple[str, ...] = (),
        *,
        width: int = 64,
        finest: int = 4,
        coarsest: int | None = None,
        dice: float = 1.0,
        class_weights: ClassWeights = "none",
        boundary: float = 0.0,
        reach: int = 2,
    ) -> None:
        super().__init__(spec, class_names("segmentation", labels, least=2))
        if not boundary >= 0 or reach < 1:
            raise ValueError(f"boundary={boundary:g}, reach={reach}: they take 0 or more, and 1 or more")
        strides = grid_strides("segmentation", spec)
        self.dice, self.boundary, self.reach = dice, boundary, reach
        self.skipped = finer_levels(strides, finest)
        taken = [stride for stride in strides[self.skipped :] if coarsest is None or stride <= coarsest]
        self.levels = slice(self.skipped, self.skipped + max(1, len(taken)))
        channels = spec.channels[self.levels]
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.fuse = nn.ModuleList(_fusion(width) for _ in channels)
        self.stride = strides[self.skipped]
        self.paint = nn.Conv2d(width, len(labels) * self.stride**2, 1)
        self.balanced = class_weights == "balanced"
        self.register_buffer("weights", first_weights("segmentation", class_weights, labels), persistent=False)

    def weigh(self, targets: Iterable[Tensor]) -> None:
        """Take balanced weights from the pixels of the training masks; of any other weights no mask is read."""
        if self.balanced:
            assert self.weights is not None
            self.weights.copy_(balanced(count_classes(targets, len(self.labels))))

    def forward(self, features: Features) -> Paint:
        """Return the logits of every pixel, by cell."""
        assert features.size is not None
        levels = [lateral(x) for lateral, x in zip(self.lateral, features.levels[self.levels], strict=True)]
        x = self.fuse[-1](levels[-1])
        for level, fuse in zip(reversed(levels[:-1]), list(self.fuse)[-2::-1], strict=True):
            x = fuse(level + F.interpolate(x, size=level.shape[2:], mode="nearest"))
        return Paint(self.paint(x).unflatten(1, (len(self.labels), self.stride**2)), features.size)

    def loss(self, outputs: Paint, targets: Tensor, known: Tensor | None = None) -> dict[str, Loss]:
        """Return the cross-entropy over labelled pixels, and the Dice loss over the classes that each item shows."""
        with torch.autocast(outputs.cells.device.type, enabled=False):  # sums over pixels want float32
            logits, targets = outputs.cells.flatten(2).float(), targets.byte()
            if known is not None:
                logits = logits.masked_fill(~known[:, :, None], torch.finfo(torch.float32).min)
                targets = without_unknown(targets, known)
            truth = truth_of(to_cells(targets, outputs.side, IGNORE).flatten(1))
            found = shares(logits, truth)
            losses = {"ce": pixel_cross_entropy(found.logs, self.pixel_weights(targets, truth, outputs.side))}
            if self.dice:
                loss = dice_loss(found, truth)
                losses["dice"] = Loss(self.dice * loss.total, loss.count)
            return losses

    def pixel_weights(self, targets: Tensor, truth: Truth, side: int) -> Tensor:
        """Return what each pixel weighs in the cross-entropy, (n, P), P in the order of cells of `side`."""
        weights = truth.labelled if self.weights is None else truth.labelled * self.weights[truth.numbers]
        if self.boundary:
            near = to_cells(near_borders(targets, self.reach), side, 0).flatten(1)
            weights = weights * (1 + self.boundary * near)
        return weights

    def limit(self, outputs: Paint, known: Tensor) -> Paint:
        """Return logits with which no pixel is of an unknown class."""
        least = torch.finfo(outputs.cells.dtype).min
        return outputs._replace(cells=outputs.cells.masked_fill(~known[:, :, None, None, None], least))

    def distil(self, outputs: Paint, teacher: Self, taught: Paint, temperature: float) -> Loss:
        """Return the divergence of each pixel's softened probabilities, labelled or not."""
        mine, theirs = alike(outputs, taught)
        return softmax_divergence(mine, in_order(theirs, teacher.labels, self.labels), temperature)

    def decode(self, outputs: Paint) -> dict[str, Tensor]:
        """Return the most probable class of each pixel, (n, H, W)."""
        return {"mask": to_pixels(outputs.cells.max(dim=1).indices, outputs.size)}  # on a CPU faster than argmax

    def metrics(self) -> "MetricCollection":
        """Return the mean IoU, the pixel accuracy, and the IoU of each class as `iou/CLASS`.

        A class that is neither there nor predicted has an IoU of 0, which the mean leaves out.
        """
        from torchmetrics import MetricCollection
        from torchmetrics.classification import MulticlassAccuracy, MulticlassJaccardIndex
        from torchmetrics.wrappers import ClasswiseWrapper

        count = len(self.labels)
        each = MulticlassJaccardIndex(count, average=None, ignore_index=IGNORE)  # its counts are those of miou
        return MetricCollection(
            {
                "miou": MulticlassJaccardIndex(count, ignore_index=IGNORE),
                "accuracy": MulticlassAccuracy(count, average="micro", ignore_index=IGNORE),
                "iou": ClasswiseWrapper(each, list(self.labels), prefix="iou/"),
            }
        )

    def example_targets(self, batch: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Return a random class in each quarter of the image, and one unlabelled row of pixels."""
        quarters = torch.randint(len(self.labels), (batch, 1, 2, 2), generator=generator)
        masks = F.interpolate(quarters.float(), size=size, mode="nearest").squeeze(1).long()
        masks[:, 0] = IGNORE
        return masks

    def restore(self, predictions: Masks, frames: Sequence[Frame]) -> Masks:
        """Return one (H, W) mask of class numbers an image, in its original pixels."""
        return [restore_map(mask, frame) for mask, frame in zip(predictions, frames, strict=True)]

    def stitch(self, image: tuple[int, int]) -> StitchedMask:
        """Return what averages the probabilities of overlapping windows; its mask (H, W) is uint8."""
        return StitchedMask(len(self.labels), image)

    def records(self, predictions: Masks, score: float | None = None) -> list[Record]:  # noqa: ARG002
        """Return `{"size": [H, W], "segments": [{"label", "area", "rle"}, ...]}` an item.

        `area` counts pixels, `rle` is COCO's compressed run-length code; classes without a pixel are left out.
        """
        return [self._record(mask) for mask in predictions]

    def _record(self, mask: Tensor) -> Record:
        areas = torch.bincount(mask.flatten(), minlength=len(self.labels))[: len(self.labels)].tolist()
        segments = [
            {"label": self.labels[c], "area": area, "rle": encode_runs(mask == c)}
            for c, area in enumerate(areas)
            if area
        ]
        return {"size": list(mask.shape), "segments": segments}

    def draw(self, image: Tensor, record: Record) -> Tensor:
        """Return the image with every class but the first one, the background, laid over it in its colour."""
        shown = [one for one in record["segments"] if one["label"] != self.labels[0]]
        if not shown:
            return image
        masks = torch.stack([decode_runs(one["rle"], record["size"]) for one in shown])
        colours = [colour(self.labels.index(one["label"])) for one in shown]
        drawn: Tensor = draw_segmentation_masks(image, masks.to(image.device), alpha=0.6, colors=colours)
        return drawn


def _fusion(width: int) -> nn.Sequential:
    """Return a 3 x 3 convolution with GroupNorm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1, bias=False),
        group_norm(width),
        nn.ReLU(inplace=True),
    )
