"""Masks: losses by hand and by torch, and pixels that stay where they belong."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from polyhead.contracts import IGNORE, Features, FeatureSpec, Frame
from polyhead.heads.segmentation import Segmentation, decode_runs, dice_loss, encode_runs, pixel_cross_entropy

SPEC = FeatureSpec((8, 8), (4, 8), 8)
NAMES = ("background", "cell")


def test_the_cross_entropy_is_torchs_over_labelled_pixels() -> None:
    logits, targets = torch.randn(2, 3, 4, 4), torch.randint(3, (2, 4, 4))
    targets[0, 0] = IGNORE
    loss = pixel_cross_entropy(logits.log_softmax(1), targets)
    mean = F.cross_entropy(logits, targets, ignore_index=IGNORE)
    torch.testing.assert_close(loss.total / loss.count, mean)
    assert loss.count == 28


def test_the_dice_loss_of_a_hand_made_case() -> None:
    targets = torch.tensor([[[1, 1, 0, IGNORE]]])
    probabilities = torch.tensor([[[[0.0, 1, 1, 1]], [[1.0, 0, 0, 0]]]])  # (1, 2, 1, 4)
    loss = dice_loss(probabilities, targets)
    background, cell = 1 - 2 * 1 / (2 + 1), 1 - 2 * 1 / (1 + 2)
    assert loss.total.item() == pytest.approx(background + cell)
    assert loss.count == 2


def test_dice_counts_only_the_classes_that_an_item_shows() -> None:
    loss = dice_loss(torch.full((1, 3, 2, 2), 1 / 3), torch.zeros(1, 2, 2, dtype=torch.long))
    assert loss.count == 1


def test_unknown_classes_get_no_gradient_and_their_pixels_do_not_count() -> None:
    head = Segmentation(SPEC, ("background", "cell", "dust"))
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    targets = torch.tensor([[[0, 1], [2, IGNORE]]])
    losses = head.loss(logits, targets, torch.tensor([[True, True, False]]))
    assert losses["ce"].count == 2
    sum(loss.total for loss in losses.values()).backward()
    assert logits.grad is not None
    assert (logits.grad[:, 2] == 0).all()
    assert (logits.grad[:, :2, 0] != 0).all()


def test_a_cell_paints_its_own_square_of_pixels() -> None:
    head = Segmentation(SPEC, NAMES).eval()
    head.lateral[1].weight.data.zero_()  # so that only the finest level speaks
    grids = torch.zeros(2, 8, 8, 8)
    grids[1, :, 5, 2] = 100.0
    features = Features((grids, torch.zeros(2, 8, 4, 4)), torch.zeros(2, 8), (32, 32), None)
    for layer in head.fuse:
        layer[0].weight.data[:, :, [0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 2, 0, 2, 0, 1, 2]] = 0  # centre taps only
        layer[1] = torch.nn.Identity()
    changed = (head(features)[0] != head(features)[1]).any(0).nonzero()
    assert changed.min(0).values.tolist() == [20, 8]
    assert changed.max(0).values.tolist() == [23, 11]


def test_logits_have_the_size_of_the_input_also_where_strides_do_not_divide_it() -> None:
    head = Segmentation(SPEC, NAMES)
    features = Features((torch.zeros(1, 8, 16, 10), torch.zeros(1, 8, 8, 5)), torch.zeros(1, 8), (61, 39), None)
    assert head(features).shape == (1, 2, 61, 39)


def test_restore_cuts_the_padding_off_and_scales_back() -> None:
    mask = torch.zeros(8, 8, dtype=torch.long)
    mask[2:6, 4:] = 1  # an image of 8 x 16 at half its size, padded by 2 rows above and below
    restored = Segmentation(SPEC, NAMES).restore(mask[None], [Frame((8, 16), (0.5, 0.5), (2, 0))])
    expected = torch.zeros(8, 16, dtype=torch.long)
    expected[:, 8:] = 1
    assert torch.equal(restored[0], expected)


def test_run_lengths_survive_the_round_trip_and_are_cocos() -> None:
    mask = torch.from_numpy(np.random.default_rng(0).random((13, 7)) < 0.4)
    assert torch.equal(decode_runs(encode_runs(mask), (13, 7)), mask)
    assert encode_runs(torch.eye(4, dtype=torch.bool)) == "01400000"


def test_a_record_lists_the_classes_that_are_there() -> None:
    record = Segmentation(SPEC, NAMES).records(torch.tensor([[[0, 1], [1, IGNORE]]]))[0]
    assert record["size"] == [2, 2]
    assert [(one["label"], one["area"]) for one in record["segments"]] == [("background", 1), ("cell", 2)]


def test_a_perfect_mask_has_an_iou_of_one_and_unlabelled_pixels_do_not_count() -> None:
    metrics = Segmentation(SPEC, NAMES).metrics()
    metrics.update(torch.tensor([[[0, 1], [1, 1]]]), torch.tensor([[[0, 1], [1, IGNORE]]]))
    assert metrics.compute()["miou"] == 1


def test_a_backbone_without_grids_is_refused() -> None:
    with pytest.raises(ValueError, match="'segmentation' needs levels that are grids"):
        Segmentation(FeatureSpec((8,), (), 8), NAMES)
