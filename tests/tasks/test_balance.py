"""What balances the heads' losses, against the papers' formulas and what they promise."""

import math

import pytest
import torch
from torch import Tensor

from polyhead.tasks._balance import FIRST, Balance, Balancing, balance_of
from polyhead.tasks._conflict import shared_gradients

KINDS: tuple[Balancing, ...] = ("initial", "none", "uncertainty", "uw-so", "famo")


def scaled(balance: Balance, *losses: float) -> list[float]:
    """Return what becomes of losses; NaN stands for a head without a labelled row, whose loss is 0."""
    told = torch.tensor(losses)
    found: Tensor = balance(told.nan_to_num(), told)
    return [round(value, 4) for value in found.tolist()]


def test_losses_start_at_one_in_units_of_their_first_steps() -> None:
    balance = balance_of("initial", 2)
    assert scaled(balance, 4.0, 0.5) == [1, 1]
    assert scaled(balance, 2.0, 0.5) == [round(2 / 3, 4), 1]  # the mean of 4 and 2
    for _ in range(FIRST):
        balance(torch.tensor([3.0, 0.5]), torch.tensor([3.0, 0.5]))
    assert scaled(balance, 30.0, 0.05) == [10, 0.1]  # of which the twenty first steps' means stand


def test_a_head_that_comes_later_is_measured_by_its_own_first_steps() -> None:
    balance = balance_of("initial", 2)
    assert scaled(balance, 4.0, math.nan) == [1, 0]
    assert scaled(balance, 4.0, 0.2) == [1, 1]


def test_learned_variances_end_where_the_papers_optimum_is() -> None:
    balance = balance_of("uncertainty", 2)
    optimizer = torch.optim.SGD(balance.parameters(), lr=0.5)
    told = torch.tensor([4.0, 0.5])
    for _ in range(500):
        optimizer.zero_grad()
        balance(told, told).sum().backward()
        optimizer.step()
    (log_variances,) = balance.parameters()
    assert log_variances.exp().tolist() == pytest.approx([8, 1], abs=1e-3)  # of exp(-s) L + s / 2: exp(s) = 2 L


def test_uw_so_is_a_softmax_of_the_inverse_losses() -> None:
    first, second = math.exp(1 / 2), math.exp(1 / 0.5)
    expected = [2 * 2 * first / (first + second), 2 * 0.5 * second / (first + second)]
    assert scaled(balance_of("uw-so", 2), 2.0, 0.5) == pytest.approx(expected, abs=1e-4)
    assert scaled(balance_of("uw-so", 2), 2.0, math.nan) == [2, 0]
    faint = [scaled(balance_of("uw-so", 2), 2.0, loss)[0] for loss in (0.1, 0.01)]
    assert faint[0] == faint[1] > 0  # a loss that is nearly 0 takes no more than one of 0.1


def test_famo_turns_to_the_loss_that_falls_more_slowly() -> None:
    balance = balance_of("famo", 2)
    assert scaled(balance, 4.0, 0.5) == pytest.approx(
        [2 * 4 * (1 / 4) / (1 / 4 + 2), 2 * 0.5 * 2 / (1 / 4 + 2)], abs=1e-4
    )
    for step in range(1, 60):
        balance(torch.tensor([4.0 * 0.9**step, 0.5]), torch.tensor([4.0 * 0.9**step, 0.5]))
    shares = balance.state_dict()["logits"].softmax(0)
    assert shares[1] > 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_without_a_labelled_row_adds_nothing_and_breaks_nothing(kind: Balancing) -> None:
    balance = balance_of(kind, 2)
    for told in ([1.0, math.nan], [2.0, math.nan], [1.0, 3.0]):
        found = balance(torch.tensor(told).nan_to_num(), torch.tensor(told))
        assert found.isfinite().all()
        assert found[1] == 0 or not math.isnan(told[1])


@pytest.mark.parametrize("kind", KINDS)
def test_one_head_is_left_alone(kind: Balancing) -> None:
    assert scaled(balance_of(kind, 1), 7.0) == [7]
    assert not balance_of(kind, 1).state_dict()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_balance_has_learned_is_in_its_state(kind: Balancing) -> None:
    first, second = balance_of(kind, 2), balance_of(kind, 2)
    for told in ([4.0, 0.5], [2.0, 0.5]):
        first(torch.tensor(told), torch.tensor(told))
    second.load_state_dict(first.state_dict())
    assert scaled(first, 1.0, 0.4) == scaled(second, 1.0, 0.4)


def test_gradients_of_the_shared_features_are_those_of_a_hand_made_case() -> None:
    shared = torch.tensor([1.0, 2.0], requires_grad=True)
    losses = {
        "a": (3 * shared[0]),
        "b": (-4 * shared[0]),
        "c": 2 * shared[1],
        "d": shared.detach().sum() + 0 * shared[0],
    }
    found = {name: round(float(value), 4) for name, value in shared_gradients(losses, [shared]).items()}
    assert found == {
        "gradient/a": 3, "gradient/b": 4, "gradient/c": 2, "gradient/d": 0,
        "cosine/a-b": -1, "cosine/a-c": 0, "cosine/a-d": 0, "cosine/b-c": 0, "cosine/b-d": 0, "cosine/c-d": 0,
    }  # fmt: skip
    assert shared_gradients(losses, [shared.detach()]) == {}
