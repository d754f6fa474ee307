"""Augmentations named in a recipe: those of torchvision.transforms.v2, by their names in snake_case, and our own."""

import inspect
import re
from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from polyhead.errors import UserError, choices, nearest, unknown
from polyhead.loading.colours import ColorJitter
from polyhead.loading.crops import CenterCrop
from polyhead.loading.letterbox import GREY, LEAST, OUTSIDE, letterbox_item
from polyhead.loading.mosaic import Mosaic
from polyhead.loading.source import Augmentations, Item
from polyhead.ops.outlines import boxes_around

UNFIT = """
ClampBoundingBoxes ClampKeyPoints Compose ConvertBoundingBoxFormat ConvertImageDtype CutMix FiveCrop Grayscale Identity
Lambda LinearTransformation MixUp Normalize PILToTensor RandomApply RandomChoice RandomOrder SanitizeBoundingBoxes
SanitizeKeyPoints SetClampingMode TenCrop ToDtype ToImage ToPILImage ToPureTensor ToTensor Transform
UniformTemporalSubsample
"""
"""Transforms that need functions or transforms as options, or whole batches, or that change the form of the data."""
IMAGE_ONLY = ("aug_mix", "auto_augment", "rand_augment", "trivial_augment_wide")
"""Policies of torchvision that turn and shift images, and no boxes and maps with them."""


def catalogue() -> dict[str, Any]:
    """Return every augmentation by name, such as `random_affine`."""
    members = {name: member for name, member in vars(v2).items() if name not in UNFIT.split()}
    theirs = {snake(n): m for n, m in members.items() if isinstance(m, type) and issubclass(m, v2.Transform)}
    return theirs | {"center_crop": CenterCrop, "color_jitter": ColorJitter, "mosaic": Mosaic}


def snake(name: str) -> str:
    """Return a class name in snake_case: RandomIoUCrop -> random_iou_crop, JPEG -> jpeg."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("IoU", "Iou")).lower()


def build(named: str | dict[str, Any], size: tuple[int, int]) -> tuple[str, Any]:
    """Return the name of an augmentation and the transform, from a name or {"name": ..., options}.

    Where nothing was, an image shows grey or its `fill`, a mask 255, a dense map NaN, a mask of instances 0. An option
    `size` or `target_size` that is not given is `size`, the H and W of the inputs.

    Raises:
        UserError: If there is no such augmentation or option, or a value does not suit it.
    """
    options: dict[str, Any] = {"name": named} if isinstance(named, str) else dict(named)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise UserError(f"an augmentation needs a name, as in {{name: random_affine, degrees: 10}}, and has {named!r}")
    kinds = catalogue()
    if name not in kinds:
        raise unknown("augmentation", name, kinds)
    takes = inspect.signature(kinds[name]).parameters
    for option in options:
        if option not in takes:
            raise UserError(
                f"the augmentation {name!r} has no option {option!r}{nearest(option, takes)}; choices: {choices(takes)}"
            )
    try:
        return name, kinds[name](**completed(name, options, takes, size))
    except (TypeError, ValueError) as error:
        raise UserError(f"the augmentation {name!r} refuses its options: {error}") from error


def completed(name: str, options: dict[str, Any], takes: Collection[str], size: tuple[int, int]) -> dict[str, Any]:
    """Return the options of a transform that `takes` some, with the sizes and fills that were not given."""
    sizes = {option: size for option in ("size", "target_size") if option in takes}
    options = {**sizes, **options}
    if "fill" in takes:
        options["fill"] = fills(options.get("fill", GREY))
    if isinstance(options.get("interpolation"), str):
        options["interpolation"] = interpolation(name, options["interpolation"])
    return options


def fills(image: Any) -> dict[Any, Any]:
    """Return what fills new pixels of each kind, given that of images."""
    return {tv_tensors.Image: image, **OUTSIDE, "others": 0}


def interpolation(name: str, value: str) -> v2.InterpolationMode:
    """Return an interpolation by its name, such as "bilinear"; `name` is the augmentation's, for the error."""
    known = {mode.value: mode for mode in v2.InterpolationMode}
    if value not in known:
        raise unknown(f"interpolation of {name!r} named", value, known)
    return known[value]


