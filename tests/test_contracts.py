"""What flows through the house."""

import torch

from polyhead.contracts import Features, FeatureSpec
from polyhead.heads.classification import Classification


def test_take_keeps_the_named_images() -> None:
    features = Features((torch.arange(3.0).view(3, 1, 1, 1),), torch.arange(3.0).view(3, 1), (4, 4), None)
    taken = features.take(torch.tensor([0, 2]))
    assert taken.levels[0].flatten().tolist() == [0, 2]
    assert taken.pooled.flatten().tolist() == [0, 2]
    assert taken.size == (4, 4)


def test_take_keeps_the_atoms_of_the_named_molecules_and_numbers_them_anew() -> None:
    atoms, molecule = torch.tensor([[10.0], [11], [20], [30], [31]]), torch.tensor([0, 0, 1, 2, 2])
    features = Features((atoms,), torch.tensor([[1.0], [2], [3]]), None, molecule)
    taken = features.take(torch.tensor([0, 2]))
    assert taken.levels[0].flatten().tolist() == [10, 11, 30, 31]
    assert taken.item is not None
    assert taken.item.tolist() == [0, 0, 1, 1]


def test_take_of_no_row_leaves_nothing() -> None:
    features = Features((torch.ones(5, 2),), torch.ones(3, 2), None, torch.tensor([0, 0, 1, 2, 2]))
    taken = features.take(torch.zeros(0, dtype=torch.long))
    assert taken.levels[0].shape == (0, 2)
    assert taken.pooled.shape == (0, 2)


def test_the_threshold_travels_in_the_state_dict() -> None:
    spec = FeatureSpec((4,), (8,), 4)
    one, other = (Classification(spec, ("a", "b")) for _ in range(2))
    one.threshold = 0.25
    other.load_state_dict(one.state_dict())
    assert other.threshold == 0.25
