"""Rows of groups make together what a loop over the groups makes of them."""

import pytest
import torch
from torch import Tensor

from polyhead.ops.aggregate import Reduction, aggregate, softmax

INDEX = torch.tensor([2, 0, 2, 4, 0, 2])
GROUPS = 5
LOOPS = {"sum": lambda rows: rows.sum(0), "mean": lambda rows: rows.mean(0), "max": lambda rows: rows.amax(0)}
HOW: tuple[Reduction, ...] = ("sum", "mean", "max")


def looped(values: Tensor, how: Reduction) -> Tensor:
    """Return the answer by the definition."""
    groups = [values[INDEX.eq(group)] for group in range(GROUPS)]
    return torch.stack([LOOPS[how](rows) if len(rows) else torch.zeros(rows.shape[1:]) for rows in groups])


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("shape", [(6,), (6, 3), (6, 2, 3)])
def test_groups_and_their_gradients_are_those_of_a_loop(how: Reduction, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    values = torch.randn(shape, requires_grad=True)
    found, wanted = aggregate(values, INDEX, GROUPS, how), looped(values, how)
    torch.testing.assert_close(found, wanted)
    weights = torch.randn_like(found)
    gradients = [torch.autograd.grad((out * weights).sum(), values)[0] for out in (found, wanted)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("how", HOW)
def test_groups_without_rows_are_zero_even_among_negative_maxima(how: Reduction) -> None:
    found = aggregate(-torch.ones(6, 2), INDEX, GROUPS, how)
    assert found[[1, 3]].tolist() == [[0, 0], [0, 0]]
    assert (found[[0, 2, 4]] < 0).all()
    nothing = aggregate(torch.zeros(0, 2, requires_grad=True), INDEX[:0], 3, how)
    assert nothing.tolist() == [[0, 0]] * 3
    assert nothing.requires_grad


def test_rows_that_share_a_maximum_share_its_gradient() -> None:
    values = torch.tensor([1.0, 3.0, 3.0], requires_grad=True)
    aggregate(values, torch.zeros(3, dtype=torch.long), 1, "max").sum().backward()
    assert values.grad is not None
    assert values.grad.tolist() == [0, 0.5, 0.5]


@pytest.mark.parametrize("how", ["sum", "mean"])
def test_many_small_numbers_do_not_vanish_in_bfloat16(how: Reduction) -> None:
    values, index = torch.full((1000, 1), 1.0, dtype=torch.bfloat16), torch.zeros(1000, dtype=torch.long)
    found = aggregate(values, index, 1, how)
    assert found.dtype == torch.bfloat16
    assert found.item() == pytest.approx(1000 if how == "sum" else 1, rel=0.01)


def test_a_softmax_of_each_group_is_torchs_own() -> None:
    torch.manual_seed(0)
    scores = (50 * torch.randn(6, 2)).requires_grad_()
    found = softmax(scores, INDEX, GROUPS)
    for group in (0, 2, 4):
        torch.testing.assert_close(found[INDEX.eq(group)], scores[INDEX.eq(group)].softmax(0))
    (found**2).sum().backward()
    assert scores.grad is not None
    assert scores.grad.isfinite().all()
    assert softmax(torch.tensor([1000.0]), torch.tensor([0]), 1).tolist() == [1]
