"""Classes: the losses agree with torch's where torch has them, and unlabelled is not negative."""

import pytest
import torch
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


def test_multilabel_accuracy_is_over_the_labelled_entries() -> None:
    metrics = Classification(SPEC, ("a", "b"), multilabel=True).metrics()
    metrics.update(torch.tensor([[0.9, 0.9], [0.1, 0.9]]), torch.tensor([[1.0, torch.nan], [1.0, 1.0]]))
    assert metrics.compute()["accuracy"] == pytest.approx(2 / 3)


def test_a_single_class_needs_no_softmax() -> None:
    with pytest.raises(ValueError, match="2 or more class names"):
        Classification(SPEC, ("only",))
