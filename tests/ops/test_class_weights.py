"""Weights of classes: scikit-learn's, torch's, and clear errors."""

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight

from polyhead.contracts import IGNORE
from polyhead.ops.class_weights import balanced, balanced_entries, count_classes, first_weights

NAMES = ("cat", "dog", "rare")


def test_balanced_weights_are_scikit_learns() -> None:
    targets = torch.tensor([0, 0, 0, 0, 1, 1, 2, 0, 2, 0])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=targets.numpy())
    found = balanced(count_classes(targets.split(4), 3))
    torch.testing.assert_close(found, torch.from_numpy(expected).float())


def test_a_class_that_never_occurs_weighs_one_and_leaves_the_others_as_they_would_be_without_it() -> None:
    assert balanced(torch.tensor([6, 0, 2])).tolist() == pytest.approx([8 / 12, 1, 8 / 4])
    assert balanced(torch.zeros(3, dtype=torch.long)).tolist() == [1, 1, 1]


def test_pixels_are_counted_in_whatever_shape_and_type_and_unlabelled_ones_are_not() -> None:
    masks = torch.tensor([[[0, 1], [1, IGNORE]]], dtype=torch.uint8)
    assert count_classes([masks, masks.long()], 3).tolist() == [2, 4, 0]


def test_the_number_of_unlabelled_pixels_is_a_class_like_others_where_there_are_so_many() -> None:
    assert count_classes([torch.tensor([IGNORE, 299])], 300)[[IGNORE, 299]].tolist() == [1, 1]


def test_positive_entries_weigh_negatives_over_positives_of_what_is_labelled() -> None:
    nan = torch.nan
    batches = [torch.tensor([[1.0, 0.0, 1.0, nan], [0.0, 0.0, nan, nan]]), torch.tensor([[0.0, nan, 1.0, nan]])]
    assert balanced_entries(batches, 4).tolist() == [2, 1, 1, 1]  # never there, always there, never labelled


def test_weights_start_as_told_by_name_and_as_one() -> None:
    assert first_weights("classification", "none", NAMES) is None
    for weights, expected in (("balanced", [1, 1, 1]), ({"rare": 4, "cat": 0.5}, [0.5, 1, 4]), ({}, [1, 1, 1])):
        found = first_weights("classification", weights, NAMES)  # type: ignore[arg-type]  # a tuple forgets literals
        assert found is not None
        assert found.tolist() == expected


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"dgo": 2.0}, "the head 'mine' has no class 'dgo'.*did you mean 'dog'.*choices: cat, dog, rare"),
        ({"dog": -1.0}, "the head 'mine' takes class_weights of 0 or more, and 'dog' has -1.0"),
        ({"dog": float("nan")}, "'dog' has nan"),
        ({"dog": float("inf")}, "'dog' has inf"),
        (dict.fromkeys(NAMES, 0.0), "'mine' learns nothing"),
        ("balence", "'mine' takes class_weights of none, balanced or a dict, and not 'balence'"),
    ],
)
def test_wrong_weights_are_refused_by_name_and_value(weights: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        first_weights("mine", weights, NAMES)  # type: ignore[arg-type]  # wrong on purpose
