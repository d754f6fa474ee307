"""Pictures of what a model sees: what is true on the left, what it says on the right."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from polyhead.contracts import Batch, Record
from polyhead.errors import UserError
from polyhead.loading.loader import Failure, Reader
from polyhead.loading.order import Key
from polyhead.loading.source import Split
from polyhead.model import Model
from polyhead.ops.pictures import save, strip

if TYPE_CHECKING:
    from polyhead.loading.module import DataModule

SHOWN = 8


@torch.inference_mode()
def draw_split(model: Model, targets: Mapping[str, str], data: "DataModule", split: Split, folder: Path) -> Path:
    """Draw the first items of a split, in input pixels or as depictions, and return the folder.

    They are read by number, and not from the data's loader, which gives each of several processes its own share.

    Args:
        model: On the CPU.
        targets: The target of each head, by the head's name.
        data: Where the items are.
        split: "val" or "test".
        folder: Gets `SPLIT-000.png` and so on, `SHOWN` at most; it is made.

    Raises:
        UserError: If an item cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, reader = model.eval(), data.reader(split)
    shown = range(min(len(reader), SHOWN))
    for places in (shown[start : start + data.batch] for start in shown[:: data.batch]):
        batch = read(reader, places)
        canvases = data.canvases(split, batch.inputs, places)
        for place, picture in enumerate(draw_batch(model, targets, batch, canvases), places.start):
            save(picture, folder / f"{split}-{place:03d}.png")
    return folder


def read(reader: Reader, places: range) -> Batch:
    """Return some items of a split as one batch.

    Raises:
        UserError: If one cannot be read.
    """
    batch = reader.collation()(reader.__getitems__([Key(0, place) for place in places]))
    if isinstance(batch, Failure):
        raise UserError(batch.line)
    return batch


def draw_batch(model: Model, targets: Mapping[str, str], batch: Batch, canvases: Tensor) -> list[Tensor]:
    """Return the first pictures of a batch: targets drawn on the left, predictions on the right, (3, H, 2 W + gap).

    The recipe's first head is drawn last, on top.

    Args:
        model: On the CPU.
        targets: The target of each head, by the head's name.
        batch: The batch.
        canvases: (n, 3, H, W) uint8, what to draw its first n items on.
    """
    inputs = batch.inputs
    outputs = model(inputs[: len(canvases)].float() / 255 if isinstance(inputs, Tensor) else inputs)
    true, said = [image.clone() for image in canvases], [image.clone() for image in canvases]
    for name, head in reversed(model.named_heads().items()):
        for place, record in enumerate(head.records(head.predict(outputs[name]))[: len(said)]):
            said[place] = head.draw(said[place], record)
        target = targets[name]
        if target in batch.targets:
            rows = batch.rows[target].tolist()
            for row, record in zip(rows, head.records(batch.targets[target]), strict=True):
                if row < len(true):
                    true[row] = head.draw(true[row], record)
    return [strip([left, right]) for left, right in zip(true, said, strict=True)]


def draw_records(model: Model, image: Tensor, records: Mapping[str, Record]) -> Tensor:
    """Return the (3, H, W) uint8 image with the record of every head drawn on it, the recipe's first one on top."""
    for name, head in reversed(model.named_heads().items()):
        image = head.draw(image, records[name])
    return image


def unique_name(path: Path, taken: set[str]) -> str:
    """Return a picture's file name after its image's, with a number where another folder had one of that name."""
    name, number = f"{path.stem}.png", 2
    while name in taken:
        name, number = f"{path.stem}-{number}.png", number + 1
    taken.add(name)
    return name
