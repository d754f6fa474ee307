"""Complete IoU."""

import torch
from torchvision.ops import complete_box_iou_loss

from polyhead.heads.detection.ciou import ciou_loss


def test_value_and_gradient_are_torchvisions() -> None:
    corner, extent = torch.rand(2, 2, 200, 2, generator=torch.Generator().manual_seed(0)) * 30
    said, true = torch.cat([corner, corner + extent + 0.5], dim=-1)
    said.requires_grad_()
    ours, theirs = ciou_loss(said, true), complete_box_iou_loss(said, true)
    torch.testing.assert_close(ours, theirs)
    assert (ours > 1).any()  # some pairs lie apart
    (mine,), (other,) = (torch.autograd.grad(each.sum(), said) for each in (ours, theirs))
    torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


def test_equal_boxes_cost_nothing_and_have_a_finite_gradient() -> None:
    box = torch.tensor([3.0, 4, 10, 20]).requires_grad_()
    loss = ciou_loss(box, box.detach())
    loss.backward()
    assert loss == 0
    assert box.grad is not None
    assert box.grad.isfinite().all()
