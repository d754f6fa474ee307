"""A letterboxed item as bytes, and back: what a file of the cache holds.

Sixteen bytes (mark, length of the description, checksum), a description in JSON, then the tensors as they lie in
memory, each on a multiple of 64 bytes, so that a mapped file can be read in place.
"""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import torch
from torch import Tensor
from torchvision import tv_tensors

from polyhead.contracts import Frame
from polyhead.loading.source import DenseMap, InstanceMasks, Item, Sample

MARK: Final = b"PHI1"
START: Final = struct.Struct("<4sQI")
ALIGNED: Final = 64
KINDS: Final[dict[str, Any]] = {
    "tensor": Tensor,
    "image": tv_tensors.Image,
    "mask": tv_tensors.Mask,
    "dense": DenseMap,
    "instances": InstanceMasks,
    "boxes": tv_tensors.BoundingBoxes,
}
NAMES: Final = {cls: name for name, cls in KINDS.items()}
TYPES: Final = {str(one): one for one in (torch.uint8, torch.bool, torch.int64, torch.float32, torch.float64)}


def pack(sample: Sample) -> bytes | None:
    """Return a sample as bytes; None if it holds what has no place there, such as a plugin's own kind of target."""
    (image, targets), frame = sample
    parts: list[bytes] = []
    try:
        told = [list(frame), described(image, parts), {key: described(one, parts) for key, one in targets.items()}]
    except TypeError:
        return None
    text = json.dumps(told).encode()
    text += b" " * (-(START.size + len(text)) % ALIGNED)
    body = b"".join([text, *(part + bytes(-len(part) % ALIGNED) for part in parts)])
    return START.pack(MARK, len(text), crc32(body)) + body


def unpack(data: Any) -> Sample:
    """Return the sample in a writable buffer, whose memory its tensors share.

    Raises:
        ValueError: If it is damaged, or was written by another version.
    """
    view = memoryview(data)
    if len(view) < START.size:
        raise ValueError("it is too short")
    mark, length, checksum = START.unpack(view[: START.size])
    if mark != MARK or crc32(view[START.size :]) != checksum:
        raise ValueError("it is not what was written")
    place = START.size + length
    frame, image, targets = json.loads(bytes(view[START.size : place]))
    reader = Reader(data, place)
    item = Item(reader.read(image), {key: reader.read(one) for key, one in targets.items()})
    return item, Frame(*(tuple(part) for part in frame))


def described(value: Any, parts: list[bytes]) -> Any:
    """Return what a part of an item is, as JSON has it, and append the bytes of its tensors to `parts`.

    Raises:
        TypeError: If there is no place for it.
    """
    if isinstance(value, Mapping):
        return {"parts": {key: described(one, parts) for key, one in value.items()}}
    if type(value) in {int, float, str, bool, type(None)}:
        return {"plain": value}
    if type(value) not in NAMES or str(value.dtype) not in TYPES:
        raise TypeError(type(value))
    plain = value.as_subclass(Tensor).contiguous()
    parts.append(plain.numpy().tobytes())
    told = {"kind": NAMES[type(value)], "dtype": str(value.dtype), "shape": list(value.shape)}
    if isinstance(value, tv_tensors.BoundingBoxes):
        told |= {"format": value.format.value, "canvas": list(value.canvas_size)}
    return told


class Reader:
    """Makes the parts of an item from a buffer, one behind the other.

    Args:
        data: The buffer.
        place: Where the first tensor begins.
    """

    def __init__(self, data: Any, place: int) -> None:
        self.data, self.place = data, place

    def read(self, told: dict[str, Any]) -> Any:
        """Return the next part, as `described` told of it."""
        if "parts" in told:
            return {key: self.read(one) for key, one in told["parts"].items()}
        if "plain" in told:
            return told["plain"]
        value = self.tensor(TYPES[told["dtype"]], told["shape"])
        if told["kind"] == "boxes":
            return tv_tensors.BoundingBoxes(value, format=told["format"], canvas_size=tuple(told["canvas"]))
        return value.as_subclass(KINDS[told["kind"]])

    def tensor(self, dtype: torch.dtype, shape: list[int]) -> Tensor:
        """Return the next tensor; one without elements has no bytes."""
        count = math.prod(shape)
        if not count:
            return torch.empty(shape, dtype=dtype)
        value = torch.frombuffer(self.data, dtype=dtype, count=count, offset=self.place).reshape(shape)
        length = count * dtype.itemsize
        self.place += length + -length % ALIGNED
        return value
