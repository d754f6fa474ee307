"""A trained model and how to ask it: images in, plain data out, without Lightning."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from polyhead.contracts import Frame, Head, Interpolation, Record
from polyhead.ensemble import ask
from polyhead.ensemble import records as spread_records
from polyhead.errors import UserError
from polyhead.loading.images import read_image
from polyhead.loading.letterbox import letterbox
from polyhead.model import Model
from polyhead.windows import cut

Picture = str | Path | Tensor
OVERLAP = 0.25


class Predictor:
    """A model with the size of the inputs that it learned from.

    Args:
        model: Of the heads to ask.
        size: H and W of the inputs, or the side of square ones; images are letterboxed to it.
        device: Where the network runs.
        interpolation: How images are scaled; None: as is best for the backbone.

    Attributes:
        others: Models that are asked with it: answers are their means then, with their spread.
    """

    noun: Literal["image"] = "image"

    def __init__(
        self,
        model: Model,
        size: int | tuple[int, int],
        device: str = "cpu",
        interpolation: Interpolation | None = None,
    ) -> None:
        self.model = model.deploy().to(memory_format=torch.channels_last).to(device)
        self.size = size
        self.device = device
        self.interpolation = interpolation or model.interpolation
        self.others: tuple[Model, ...] = ()

    @property
    def prepares(self) -> tuple[object, ...]:
        """What becomes of images before the network sees them."""
        return self.size, self.interpolation

    def predict(
        self,
        *images: Picture,
        score: float | None = None,
        batch: int = 16,
        window: int | None = None,
        overlap: float = OVERLAP,
    ) -> list[dict[str, Record]]:
        """Return one dict an image: the record of every head, in pixels of that image.

        Args:
            images: Paths, or (3, H, W) uint8 RGB tensors.
            score: Leave out findings below it; None: each head's own best threshold.
            batch: How many images go through the network at once.
            window: Look at each image in windows of this side, in its own pixels, instead of scaling it.
            overlap: The share of its side that a window has in common with the next one, 0 to 0.9.

        Raises:
            UserError: If a file is missing or broken, no head can be asked by windows of this kind, or several models
                are.
        """
        answers = self.stream(images, score=score, batch=batch, window=window, overlap=overlap)
        return [records for _, records in answers]

    def stream(
        self,
        images: Sequence[Picture],
        *,
        score: float | None = None,
        batch: int = 16,
        window: int | None = None,
        overlap: float = OVERLAP,
    ) -> Iterator[tuple[Tensor, dict[str, Record]]]:
        """Yield each image (3, H, W) and its records, as `predict` returns them, batch after batch."""
        if window is not None:
            if self.others:
                raise UserError("windows are looked at by one run alone; leave --window out, or --with")
            for image in images:
                pixels = image if isinstance(image, Tensor) else read_image(image)
                yield pixels, self.answer_by_windows(pixels, score, window, overlap)
            return
        for start in range(0, len(images), batch):
            read = [i if isinstance(i, Tensor) else read_image(i) for i in images[start : start + batch]]
            yield from zip(read, self.answer(read, score), strict=True)

    @torch.inference_mode()
    def answer_by_windows(self, image: Tensor, score: float | None, window: int, overlap: float) -> dict[str, Record]:
        """Return the records of one (3, H, W) uint8 image, looked at in windows; see `predict`.

        Windows go through the network one by one. Heads that they do not suit are asked about the scaled image.
        """
        size, heads = (image.shape[1], image.shape[2]), self.model.named_heads()
        alone = self.asked_as_a_whole()
        stitches = {name: stitch for name, head in heads.items() if (stitch := head.stitch(size))}
        for place in cut(size, window, overlap, self.model.backbone.spec.strides[-1]):
            (top, left), (height, width), _ = place
            outputs = self.model(self.to_inputs(image[None, :, top : top + height, left : left + width]))
            for name, stitch in stitches.items():
                stitch.add(outputs[name], place)
        records = {name: heads[name].records(stitch.predictions(), score)[0] for name, stitch in stitches.items()}
        whole = self.answer([image], score)[0] if alone else {}
        return {name: records[name] if name in records else whole[name] for name in heads}

    def asked_as_a_whole(self) -> list[str]:
        """Return the names of the heads that windows do not suit.

        Raises:
            UserError: If those are all.
        """
        heads = self.model.named_heads()
        alone = [name for name, head in heads.items() if head.stitch((1, 1)) is None]
        if len(alone) == len(heads):
            raise UserError(f"windows do not suit {', '.join(alone)}, asked about an image as a whole; leave them out")
        return alone

    def to_inputs(self, images: Tensor) -> Tensor:
        """Return (n, 3, H, W) uint8 images as the network takes them."""
        return self.placed(images).float() / 255

    def placed(self, inputs: Tensor) -> Tensor:
        """Return images where the network runs, and laid out as it likes."""
        return inputs.to(self.device, memory_format=torch.channels_last)

    @torch.inference_mode()
    def answer(self, pixels: Sequence[Tensor], score: float | None) -> list[dict[str, Record]]:
        """Return the records of one batch of (3, H, W) uint8 images of any size."""
        inputs, frames = zip(*(letterbox(image, self.size, self.interpolation) for image in pixels), strict=True)
        answers: list[dict[str, Record]] = [{} for _ in pixels]
        for name, records in self.records(self.to_inputs(torch.stack(inputs)), frames, score):
            for answer, record in zip(answers, records, strict=True):
                answer[name] = record
        return answers

    def records(
        self, inputs: Tensor, frames: Sequence[Frame], score: float | None
    ) -> Iterator[tuple[str, list[Record]]]:
        """Yield each head's name and records of inputs, with the spread where there are several models."""
        heads = self.model.named_heads()
        if self.others:
            for name, several in ask((self.model, *self.others), inputs).items():
                yield name, spread_records(heads[name], several, score)
            return
        for name, outputs in self.model(inputs).items():
            yield name, told(heads[name], outputs, frames, score)


def told(head: Head[Any, Any, Any], outputs: Any, frames: Sequence[Frame], score: float | None) -> list[Record]:
    """Return the records of a head's outputs, in the pixels of the original images.

    Where predictions are a list they are restored one by one: of photographs, masks of objects fill the memory.
    """
    predictions = head.shown(head.predict(outputs), score)
    if not isinstance(predictions, list):
        return head.records(head.restore(predictions, frames), score)
    pairs = zip(predictions, frames, strict=True)
    return [head.records(head.restore([one], [frame]), score)[0] for one, frame in pairs]


def predictor_of(model: Model, data: Mapping[str, Any], device: str = "cpu") -> Predictor:
    """Return the predictor of a model that was trained on images as the node `data` of its recipe says."""
    size = data["size"]
    interpolation = data.get("interpolation", "bilinear")  # the only one before there was the option
    sides = size if isinstance(size, int) else (size[0], size[1])
    return Predictor(model, sides, device, None if interpolation == "auto" else interpolation)
