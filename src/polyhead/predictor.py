"""A trained model and how to ask it: images in, plain data out, without Lightning."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from polyhead import checkpoints
from polyhead.contracts import Interpolation, Record
from polyhead.loading.images import read_image
from polyhead.loading.letterbox import letterbox
from polyhead.model import Model, build_model, load_weights

Picture = str | Path | Tensor


class Predictor:
    """A model with the size of the inputs that it learned from.

    Args:
        model: Of the heads to ask.
        size: H and W of the inputs, or the side of square ones; images are letterboxed to it.
        device: Where the network runs.
        interpolation: How images are scaled; None: as is best for the backbone.
    """

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

    def predict(self, *images: Picture, score: float | None = None, batch: int = 16) -> list[dict[str, Record]]:
        """Return one dict an image: the record of every head, in pixels of that image.

        Args:
            images: Paths, or (3, H, W) uint8 RGB tensors.
            score: Leave out findings below it; None: each head's own best threshold.
            batch: How many images go through the network at once.

        Raises:
            UserError: If a file is missing or broken.
        """
        return [records for _, records in self.stream(images, score=score, batch=batch)]

    def stream(
        self, images: Sequence[Picture], *, score: float | None = None, batch: int = 16
    ) -> Iterator[tuple[Tensor, dict[str, Record]]]:
        """Yield each image (3, H, W) and its records, as `predict` returns them, batch after batch."""
        for start in range(0, len(images), batch):
            pixels = [i if isinstance(i, Tensor) else read_image(i) for i in images[start : start + batch]]
            yield from zip(pixels, self.answer(pixels, score), strict=True)

    @torch.inference_mode()
    def answer(self, pixels: Sequence[Tensor], score: float | None) -> list[dict[str, Record]]:
        """Return the records of one batch of (3, H, W) uint8 images of any size."""
        inputs, frames = zip(*(letterbox(image, self.size, self.interpolation) for image in pixels), strict=True)
        images = torch.stack(inputs).to(self.device, memory_format=torch.channels_last).float() / 255
        answers: list[dict[str, Record]] = [{} for _ in pixels]
        for name, outputs in self.model(images).items():
            head = self.model.named_heads()[name]
            for answer, record in zip(
                answers, head.records(head.restore(head.predict(outputs), frames), score), strict=True
            ):
                answer[name] = record
        return answers


def load(path: str | Path, device: str = "cpu") -> Predictor:
    """Return the predictor of a run folder (its best checkpoint) or of a checkpoint file, which needs nothing else.

    Args:
        path: The folder or the file.
        device: Where the network runs, such as "cuda".

    Raises:
        UserError: If there is none, or it is no checkpoint of polyhead.
    """
    stored = checkpoints.read(Path(path))
    model = build_model(stored.recipe["task"])
    load_weights(model, stored.weights)
    size = stored.recipe["data"]["size"]
    interpolation = stored.recipe["data"].get("interpolation", "bilinear")  # the only one before there was the option
    sides = size if isinstance(size, int) else (size[0], size[1])
    return Predictor(model, sides, device, None if interpolation == "auto" else interpolation)
