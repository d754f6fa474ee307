"""Divergences from a teacher, against torch's distributions."""

import torch
from torch.distributions import Bernoulli, Categorical, kl_divergence

from polyhead.ops.distil import in_order, sigmoid_divergence, softmax_divergence


def test_the_softmaxes_divergence_is_that_of_distributions_times_the_squared_temperature() -> None:
    mine, theirs = torch.randn(5, 4), torch.randn(5, 4)
    loss = softmax_divergence(mine, theirs, 3.0)
    expected = 9 * kl_divergence(Categorical(logits=theirs / 3), Categorical(logits=mine / 3)).sum()
    torch.testing.assert_close(loss.total, expected)
    assert loss.count == 5


def test_of_pixels_each_is_a_row() -> None:
    mine, theirs = torch.randn(2, 4, 3, 5), torch.randn(2, 4, 3, 5)
    rows = [one.movedim(1, -1).reshape(-1, 4) for one in (mine, theirs)]
    for found, expected in zip(softmax_divergence(mine, theirs, 2.0), softmax_divergence(*rows, 2.0), strict=True):
        torch.testing.assert_close(found, expected)


def test_the_sigmoids_divergence_is_that_of_yes_or_no() -> None:
    mine, theirs = 5 * torch.randn(5, 4), 5 * torch.randn(5, 4)
    loss = sigmoid_divergence(mine, theirs, 2.0)
    expected = 4 * kl_divergence(Bernoulli(logits=theirs / 2), Bernoulli(logits=mine / 2)).sum()
    torch.testing.assert_close(loss.total, expected)
    assert loss.count == 20


def test_gradients_stay_as_large_at_any_temperature() -> None:
    theirs = torch.tensor([[0.1, -0.1, 0.0]])
    sizes = []
    for temperature in (50.0, 100.0):
        mine = torch.zeros(1, 3, requires_grad=True)
        softmax_divergence(mine, theirs, temperature).total.backward()
        assert mine.grad is not None
        sizes.append(mine.grad.norm())
    torch.testing.assert_close(*sizes, rtol=1e-2, atol=0)


def test_classes_are_put_in_order_by_name() -> None:
    taught = torch.tensor([[10.0, 20.0, 30.0]])
    assert in_order(taught, ("cat", "ant", "bee"), ("ant", "bee", "cat")).tolist() == [[20.0, 30.0, 10.0]]
    assert in_order(taught, ("a", "b", "c"), ("a", "b", "c")) is taught
