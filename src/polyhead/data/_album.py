"""What the forms of data on disk have in common: photographs, each with the labels that it carries.

A form's reader turns a folder into an `Album`; `AlbumSource` makes a Source of it. Corners of boxes are pixels of the
upright image, from the upper left corner of its first pixel to the lower right one of its last.
"""

import os
from abc import ABC
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from torchvision import tv_tensors

from polyhead.data._folders import dead_links
from polyhead.data._looked_over import look_over, tally
from polyhead.data._photos import Photo
from polyhead.data._sound_files import others, sound_photos
from polyhead.errors import UserError
from polyhead.findings.collecting import is_heard, remark
from polyhead.loading.images import image_size, read_image
from polyhead.loading.source import SPLITS, Augmentations, Item, Source, Split

PIECE = 1 << 14
"""Bytes at the begin, in the middle and at the end of a file that its content is told by, beside its length."""
Shares = tuple[float, float, float]
SHARES: Final[Shares] = (0.8, 0.1, 0.1)
"""Of train, val and test, where nobody said otherwise."""


class Drawn(Mapping[str, Any]):
    """The targets that a photograph carries, each made when it is asked for: masks that nobody wants cost nothing.

    Args:
        photo: With its labels.
        names: Class names of each target.
        size: H, W of the upright image.
    """

    def __init__(self, photo: Photo, names: Mapping[str, tuple[str, ...]], size: tuple[int, int]) -> None:
        self.photo: Final = photo
        self.names: Final = names
        self.size: Final = size

    def __getitem__(self, target: str) -> Any:
        return self.photo.labels[target].target(self.names[target], self.size)

    def __iter__(self) -> Iterator[str]:
        return iter(self.photo.labels)

    def __len__(self) -> int:
        return len(self.photo.labels)


class Album(NamedTuple):
    """What a folder holds.

    Attributes:
        photos: Each image file once.
        names: Class names of each target, in the order of their numbers.
        notes: What was left out or doubted, and why: one line each, naming the file.
    """

    photos: Sequence[Photo]
    names: Mapping[str, tuple[str, ...]]
    notes: Sequence[str] = ()