def chosen(augment: str | Sequence[str | dict[str, Any]], default: Augmentations) -> Augmentations:
    """Return the augmentations that a recipe's `augment` stands for; "auto" is the data's own default.

    Raises:
        UserError: If it is a word other than "auto" and "none".
    """
    if augment == "auto":
        return default
    if augment == "none":
        return ()
    if isinstance(augment, str):
        raise UserError(f"augment is 'auto', 'none' or a list of augmentations, and {augment!r} is none of them")
    return tuple(augment)


class Augment:
    """Item -> another item of the same size that could have been photographed just as well.

    Boxes are clamped to the image, and drawn anew around the masks of instances; those that keep fewer than 2 pixels of
    a side go, with their labels and masks. What a transform leaves of another size is letterboxed again.

    Args:
        named: The augmentations, applied in order; () leaves items alone.
        size: H, W of the items.

    Attributes:
        mosaic: The first augmentation, where that is a mosaic: who has the items lays it before the others are called.

    Raises:
        UserError: As `build`, and if a mosaic stands behind another augmentation.
    """

    def __init__(self, named: Augmentations, size: tuple[int, int]) -> None:
        self.size: Final = size
        built = tuple(build(one, size) for one in named)
        self.mosaic: Final = next((step for _, step in built[:1] if isinstance(step, Mosaic)), None)
        self.steps: Final = built[1:] if self.mosaic else built
        if any(isinstance(step, Mosaic) for _, step in self.steps):
            raise UserError("data.augment: 'mosaic' lays whole items and so stands first, once; move it to the front")

    @property
    def image_only(self) -> str:
        """The first augmentation that moves what is in the image, and no target with it; "" where none does."""
        return next((name for name, _ in self.steps if name in IMAGE_ONLY), "")

    def __call__(self, item: Item, entropy: tuple[int, ...]) -> Item:
        """Return `item` augmented at random: a function of `entropy` alone (seed, epoch, number of the item ...).

        Raises:
            UserError: If a transform cannot work on the item, such as `random_iou_crop` on one without boxes.
        """
        if not self.steps:
            return item
        generator = torch.default_generator  # the one that transforms.v2 draws from
        state = generator.get_state()
        try:
            generator.manual_seed(int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0] >> 1))
            image, targets = self.apply(item.image, {name: uncut(target) for name, target in item.targets.items()})
        finally:
            generator.set_state(state)
        item = Item(image, {name: seen(target) for name, target in targets.items()})
        if image.shape[-2:] == self.size:
            return item
        item, _ = letterbox_item(item, self.size)
        return Item(item.image, {name: seen(target) for name, target in item.targets.items()})

    def apply(self, image: Any, targets: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return image and targets after every step; errors as `__call__`."""
        for name, step in self.steps:
            try:
                image, targets = step(image, targets)
            except (TypeError, ValueError) as error:
                raise UserError(f"the augmentation {name!r} cannot work on this data: {error}") from error
        return image, targets


def uncut(target: Any) -> Any:
    """Return a target whose boxes are not clamped on the way, so that `seen` can tell which were cut; others as is."""
    if not isinstance(target, dict):
        return target
    boxes = target["boxes"]
    free = tv_tensors.BoundingBoxes(boxes, format=boxes.format, canvas_size=boxes.canvas_size, clamping_mode=None)
    return {**target, "boxes": free}


def seen(target: Any) -> Any:
    """Return a target without the objects that were cut and of which too little can still be seen; others unchanged."""
    if not isinstance(target, dict):
        return target
    boxes = v2.functional.clamp_bounding_boxes(target["boxes"], clamping_mode="hard")
    before, after = target["boxes"].as_subclass(Tensor), boxes.as_subclass(Tensor)
    whole = (before == after).all(1)
    if "masks" in target:
        after = boxes_around(target["masks"].as_subclass(Tensor))
    sides = after[:, 2:] - after[:, :2]
    kept = (sides >= LEAST).all(1) | (whole & (sides > 0).all(1))
    masks = {"masks": tv_tensors.wrap(target["masks"][kept], like=target["masks"])} if "masks" in target else {}
    return {"boxes": tv_tensors.wrap(after[kept], like=boxes), "labels": target["labels"][kept], **masks}
