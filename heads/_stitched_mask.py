"""One mask of an image that went through the network in windows."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from polyhead.heads._paint import Paint, to_pixels
from polyhead.windows import Stitch, Window, taper


class StitchedMask(Stitch[Paint, Tensor | Sequence[Tensor]]):
    """The class of the highest average probability, where windows weigh the less the nearer their rim.

    Probabilities are kept of one row of windows only: what lies above the next row is decided, and becomes numbers.

    Args:
        classes: K.
        image: H, W.
    """

    def __init__(self, classes: int, image: tuple[int, int]) -> None:
        self.mask = torch.zeros(image, dtype=torch.uint8)
        self.sums = torch.zeros(classes, 0, image[1])
        self.top = 0

    def add(self, outputs: Paint, window: Window) -> None:
        """Add one window's weighed probabilities."""
        probabilities = to_pixels(outputs.cells[0].float().softmax(dim=0), outputs.size)
        (top, left), (height, width), _ = window
        self._decide(top)
        if self.sums.shape[1] < height:
            self.sums = F.pad(self.sums.to(probabilities.device), (0, 0, 0, height - self.sums.shape[1]))
        self.sums[:, :height, left : left + width] += probabilities * taper(window).to(probabilities.device)

    def predictions(self) -> list[Tensor]:
        """Return the mask (H, W) uint8 of class numbers, as a list of one."""
        self._decide(len(self.mask))
        return [self.mask]

    def _decide(self, row: int) -> None:
        """Turn the sums above a row of the image into class numbers; sums need no division to be compared."""
        done = row - self.top
        if done:
            self.mask[self.top : row] = self.sums[:, :done].max(dim=0).indices.byte().cpu()
            self.sums, self.top = self.sums[:, done:], row
