"""That the parts together learn: one batch by heart, through a body of a few convolutions."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from polyhead.contracts import Features, FeatureSpec
from polyhead.heads.detection import Detection


class Body(nn.Module):
    """Five convolutions of stride 2, of which the last three give the levels."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 16, 24, 32, 32, 32)
        self.steps = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False), nn.GroupNorm(4, b), nn.ReLU())
            for a, b in pairwise(widths)
        )

    def forward(self, x: Tensor) -> Features:
        """Return levels of strides 8, 16 and 32."""
        size, levels = (x.shape[2], x.shape[3]), []
        for step in self.steps:
            x = step(x)
            levels.append(x)
        return Features(tuple(levels[2:]), x.mean((2, 3)), size, None)


def scene(generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
    """Return a 64 px image of one large and one small rectangle on noise, class by colour, and its boxes."""
    image, boxes, labels = 0.2 * torch.rand(3, 64, 64, generator=generator), [], []
    for low, high, left in ((20, 34, 0), (8, 16, 40)):
        height, width = torch.randint(low, high, (2,), generator=generator).tolist()
        x = left + int(torch.randint(64 - left - width if left else 38 - width, (1,), generator=generator))
        y, label = (int(torch.randint(n, (1,), generator=generator)) for n in (64 - height, 2))
        image[label, y : y + height, x : x + width] = 1
        boxes.append([x, y, x + width, y + height])
        labels.append(label)
    return image, {"boxes": torch.tensor(boxes, dtype=torch.float32), "labels": torch.tensor(labels)}


@pytest.mark.parametrize("nms", [True, False])
def test_it_learns_a_batch_by_heart(nms: bool) -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    images, targets = zip(*(scene(generator) for _ in range(4)), strict=True)
    body, head = (
        Body(),
        Detection(FeatureSpec((32, 32, 32), (8, 16, 32), 32), ("red", "green"), one_to_one=not nms, nms=nms),
    )
    optimizer = torch.optim.AdamW([*body.parameters(), *head.parameters()], lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=200)
    x = torch.stack(images)
    for step in range(200):
        head.progress = step / 200
        losses = head.loss(head(body(x)), list(targets)).values()
        optimizer.zero_grad()
        torch.stack([loss.total / loss.count.clamp(min=1) for loss in losses]).sum().backward()
        optimizer.step()
        schedule.step()
    metrics = head.metrics()
    with torch.inference_mode():
        metrics.update(head.predict(head(body(x))), list(targets))
    values = metrics.compute()
    assert values["map50"] > 0.9
    assert values[Detection.main] > 0.6
