"""Numbers: scaled inside, in their own units outside."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from polyhead.contracts import FeatureSpec
from polyhead.heads._regression_metric import FiniteRegression
from polyhead.heads.regression import Regression
from polyhead.ops.censored import Censored

SPEC = FeatureSpec((), (), 8)


def test_adapt_takes_mean_and_deviation_of_the_labelled_targets() -> None:
    head = Regression(SPEC, ("mass", "charge"))
    head.adapt([torch.tensor([[1.0, 5.0], [3.0, torch.nan]]), torch.tensor([[torch.nan, 5.0]])])
    assert head.mean.tolist() == [2, 5]
    assert head.deviation.tolist() == [1, 1]  # the charge never varies


def test_an_output_of_zero_is_the_mean_in_the_targets_units() -> None:
    head = Regression(SPEC)
    head.adapt([torch.tensor([10.0, 30.0])])
    assert head.predict(torch.tensor([[0.0], [1.0]])).flatten().tolist() == [20, 30]


def test_the_loss_is_the_squared_scaled_error_of_finite_targets() -> None:
    head = Regression(SPEC, error="l2")
    head.adapt([torch.tensor([10.0, 30.0])])
    loss = head.loss(torch.tensor([[1.0], [0.5]]), torch.tensor([[10.0], [torch.nan]]))["l2"]
    assert (loss.total, loss.count) == (4, 1)


def test_metrics_are_scikit_learns_on_each_value_and_then_averaged() -> None:
    generator = np.random.default_rng(0)
    truth, said = 1000 + generator.normal(size=(40, 3)), 1000 + generator.normal(size=(40, 3))
    truth[generator.random((40, 3)) < 0.3] = np.nan
    metrics = Regression(SPEC, ("a", "b", "c")).metrics()
    for part in (slice(0, 25), slice(25, 40)):
        metrics.update(torch.from_numpy(said[part]), torch.from_numpy(truth[part]))
    there = [np.isfinite(truth[:, k]) for k in range(3)]
    for name, score in (("r2", r2_score), ("mae", mean_absolute_error), ("rmse", root_mean_squared_error)):
        expected = [score(truth[t, k], said[t, k]) for k, t in enumerate(there)]
        found = metrics.compute()
        assert [found[f"{name}/{value}"].item() for value in "abc"] == pytest.approx(expected, abs=1e-6)
        assert found[name].item() == pytest.approx(np.mean(expected), abs=1e-6)


def test_a_single_value_has_no_metrics_beside_the_means() -> None:
    metrics = Regression(SPEC, ("mass",)).metrics()
    metrics.update(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 4.0]))
    assert {name: value.item() for name, value in metrics.compute().items()} == pytest.approx(
        {"r2": 1 - 4 / 4.5, "mae": 1, "rmse": 2**0.5}
    )


def test_a_value_without_targets_has_metrics_that_are_no_numbers_and_no_share_in_the_means() -> None:
    metrics = Regression(SPEC, ("mass", "charge")).metrics()
    metrics.update(torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.tensor([[2.0, torch.nan], [4.0, torch.nan]]))
    found = metrics.compute()
    assert found["mae"] == found["mae/mass"] == 1.5
    assert all(found[f"{name}/charge"].isnan() for name in ("r2", "mae", "rmse"))


def test_a_value_whose_targets_vary_by_rounding_alone_has_no_r2() -> None:
    metrics = Regression(SPEC, ("same", "other")).metrics()
    targets = torch.stack([torch.full((102,), 0.1), torch.arange(102) % 2 + 1000.0], dim=1)
    for part in (slice(0, 64), slice(64, 102)):
        metrics.update(targets[part] + 0.05, targets[part])
    found = metrics.compute()
    assert found["r2/same"].isnan()
    assert found["r2"].item() == found["r2/other"].item() == pytest.approx(1 - 0.05**2 / 0.25, abs=1e-4)


def test_sums_stay_in_float64_on_the_cpu_where_a_device_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyhead.heads._regression_metric.WITHOUT_FLOAT64", {"meta"})  # stands for Apple's
    metric = FiniteRegression(("mass",)).to("meta")
    metric.update(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 4.0]))
    assert (metric.squared_error.item(), metric.squared_error.dtype) == (4, torch.float64)
    assert {(value.device.type, value.dtype) for value in metric.compute().values()} == {("meta", torch.float32)}


BOUNDED = Censored(torch.tensor([[10.0], [10.0], [30.0], [30.0], [20.0]]), torch.tensor([[-1], [-1], [1], [1], [0]]))
"""At most 10 (twice), at least 30 (twice), and 20, of which `SAID` keeps the first and the third."""
SAID = torch.tensor([[5.0], [20.0], [35.0], [20.0], [10.0]])


def test_a_bound_costs_what_lies_beyond_it_and_counts_also_where_it_is_kept() -> None:
    head = Regression(SPEC, error="l2")
    head.adapt([BOUNDED])
    scaled = ((SAID - head.mean) / head.deviation).requires_grad_()
    loss = head.loss(scaled, BOUNDED)["l2"]
    assert loss.count == 5
    assert loss.total.item() == pytest.approx(3 * 100 / head.deviation.item() ** 2)
    loss.total.backward()
    assert scaled.grad is not None
    assert scaled.grad.sign().flatten().tolist() == [0, 1, 0, -1, -1]


def test_bounds_tell_adapt_where_values_are() -> None:
    head = Regression(SPEC)
    head.adapt([BOUNDED])
    assert (head.mean.item(), head.deviation.item()) == pytest.approx((20, 80**0.5))


def test_errors_are_of_measured_values_alone_and_bounds_have_the_share_that_is_kept() -> None:
    metrics = Regression(SPEC).metrics()
    metrics.update(SAID, BOUNDED)
    found = metrics.compute()
    assert (found["mae"], found["rmse"], found["within_bounds"]) == (10, 10, 0.5)


def test_the_record_of_a_bound_has_its_sign() -> None:
    wanted = Censored(torch.tensor([[2.0, 3.0], [torch.nan, 1.0]]), torch.tensor([[-1, 0], [0, 0]]))
    first, second = Regression(SPEC, ("mass", "charge")).records(wanted)
    assert first == {"values": {"mass": 2.0, "charge": 3.0}, "bounds": {"mass": "<"}}
    assert second == {"values": {"mass": None, "charge": 1.0}}


def test_a_record_has_a_name_for_each_value_and_none_for_what_is_unlabelled() -> None:
    head = Regression(SPEC, ("mass", "charge"))
    assert head.records(torch.tensor([[2.0, torch.nan]])) == [{"values": {"mass": 2.0, "charge": None}}]
