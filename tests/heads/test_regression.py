"""Numbers: scaled inside, in their own units outside."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from polyhead.contracts import FeatureSpec
from polyhead.heads.regression import Regression

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
        expected = np.mean([score(truth[t, k], said[t, k]) for k, t in enumerate(there)])
        assert metrics.compute()[name].item() == pytest.approx(expected, abs=1e-6)


def test_a_record_has_a_name_for_each_value_and_none_for_what_is_unlabelled() -> None:
    head = Regression(SPEC, ("mass", "charge"))
    assert head.records(torch.tensor([[2.0, torch.nan]])) == [{"values": {"mass": 2.0, "charge": None}}]
