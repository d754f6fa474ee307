"""Photographs with boxes, in the form of Pascal VOC."""

from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import torch
from torchvision import tv_tensors

from polyhead.data._voc import Photo, read_lists, read_photos
from polyhead.errors import UserError
from polyhead.loading.images import read_image
from polyhead.loading.source import Augmentations, Item, Source, Split


class Voc(Source):
    """Images with boxes from a folder in the form of Pascal VOC, with its own split.

    It reads ImageSets/Main/{train,val,test}.txt, Annotations/*.xml and the images in JPEGImages; the target is `boxes`.
    Corners are taken as VOC's, counted from 1 and inclusive. Boxes without area are left out and noted, their images
    stay. Objects marked difficult count like the others. Classes are those of all annotations of the three splits,
    sorted.

    Args:
        root: The folder.

    Raises:
        UserError: If the folder is not of this form or a file is missing or broken; one line that names it.
    """

    augment: Augmentations = (
        "random_horizontal_flip",
        {"name": "scale_jitter", "scale_range": [0.5, 1.5]},
        {"name": "random_crop", "pad_if_needed": True},
        {"name": "color_jitter", "brightness": 0.3, "contrast": 0.3, "saturation": 0.3},
    )

    def __init__(self, root: str) -> None:
        self.root: Final = Path(root).expanduser()
        self.photos: Final = read_photos(self.root, read_lists(self.root))
        names = {name for photos in self.photos.values() for photo in photos for name in photo.names}
        if not names:
            raise UserError(f"{self.root}: no listed image has an object; check ImageSets/Main and Annotations")
        self.names: Final = tuple(sorted(names))

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the sorted class names of `boxes`."""
        return {"boxes": self.names}

    def size(self, split: Split) -> int:
        """Return how many images a split lists."""
        return len(self.photos[split])

    def item(self, split: Split, index: int) -> Item:
        """Return one image with its boxes."""
        return Item(tv_tensors.Image(read_image(self.photos[split][index].path)), self.targets(split, index))

    def targets(self, split: Split, index: int) -> dict[str, Any]:
        """Return the boxes of one image, without a look at its pixels."""
        photo = self.photos[split][index]
        boxes = tv_tensors.BoundingBoxes(
            torch.tensor(photo.boxes, dtype=torch.float32).reshape(-1, 4), format="XYXY", canvas_size=photo.size
        )
        numbers = [self.names.index(name) for name in photo.names]
        return {"boxes": {"boxes": boxes, "labels": torch.tensor(numbers, dtype=torch.long)}}

    def name(self, split: Split, index: int) -> str:
        """Return the path of an image."""
        return str(self.photos[split][index].path)

    def fingerprint(self) -> str:
        """Return a hash of all boxes, and of the names and lengths of the image files."""
        every = [(split, describe(photo)) for split, photos in self.photos.items() for photo in photos]
        return sha256(repr(every).encode()).hexdigest()[:16]

    def notes(self) -> list[str]:
        """Return the boxes that were left out."""
        return [note for photos in self.photos.values() for photo in photos for note in photo.notes]


def describe(photo: Photo) -> tuple[Any, ...]:
    """Return what tells one photo's content from another's, wherever its folder is."""
    return photo.path.name, photo.path.stat().st_size, photo.boxes, photo.names
