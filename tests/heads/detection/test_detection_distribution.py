"""Distances as distributions."""

import pytest
import torch

from polyhead.contracts import Features, FeatureSpec
from polyhead.heads.detection import Detection
from polyhead.heads.detection.assign import assign, pad
from polyhead.heads.detection.branches import Branches
from polyhead.heads.detection.decode import LEAST, grid, to_boxes
from polyhead.heads.detection.distribution import BINS, distribution_loss, expected
from polyhead.heads.detection.outputs import DetectionOutputs

POINTS, STRIDES = grid([(4, 4)], (8,))


def said(bins: torch.Tensor) -> DetectionOutputs:
    return DetectionOutputs(
        torch.zeros(1, 16, 1), to_boxes(POINTS, STRIDES, expected(bins) + LEAST), POINTS, STRIDES, (32, 32), bins
    )


def test_a_distance_is_the_mean_of_its_distribution() -> None:
    bins = torch.full((1, 1, 4, BINS), -torch.inf)
    bins[..., 3], bins[0, 0, 0, 5] = 0, 0
    assert expected(bins).tolist() == [[[4, 3, 3, 3]]]


def test_a_distance_is_as_exact_under_autocast_as_without() -> None:
    bins = 3 * torch.randn(2, 50, 4, BINS, generator=torch.Generator().manual_seed(0))
    bins[..., 10] += 5
    with torch.autocast("cpu", torch.bfloat16):
        found = expected(bins)
    torch.testing.assert_close(found, expected(bins), rtol=0, atol=1e-5)


def test_the_loss_is_least_where_the_mean_is_the_true_distance() -> None:
    boxes = torch.tensor([[2.0, 2, 19, 11]])
    truth = pad([{"boxes": boxes, "labels": torch.tensor([0])}], torch.device("cpu"))
    bins = torch.zeros(1, 16, 4, BINS, requires_grad=True)
    out = said(bins.detach())
    found = assign(out.logits, out.boxes, POINTS, STRIDES, truth)
    assert POINTS[found.positive[0]].tolist() == [[4, 4], [12, 4]]
    loss = distribution_loss(out, bins, truth, found)
    torch.testing.assert_close(loss, torch.tensor(BINS).log() * found.score.sum())
    (gradient,) = torch.autograd.grad(loss, bins)
    target = 1 / BINS - gradient[0, found.positive[0]] * 4 / found.score[0, found.positive[0], None, None]
    torch.testing.assert_close(target.sum(dim=-1), torch.ones(2, 4))
    sides = torch.tensor([[0.25, 0.25, 1.875, 0.875], [1.25, 0.25, 0.875, 0.875]])  # 2 to 15 px in strides of 8
    torch.testing.assert_close(target @ torch.arange(float(BINS)), sides)
    assert not gradient[0, found.score[0] == 0].any()


def test_new_branches_say_a_distance_of_one_stride() -> None:
    branches = Branches(16, 1, 1, 2, dfl=True)
    distances = branches([torch.zeros(1, 16, 3, 3)]).distances
    torch.testing.assert_close(distances, torch.ones(1, 9, 4), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("one_to_one", [False, True])
def test_a_head_of_distributions_has_one_more_loss_and_the_same_form_of_boxes(one_to_one: bool) -> None:
    spec = FeatureSpec((16, 16), (8, 16), 16)
    head = Detection(spec, ("a",), dfl=True, one_to_one=one_to_one)
    out = head(Features((torch.randn(2, 16, 8, 8), torch.randn(2, 16, 4, 4)), torch.zeros(2, 16), (64, 64), None))
    assert out.boxes.shape == (2, 80, 4)
    losses = head.loss(out, head.example_targets(2, (64, 64), torch.Generator()))
    assert len(losses) == (6 if one_to_one else 3)
    assert losses["distance"].total > 0
