"""Classes: the losses agree with torch's where torch has them, and unlabelled is not negative."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import FeatureSpec
from polyhead.heads.classification import Classification, sigmoid_cross_entropy, softmax_cross_entropy

SPEC = FeatureSpec((), (), 8)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_softmax_loss_is_torchs_where_all_classes_are_known(smoothing: float) -> None:
    logits, targets = torch.randn(5, 4), torch.tensor([0, 3, 2, 2, 1])
    loss = softmax_cross_entropy(logits, targets, torch.ones(5, 4, dtype=torch.bool), smoothing)
    expected = F.cross_entropy(logits, targets, label_smoothing=smoothing, reduction="sum")
    torch.testing.assert_close(loss.total, expected)
    assert loss.count == 5


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_weighted_softmax_loss_is_torchs_mean_and_a_row_counts_as_much_as_its_class_weighs(
    smoothing: float,
) -> None:
    logits, targets, weights = torch.randn(5, 4), torch.tensor([0, 3, 2, 2, 1]), torch.tensor([0.5, 2.0, 0.0, 3.0])
    loss = softmax_cross_entropy(logits, targets, torch.ones(5, 4, dtype=torch.bool), smoothing, weights)
    expected = F.cross_entropy(logits, targets, weights, label_smoothing=smoothing)
    torch.testing.assert_close(loss.total / loss.count, expected)
    assert loss.count == 0.5 + 3.0 + 2.0


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_weighted_loss_knows_nothing_of_unknown_classes_and_rows(smoothing: float) -> None:
    logits, targets, weights = torch.randn(3, 4), torch.tensor([0, 1, 2]), torch.tensor([0.5, 2.0, 5.0, 3.0])
    known = torch.tensor([True, True, False, True]).expand(3, 4)
    loss = softmax_cross_entropy(logits, targets, known, smoothing, weights)
    kept = [0, 1, 3]
    expected = F.cross_entropy(logits[:2, kept], targets[:2], weights[kept], label_smoothing=smoothing)
    torch.testing.assert_close(loss.total / loss.count, expected)


def test_the_weighted_sigmoid_loss_is_torchs_with_pos_weight() -> None:
    logits, targets, weights = torch.randn(5, 3), torch.randint(2, (5, 3)).float(), torch.tensor([0.5, 1.0, 4.0])
    loss = sigmoid_cross_entropy(logits, targets, torch.ones(5, 3, dtype=torch.bool), weights)
    expected = F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weights)
    torch.testing.assert_close(loss.total / loss.count, expected)


def test_balanced_weights_weigh_the_loss() -> None:
    head = Classification(SPEC, ("a", "b"), class_weights="balanced")
    head.weigh([torch.tensor([0, 0]), torch.tensor([0, 1])])
    assert head.weights is not None
    assert head.weights.tolist() == pytest.approx([4 / 6, 4 / 2])
    assert head.loss(torch.zeros(2, 2), torch.tensor([0, 1]))["ce"].count.item() == pytest.approx(4 / 6 + 2)


def test_balanced_weights_of_several_labels_are_of_positive_entries() -> None:
    head = Classification(SPEC, ("a", "b"), multilabel=True, class_weights="balanced")
    head.weigh([torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, torch.nan]])])
    assert head.weights is not None
    assert head.weights.tolist() == [2, 1]
    logits, targets = torch.zeros(1, 2), torch.ones(1, 2)
    torch.testing.assert_close(head.loss(logits, targets)["bce"].total, 3 * torch.tensor(2.0).log())


def test_no_target_is_read_unless_balanced_weights_are_asked_for_and_none_are_stored() -> None:
    def forbidden() -> Iterator[Tensor]:
        raise AssertionError("a target was read")
        yield

    plain, told = Classification(SPEC, ("a", "b")), Classification(SPEC, ("a", "b"), class_weights={"a": 2})
    plain.weigh(forbidden())
    told.weigh(forbidden())
    assert told.weights is not None
    assert told.weights.tolist() == [2, 1]
    assert told.state_dict().keys() == plain.state_dict().keys()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_softmax_loss_of_shares_is_torchs(smoothing: float) -> None:
    logits, targets = torch.randn(5, 4), torch.rand(5, 4).softmax(1)
    loss = softmax_cross_entropy(logits, targets, torch.ones(5, 4, dtype=torch.bool), smoothing)
    torch.testing.assert_close(loss.total, F.cross_entropy(logits, targets, label_smoothing=smoothing, reduction="sum"))
    torch.testing.assert_close(loss.count, torch.tensor(5.0))


def test_a_blend_costs_and_counts_the_weighted_mean_of_what_its_classes_do() -> None:
    logits, weights, known = torch.randn(1, 3), torch.tensor([0.5, 2.0, 3.0]), torch.tensor([[True, True, False]])
    one, other, blend = (
        softmax_cross_entropy(logits, target, known, 0.1, weights)
        for target in (torch.tensor([0]), torch.tensor([1]), torch.tensor([[0.3, 0.7, 0.0]]))
    )
    torch.testing.assert_close(blend.total, 0.3 * one.total + 0.7 * other.total)
    torch.testing.assert_close(blend.count, 0.3 * one.count + 0.7 * other.count)


def test_a_row_with_a_share_of_an_unknown_class_counts_for_nothing() -> None:
    known = torch.tensor([[True, True, False]])
    loss = softmax_cross_entropy(torch.randn(1, 3), torch.tensor([[0.9, 0.0, 0.1]]), known)
    assert (loss.total, loss.count) == (0, 0)


def test_smoothing_of_several_labels_is_that_of_a_softmax_over_present_and_absent() -> None:
    logits, targets = torch.randn(5, 3), torch.randint(2, (5, 3))
    head = Classification(SPEC, ("a", "b", "c"), multilabel=True, smoothing=0.2)
    pairs = torch.stack([torch.zeros(15), logits.flatten()], dim=1)
    expected = F.cross_entropy(pairs, targets.flatten(), label_smoothing=0.2, reduction="sum")
    torch.testing.assert_close(head.loss(logits, targets.float())["bce"].total, expected)


def test_an_unknown_class_is_as_good_as_absent() -> None:
    logits, targets = torch.randn(3, 4, requires_grad=True), torch.tensor([0, 1, 0])
    known = torch.tensor([True, True, False, True]).expand(3, 4)
    loss = softmax_cross_entropy(logits, targets, known, 0.2).total
    without = logits.detach()[:, [0, 1, 3]]
    torch.testing.assert_close(loss, F.cross_entropy(without, targets, label_smoothing=0.2, reduction="sum"))
    loss.backward()
    assert logits.grad is not None
    assert (logits.grad[:, 2] == 0).all()
    assert (logits.grad[:, 0] != 0).all()


def test_a_row_whose_own_class_is_unknown_counts_for_nothing() -> None:
    known = torch.tensor([[True, True, False]])
    loss = softmax_cross_entropy(torch.randn(1, 3), torch.tensor([2]), known)
    assert (loss.total, loss.count) == (0, 0)


def test_the_sigmoid_loss_leaves_out_nan_and_unknown_entries() -> None:
    logits = torch.tensor([[1.0, -2.0, 3.0]])
    targets = torch.tensor([[1.0, torch.nan, 0.0]])
    loss = sigmoid_cross_entropy(logits, targets, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(loss.total, torch.tensor(1.0).exp().add(1).log() - 1)  # log(1 + e^-1)
    assert loss.count == 1


def test_probabilities_of_a_softmax_sum_to_one() -> None:
    head = Classification(SPEC, ("a", "b", "c"))
    torch.testing.assert_close(head.decode(torch.randn(4, 3))["probabilities"].sum(1), torch.ones(4))


def test_a_record_names_the_likeliest_class_and_a_target_is_a_record_too() -> None:
    head = Classification(SPEC, ("cat", "dog"))
    assert head.records(torch.tensor([[0.2, 0.8]])) == [{"label": "dog", "score": 0.8}]
    assert head.records(torch.tensor([0])) == [{"label": "cat", "score": 1.0}]


def test_a_multilabel_record_names_every_class_from_the_score_on() -> None:
    head = Classification(SPEC, ("a", "b", "c"), multilabel=True)
    found = head.records(torch.tensor([[0.9, 0.2, 0.6]]), score=0.5)
    assert [one["label"] for one in found[0]["labels"]] == ["a", "c"]


def test_what_is_watched_of_several_labels_is_not_won_by_saying_no_to_all() -> None:
    head = Classification(SPEC, ("a", "b"), multilabel=True)
    rare = torch.zeros(20, 2)
    rare[0] = 1
    metrics = head.metrics()
    metrics.update(torch.zeros(20, 2), rare)
    assert metrics.compute()["accuracy"] == 0.95
    assert metrics.compute()[head.main] == 0.5
    assert Classification(SPEC, ("a", "b")).main == "accuracy"


def test_multilabel_accuracy_is_over_the_labelled_entries() -> None:
    metrics = Classification(SPEC, ("a", "b"), multilabel=True).metrics()
    metrics.update(torch.tensor([[0.9, 0.9], [0.1, 0.9]]), torch.tensor([[1.0, torch.nan], [1.0, 1.0]]))
    assert metrics.compute()["accuracy"] == pytest.approx(2 / 3)


def test_ranking_is_scikit_learns_for_each_class_also_at_ties_and_then_averaged() -> None:
    generator = np.random.default_rng(0)
    truth = (generator.random((60, 3)) < [0.5, 0.2, 0.1]).astype(float)
    said = (0.3 * truth + generator.random((60, 3))).round(1) / 1.3  # of ten steps, so that many are equal
    truth[generator.random((60, 3)) < 0.3] = np.nan
    metrics = Classification(SPEC, ("a", "b", "c"), multilabel=True).metrics()
    for part in (slice(0, 25), slice(25, 60)):
        metrics.update(torch.from_numpy(said[part]).float(), torch.from_numpy(truth[part]))
    there, found = [np.isfinite(truth[:, k]) for k in range(3)], metrics.compute()
    for name, score in (("auroc", roc_auc_score), ("prc", average_precision_score)):
        expected = [score(truth[t, k], said[t, k]) for k, t in enumerate(there)]
        assert [found[f"{name}/{label}"].item() for label in "abc"] == pytest.approx(expected, abs=1e-6)
        assert found[name].item() == pytest.approx(np.mean(expected), abs=1e-6)


@pytest.mark.parametrize("only", [0.0, 1.0, torch.nan])
def test_a_class_of_one_kind_has_no_ranking_and_no_share_in_the_mean(only: float) -> None:
    metrics = Classification(SPEC, ("a", "b"), multilabel=True).metrics()
    metrics.update(
        torch.tensor([[0.9, 0.5], [0.4, 0.2], [0.6, 0.1]]), torch.tensor([[1.0, only], [0.0, only], [1.0, only]])
    )
    found = metrics.compute()
    assert found["auroc"] == found["auroc/a"] == found["prc"] == 1
    assert found["auroc/b"].isnan()
    assert found["prc/b"].isnan()


def test_what_was_never_seen_has_no_rank_and_a_single_class_has_the_mean_alone() -> None:
    metrics = Classification(SPEC, ("a",), multilabel=True).metrics()
    metrics.update(torch.tensor([[0.9]]), torch.tensor([[1.0]]))
    found = metrics.compute()
    assert found["auroc"].isnan()
    assert found["prc"].isnan()
    assert not any("/" in name for name in found)


def test_a_single_class_needs_no_softmax() -> None:
    with pytest.raises(ValueError, match="2 or more class names"):
        Classification(SPEC, ("only",))


@pytest.mark.parametrize("option", ["smoothing", "dropout"])
@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_shares_out_of_range_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"{option}={value:g}.* both take 0 or more, and less than 1"):
        Classification(SPEC, ("a", "b"), **{option: value})  # type: ignore[arg-type]  # one of two floats