class AlbumSource(Source, ABC):
    """Photographs from disk.

    Args:
        root: The folder, or a file in it.
        album: What it holds.
        shares: Of train, val and test, where the data have no split of their own.

    Raises:
        UserError: If there is no image, a file is empty or there twice, or the shares are none.
    """

    augment: Augmentations = (
        "mosaic",
        "random_horizontal_flip",
        {"name": "scale_jitter", "scale_range": [0.5, 1.5]},
        {"name": "random_crop", "pad_if_needed": True},
        {"name": "color_jitter", "brightness": 0.3, "contrast": 0.3, "saturation": 0.3},
    )

    def __init__(self, root: Path, album: Album, shares: Shares) -> None:
        sound = sound_photos(root, album.photos)
        self.root: Final = root if root.is_dir() else root.parent
        self.names: Final = dict(album.names)
        self.photos, said = parted(sound, shares)
        dead = dead_links(self.root)
        for path in dead:
            remark("link-dead", path, "is a link to nothing: left out", "mend or delete it")
        if is_heard():
            look_over(root, self.photos, self.names)
        lost = [f"{dead[0]}: is a link to nothing{others(dead)}: left out"] if dead else []
        self.said: Final = [f"{root}: {self.summary()}", *(f"{root}: {line}" for line in said), *album.notes, *lost]

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return the class names of each target."""
        return dict(self.names)

    def size(self, split: Split) -> int:
        """Return how many images a split has."""
        return len(self.photos[split])

    def item(self, split: Split, index: int) -> Item:
        """Return one image with its targets."""
        photo = self.photos[split][index]
        image = tv_tensors.Image(read_image(photo.path))
        return Item(image, Drawn(photo, self.names, (image.shape[1], image.shape[2])))

    def targets(self, split: Split, index: int) -> Mapping[str, Any]:
        """Return the targets of one image, without a look at its pixels."""
        photo = self.photos[split][index]
        return Drawn(photo, self.names, photo.size or image_size(photo.path))

    def carried(self, split: Split, index: int) -> Collection[str]:
        """Return the targets that one image carries."""
        return self.photos[split][index].labels.keys()

    def name(self, split: Split, index: int) -> str:
        """Return the path of an image."""
        return str(self.photos[split][index].path)

    def short_name(self, split: Split, index: int) -> str:
        """Return the path of an image from the root; outside of it, its name."""
        path = self.photos[split][index].path
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name

    def fingerprint(self) -> str:
        """Return a hash of all labels, and of the names and lengths of the image files, wherever their folder is."""
        digest = sha256(repr(self.names).encode())
        place = f"{self.root}/"  # what stands before every path within it
        for split in SPLITS:
            for path, _, labels, _ in self.photos[split]:
                called = str(path) if path.is_relative_to(self.root) else path.name
                shown = repr((split, called, path.stat().st_size, labels))
                digest.update(shown.replace(place, "").encode())
        return digest.hexdigest()[:16]

    def notes(self) -> list[str]:
        """Return what was found, and what was left out."""
        return list(self.said)

    def tally(self, split: Split) -> Mapping[str, Mapping[str, int]]:
        """Return how many objects or images there are of each class, of targets that are no pixels."""
        found = tally(self.photos[split])
        return {target: {name: count[name] for name in self.names[target]} for target, count in found.items()}

    def summary(self) -> str:
        """Return in words what there is: images of each split, classes of each target, and how many carry it."""
        photos = [photo for split in SPLITS for photo in self.photos[split]]
        images = ", ".join(f"{len(self.photos[split])} {split}" for split in SPLITS)
        carried = Counter(name for photo in photos for name in photo.labels)
        targets = [f"{name} on {carried[name]} ({listed(names)})" for name, names in self.names.items()]
        return f"{len(photos)} images ({images}); {', '.join(targets)}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """Return class names in words, the first ones of many; a target without classes is a number."""
    more = f" ... {len(names)} in all" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "a number"


def parted(photos: Sequence[Photo], shares: Shares) -> tuple[dict[Split, list[Photo]], list[str]]:
    """Return the photographs of each split, in the order of the album, and what had to be said.

    Photographs without a split are given one by their content, so that adding files moves no other, and equal files
    stay together. Where only val is missing, it is a part of train. A missing test split stays missing.

    Args:
        photos: All of them.
        shares: Of train, val and test; their sum does not matter.

    Raises:
        UserError: If a share is negative, or train has none.
    """
    if min(shares) < 0 or shares[0] <= 0:
        raise UserError(
            f"split: {list(shares)} does not fit; it takes shares of train, val and test, such as 0.8, 0.1, 0.1"
        )
    places: dict[Split, list[Photo]] = {split: [] for split in SPLITS}
    loose = [photo for photo in photos if photo.split is None]
    for photo in photos:
        places[photo.split or by_content(photo.path, shares)].append(photo)
    notes = [f"images that have no split of their own: {len(loose)}, parted by content"] if loose else []
    if places["train"] and not places["val"] and not loose:
        lent = (shares[0], shares[1], 0.0)
        train, places["train"] = places["train"], []
        for photo in train:
            places[by_content(photo.path, lent)].append(photo)
        notes.append(f"no val split of its own: {len(places['val'])} of {len(train)} train images are val, by content")
    if places["train"] and not places["val"]:
        notes.append(
            "no image is val, and so nothing tells the best weights; add images, or raise val's share in split"
        )
    return places, notes


def by_content(path: Path, shares: Shares) -> Split:
    """Return the split that a file's content falls into."""
    place = int.from_bytes(content(path)) / 2**64 * sum(shares)
    return "train" if place < shares[0] else "val" if place < shares[0] + shares[1] else "test"


def content(path: Path) -> bytes:
    """Return 8 bytes that tell a file's content from that of others: a hash of its length and three pieces of it."""
    with path.open("rb", buffering=0) as file:
        length = os.fstat(file.fileno()).st_size
        digest = blake2b(str(length).encode() + b" ", digest_size=8)
        for begin in (0, length // 2, length - PIECE) if length > PIECE else (0,):
            file.seek(begin)
            digest.update(file.read(PIECE))
    return digest.digest()
