"""Which pixels lie near the border between two classes?"""

import torch
from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import IGNORE


def near_borders(targets: Tensor, reach: int) -> Tensor:
    """Return which pixels have a pixel of another class at most `reach` rows and columns away, (n, H, W) bool.

    Around each pixel the highest and the lowest class number are looked for by max-pooling; where they differ there is
    a border. Unlabelled pixels are neither a class nor near one, and the image's edge is no border.

    Args:
        targets: (n, H, W) uint8 class numbers, or `IGNORE`.
        reach: In pixels, >= 1; 1 marks the pixels along a border, on both of its sides.
    """
    labelled, numbers = targets != IGNORE, targets.float()
    both = torch.stack([numbers.masked_fill(~labelled, -1), -numbers], dim=1)  # of both, IGNORE is the lowest
    side = 2 * reach + 1
    rows = F.max_pool2d(both, (side, 1), stride=1, padding=(reach, 0))
    highest, lowest = F.max_pool2d(rows, (1, side), stride=1, padding=(0, reach)).unbind(1)
    return (highest != -lowest) & labelled
