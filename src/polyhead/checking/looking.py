"""One image with its labels, decoded, and what there is to say of it."""

import warnings
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision import tv_tensors

from polyhead.contracts import IGNORE
from polyhead.errors import UserError
from polyhead.findings.collecting import refused
from polyhead.findings.finding import Finding, finding
from polyhead.loading.source import Source, Split

SIDE: Final = 16
"""Of the small grey picture that tells images apart."""
LEAST, MOST, LONG = 16, 50_000_000, 10
"""Pixels of a side, pixels in all, and how many times the other a side is, of images that are hardly meant."""


class Look(NamedTuple):
    """What was seen of one image.

    Attributes:
        split: Its split.
        name: Its file, or what its source calls it.
        size: H, W; None where it could not be read.
        digest: Of its pixels.
        small: Grey values 0 to 255 of the image at SIDE x SIDE; None where it could not be read, or is blank.
        classes: By target of pixels or of whole images, the numbers of the classes that are in it.
        findings: What is wrong with it.
        source: Which of several sources it is of, "" where there is one.
    """

    split: Split
    name: str
    size: tuple[int, int] | None
    digest: bytes
    small: bytes | None
    classes: Mapping[str, list[int]]
    findings: list[Finding]
    source: str = ""

    def of(self, source: str) -> "Look":
        """Return it as one of a source's."""
        return self._replace(source=source, findings=[one._replace(source=source) for one in self.findings])


def look_at(source: Source, split: Split, index: int) -> Look:
    """Return what is seen of an item."""
    name = source.name(split, index)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            image, targets = source.item(split, index)
        except UserError as error:
            return Look(split, name, None, b"", None, {}, [blamed(error, name)])
        classes, found = classes_in(targets, name)
    pixels = image.as_subclass(Tensor)
    found += [*oddities(pixels, name), *complaints(said, name)]
    size = (int(pixels.shape[-2]), int(pixels.shape[-1]))
    blank = any(one.kind == "image-blank" for one in found)
    digest = blake2b(repr(size).encode() + pixels.numpy().tobytes(), digest_size=16).digest()
    return Look(split, name, size, digest, None if blank else small(pixels), classes, found)


def blamed(error: UserError, name: str) -> Finding:
    """Return an error of reading an item as a finding."""
    found = refused(error) or finding("image-unreadable", name, str(error).removeprefix(f"{name}: "))
    return found._replace(image=found.image or name)


def classes_in(targets: Mapping[str, Any], name: str) -> tuple[dict[str, list[int]], list[Finding]]:
    """Return the class numbers that are in an item, by target, and what is wrong with its targets."""
    classes: dict[str, list[int]] = {}
    found: list[Finding] = []
    for target in targets:
        try:
            value = targets[target]
        except UserError as error:
            found.append(blamed(error, name))
            continue
        if isinstance(value, int):
            classes[target] = [value]
        elif isinstance(value, tv_tensors.Mask) and not value.is_floating_point():
            numbers = value.as_subclass(Tensor).unique().tolist()
            classes[target] = [number for number in numbers if number != IGNORE]
            if not classes[target]:
                found.append(finding("mask-unlabelled", name, f"{target} has no labelled pixel", image=name))
        elif isinstance(value, dict):
            classes[target] = value["labels"].tolist()
        elif isinstance(value, Tensor) and value.ndim == 1:
            classes[target] = [number for number, state in enumerate(value.tolist()) if state == 1]
    return classes, found


def oddities(pixels: Tensor, name: str) -> list[Finding]:
    """Return what is odd about an image, (3, H, W) uint8."""
    height, width = pixels.shape[-2:]
    kinds = {
        "image-tiny": min(height, width) < LEAST,
        "image-huge": height * width > MOST,
        "image-long": max(height, width) >= LONG * min(height, width),
    }
    shown = f"is {width} x {height} pixels"
    found = [finding(kind, name, shown, "check it", image=name) for kind, is_so in kinds.items() if is_so]
    flat = pixels.flatten(1)
    if torch.equal(flat.amin(1), flat.amax(1)):
        found.append(finding("image-blank", name, "is of one colour throughout", "replace it", image=name))
    return found


def complaints(said: list[warnings.WarningMessage], name: str) -> list[Finding]:
    """Return what Python was warned of while an image was read."""
    texts = dict.fromkeys(" ".join(str(one.message).split()) for one in said)
    return [finding("image-odd", name, f"is read with a complaint ({text})", image=name) for text in texts]


def small(pixels: Tensor) -> bytes:
    """Return an image, (3, H, W) uint8, as SIDE x SIDE grey values, each the mean of its part."""
    grey = pixels.float().mean(0)[None, None]
    shrunk = F.interpolate(grey, (SIDE, SIDE), mode="bilinear", antialias=True)
    return shrunk.round().clamp(0, 255).byte().numpy().tobytes()
