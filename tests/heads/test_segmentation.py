"""Masks: losses by hand and by torch, and pixels that stay where they belong."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from polyhead.contracts import IGNORE, Features, FeatureSpec, Frame
from polyhead.heads._borders import near_borders
from polyhead.heads._paint import Paint, to_cells, to_pixels
from polyhead.heads._segmentation_loss import Shares, dice_loss, pixel_cross_entropy, shares, truth_of
from polyhead.heads.segmentation import Segmentation, decode_runs, encode_runs

SPEC = FeatureSpec((8, 8), (4, 8), 8)
NAMES = ("background", "cell")


def paint(logits: Tensor) -> Paint:
    """Return logits (n, K, H, W) as outputs whose cells are single pixels."""
    return Paint(logits[:, :, None], (logits.shape[2], logits.shape[3]))


def found_in(logits: Tensor, targets: Tensor) -> Shares:
    """Return what the losses need to know of logits (n, K, H, W)."""
    return shares(logits.flatten(2), truth_of(targets.flatten(1)))


def test_the_cross_entropy_is_torchs_over_labelled_pixels() -> None:
    logits, targets = torch.randn(2, 3, 4, 4), torch.randint(3, (2, 4, 4))
    targets[0, 0] = IGNORE
    loss = pixel_cross_entropy(found_in(logits, targets).logs, truth_of(targets.flatten(1)).labelled)
    mean = F.cross_entropy(logits, targets, ignore_index=IGNORE)
    torch.testing.assert_close(loss.total / loss.count, mean)
    assert loss.count == 28


def test_the_weighted_cross_entropy_is_torchs_mean_over_labelled_pixels() -> None:
    logits, targets, weights = torch.randn(2, 3, 4, 4), torch.randint(3, (2, 4, 4)), torch.tensor([0.25, 1.0, 6.0])
    targets[0, 0] = IGNORE
    head = Segmentation(SPEC, ("a", "b", "c"), class_weights={"a": 0.25, "c": 6.0})
    loss = head.loss(paint(logits), targets)["ce"]
    mean = F.cross_entropy(logits, targets, weights, ignore_index=IGNORE)
    torch.testing.assert_close(loss.total / loss.count, mean)
    assert loss.count == weights[targets[targets != IGNORE]].sum()


@pytest.mark.parametrize(("coarsest", "read"), [(None, 3), (16, 3), (15, 2), (4, 1), (2, 1)])
def test_coarser_levels_can_be_left_out_but_not_all(coarsest: int | None, read: int) -> None:
    spec = FeatureSpec((8, 8, 8), (4, 8, 16), 8)
    head = Segmentation(spec, NAMES, width=16, coarsest=coarsest)
    levels = tuple(torch.rand(2, 8, 32 // stride, 32 // stride, requires_grad=True) for stride in spec.strides)
    out = head(Features(levels, torch.rand(2, 8), (32, 32), None))
    assert to_pixels(out.cells, out.size).shape == (2, 2, 32, 32)
    out.cells.sum().backward()
    assert [level.grad is not None for level in levels] == [place < read for place in range(3)]


def test_balanced_weights_are_of_the_pixels_and_dice_has_none() -> None:
    head, plain = Segmentation(SPEC, NAMES, class_weights="balanced"), Segmentation(SPEC, NAMES)
    masks = torch.tensor([[[0, 0], [0, 0]], [[0, 0], [1, IGNORE]]], dtype=torch.uint8)
    head.weigh([masks[:1], masks[1:]])
    assert head.weights is not None
    assert head.weights.tolist() == pytest.approx([7 / 12, 7 / 2])
    logits = torch.randn(2, 2, 2, 2)
    weighted, even = head.loss(paint(logits), masks), plain.loss(paint(logits), masks)
    torch.testing.assert_close(weighted["ce"].count, torch.tensor(7.0))  # balanced: they add up to the pixels
    assert weighted["ce"].total != even["ce"].total
    assert weighted["dice"] == even["dice"]


def test_no_mask_is_read_unless_balanced_weights_are_asked_for_and_none_are_stored() -> None:
    def forbidden() -> Iterator[Tensor]:
        raise AssertionError("a mask was read")
        yield

    plain, told = Segmentation(SPEC, NAMES), Segmentation(SPEC, NAMES, class_weights={"cell": 9})
    plain.weigh(forbidden())
    told.weigh(forbidden())
    assert told.weights is not None
    assert told.weights.tolist() == [1, 9]
    assert told.state_dict().keys() == plain.state_dict().keys()


def test_the_dice_loss_of_a_hand_made_case() -> None:
    targets = torch.tensor([[[1, 1, 0, IGNORE]]])
    certain = 100 * torch.tensor([[[[0.0, 1, 1, 1]], [[1.0, 0, 0, 0]]]])  # (1, 2, 1, 4)
    loss = dice_loss(found_in(certain, targets), truth_of(targets.flatten(1)))
    background, cell = 1 - 2 * 1 / (2 + 1), 1 - 2 * 1 / (1 + 2)
    assert loss.total.item() == pytest.approx(background + cell)
    assert loss.count == 2


def test_the_written_gradient_is_that_of_autograd_through_a_softmax() -> None:
    logits = torch.randn(2, 3, 5, dtype=torch.double, requires_grad=True)
    truth = truth_of(torch.tensor([[0, 1, 2, IGNORE, 1], [IGNORE, 0, 0, 0, 0]]))
    truth = truth._replace(labelled=truth.labelled.double())
    of_logs, of_mass = torch.randn(2, 5, dtype=torch.double), torch.randn(2, 3, dtype=torch.double)
    logs, mass = shares(logits, truth)
    found = torch.autograd.grad((logs * of_logs).sum() + (mass * of_mass).sum(), logits)[0]
    plain = logits.log_softmax(1)
    right, all_of = plain.gather(1, truth.numbers[:, None])[:, 0], (plain.exp() * truth.labelled[:, None]).sum(2)
    wanted = torch.autograd.grad((right * of_logs).sum() + (all_of * of_mass).sum(), logits)[0]
    torch.testing.assert_close(logs, right)
    torch.testing.assert_close(mass, all_of)
    torch.testing.assert_close(found, wanted)


def test_losses_by_cell_are_those_of_the_pixels_laid_out_by_torchs_pixel_shuffle() -> None:
    head = Segmentation(SPEC, ("a", "b", "c"), class_weights={"b": 3.0})
    painted, targets = torch.randn(2, 3 * 16, 4, 3), torch.randint(3, (2, 14, 11))
    targets[1, :5] = IGNORE
    outputs = Paint(painted.unflatten(1, (3, 16)), (14, 11))
    pixels = F.pixel_shuffle(painted, 4)[:, :, :14, :11]
    torch.testing.assert_close(to_pixels(*outputs), pixels, rtol=0, atol=0)
    assert torch.equal(head.predict(outputs), pixels.argmax(1))
    for name, loss in head.loss(outputs, targets).items():
        torch.testing.assert_close(loss, head.loss(paint(pixels), targets)[name])


def test_pixels_go_to_cells_and_back() -> None:
    pixels = torch.arange(2 * 5 * 7).view(2, 5, 7)
    cells = to_cells(pixels, 4, -1)
    assert cells.shape == (2, 16, 2, 2)
    assert cells[0, :, 0, 0].tolist() == pixels[0, :4, :4].flatten().tolist()
    assert (cells == -1).sum() == 2 * (8 * 8 - 5 * 7)
    assert torch.equal(to_pixels(cells, (5, 7)), pixels)


def test_dice_counts_only_the_classes_that_an_item_shows() -> None:
    targets = torch.zeros(1, 2, 2, dtype=torch.long)
    loss = dice_loss(found_in(torch.zeros(1, 3, 2, 2), targets), truth_of(targets.flatten(1)))
    assert loss.count == 1


def test_unknown_classes_get_no_gradient_and_their_pixels_do_not_count() -> None:
    head = Segmentation(SPEC, ("background", "cell", "dust"))
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    targets = torch.tensor([[[0, 1], [2, IGNORE]]])
    losses = head.loss(paint(logits), targets, torch.tensor([[True, True, False]]))
    assert losses["ce"].count == 2
    sum(loss.total for loss in losses.values()).backward()
    assert logits.grad is not None
    assert (logits.grad[:, 2] == 0).all()
    assert (logits.grad[:, :2, 0] != 0).all()


def test_pixels_near_borders_of_a_hand_made_mask_without_unlabelled_ones_and_the_edge() -> None:
    drawn = """
        0 0 0 0 1 1 9
        0 0 0 0 1 1 9
        0 0 0 0 1 1 9
        0 0 0 0 0 9 2
    """
    marked = """
        . . . x x . .
        . . . x x . .
        . . . x x x .
        . . . x x . x
    """
    rows = [[IGNORE if c == "9" else int(c) for c in line.split()] for line in drawn.strip().splitlines()]
    wanted = [[c == "x" for c in line.split()] for line in marked.strip().splitlines()]
    mask = torch.tensor([rows, rows], dtype=torch.uint8)
    assert near_borders(mask, 1).tolist() == [wanted, wanted]
    assert near_borders(mask, 2)[0, 0].tolist() == [False, False, True, True, True, True, False]
    assert not near_borders(torch.full((1, 4, 4), IGNORE, dtype=torch.uint8), 2).any()
    assert near_borders(mask[:0], 1).shape == (0, 4, 7)


def test_pixels_near_borders_weigh_more_on_top_of_their_class_and_dice_is_as_ever() -> None:
    targets = torch.tensor([[[0, 0, 0, 1, 1, IGNORE]]])
    logits = torch.randn(1, 2, 1, 6)
    head = Segmentation(SPEC, NAMES, boundary=3.0, reach=1, class_weights={"cell": 2.0})
    found, plain = head.loss(paint(logits), targets), Segmentation(SPEC, NAMES).loss(paint(logits), targets)
    weights = torch.tensor([1.0, 1, 4, 8, 2, 0])
    losses = F.cross_entropy(logits, targets, ignore_index=IGNORE, reduction="none").flatten()
    torch.testing.assert_close(found["ce"].total, (weights * losses).sum())
    assert found["ce"].count == 16
    assert found["dice"] == plain["dice"]


def test_borders_of_cells_that_paint_pixels_are_those_of_the_pixels() -> None:
    head = Segmentation(SPEC, NAMES, boundary=1.0)
    outputs, targets = Paint(torch.randn(2, 2, 16, 3, 3), (11, 10)), torch.randint(2, (2, 11, 10))
    torch.testing.assert_close(head.loss(outputs, targets)["ce"], head.loss(paint(to_pixels(*outputs)), targets)["ce"])


def test_a_reach_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="reach=0"):
        Segmentation(SPEC, NAMES, boundary=1.0, reach=0)


def test_a_cell_paints_its_own_square_of_pixels() -> None:
    head = Segmentation(SPEC, NAMES).eval()
    head.lateral[1].weight.data.zero_()  # so that only the finest level speaks
    grids = torch.zeros(2, 8, 8, 8)
    grids[1, :, 5, 2] = 100.0
    features = Features((grids, torch.zeros(2, 8, 4, 4)), torch.zeros(2, 8), (32, 32), None)
    for layer in head.fuse:
        layer[0].weight.data[:, :, [0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 2, 0, 2, 0, 1, 2]] = 0  # centre taps only
        layer[1] = torch.nn.Identity()
    logits = to_pixels(*head(features))
    changed = (logits[0] != logits[1]).any(0).nonzero()
    assert changed.min(0).values.tolist() == [20, 8]
    assert changed.max(0).values.tolist() == [23, 11]


def test_logits_have_the_size_of_the_input_also_where_strides_do_not_divide_it() -> None:
    head = Segmentation(SPEC, NAMES)
    features = Features((torch.zeros(1, 8, 16, 10), torch.zeros(1, 8, 8, 5)), torch.zeros(1, 8), (61, 39), None)
    outputs = head(features)
    assert to_pixels(outputs.cells, outputs.size).shape == (1, 2, 61, 39)
    assert head.predict(outputs).shape == (1, 61, 39)


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


def test_the_iou_of_each_class_by_hand_also_over_batches_and_after_a_reset() -> None:
    metrics = Segmentation(SPEC, ("background", "cell nucleus", "a/b, c", "never")).metrics()
    metrics.update(torch.tensor([[[3]]]), torch.tensor([[[3]]]))  # of an epoch before: forgotten
    metrics.reset()
    truth = torch.tensor([[[0, 0, 1, 1]], [[2, 2, 0, IGNORE]]])
    found = torch.tensor([[[0, 1, 1, 1]], [[2, 0, 0, 2]]])
    for place in range(2):
        metrics.update(found[place][None], truth[place][None])
    values = metrics.compute()
    assert values["iou/background"] == 0.5  # found 0, 0 and 0 of 0, 0 and 0: two in both, four in either
    assert values["iou/cell nucleus"].item() == pytest.approx(2 / 3)
    assert values["iou/a/b, c"] == 0.5
    assert values["iou/never"] == 0  # neither there nor predicted, and not in the mean
    assert values["miou"].item() == pytest.approx((0.5 + 2 / 3 + 0.5) / 3)


def test_the_iou_of_each_class_counts_no_pixel_a_second_time() -> None:
    metrics = Segmentation(SPEC, NAMES).metrics()
    metrics.update(torch.zeros(1, 2, 2, dtype=torch.long), torch.zeros(1, 2, 2, dtype=torch.long))
    assert ["iou", "miou"] in metrics.compute_groups.values()


def test_a_backbone_without_grids_is_refused() -> None:
    with pytest.raises(ValueError, match="'segmentation' needs levels that are grids"):
        Segmentation(FeatureSpec((8,), (), 8), NAMES)
