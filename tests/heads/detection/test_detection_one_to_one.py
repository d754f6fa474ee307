"""One point for each object, and predictions without suppression."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from polyhead.contracts import Features, FeatureSpec
from polyhead.heads.detection import Detection
from polyhead.heads.detection.assign import Assignment, assign, pad
from polyhead.heads.detection.decode import grid
from polyhead.heads.detection.loss import match
from polyhead.heads.detection.one_to_one import choose, claims, shares

Make = Callable[[int, tuple[int, int]], Features]
POINTS, STRIDES = grid([(4, 4), (2, 2)], (8, 16))  # of a 32 x 32 input: 16 points at 4, 12, 20, 28, and 4 at 8, 24


def both(boxes: Tensor, logits: Tensor, own: Tensor, said: Tensor) -> tuple[Assignment, Assignment]:
    """Return the assignments of branches that say `logits` and `own`, and of one-to-one branches that say `said`."""
    truth = pad([{"boxes": boxes, "labels": torch.zeros(len(boxes), dtype=torch.int64)}], torch.device("cpu"))
    many = assign(logits[None, :, None], own[None], POINTS, STRIDES, truth)
    return many, choose(logits[None, :, None], said[None], truth, many)


@pytest.fixture
def head(spec: FeatureSpec) -> Detection:
    torch.manual_seed(0)
    return Detection(spec, ("a", "b", "c"), one_to_one=True)


def test_the_point_is_the_best_aligned_by_the_branchs_own_boxes() -> None:
    whole = torch.tensor([0.0, 0, 16, 16])
    said = whole.repeat(20, 1)
    said[:, 3] = 4  # IoU 1/4 with the box
    said[5, 3] = 12  # 3/4
    said[7, 3] = 16  # 1, but the point (28, 12) is outside the box
    many, one = both(whole[None], torch.zeros(20), whole.repeat(20, 1), said)
    assert many.positive[0].nonzero().flatten().tolist() == [0, 1, 4, 5, 16]
    assert one.positive[0].nonzero().flatten().tolist() == [5]
    assert one.score[0, 5] == pytest.approx(0.75)


def test_the_score_counts_by_its_root_and_the_overlap_by_its_sixth_power() -> None:
    said = torch.tensor([0.0, 0, 16, 8]).repeat(20, 1)  # IoU 1/2
    said[1, 3] = 8.8  # 0.55, 1.77 times as well aligned
    logits = torch.full((20,), 0.2).logit()
    logits[0] = torch.tensor(0.2 * 3).logit()  # 1.73 times
    boxes = torch.tensor([[0.0, 0, 16, 16]])
    assert both(boxes, logits, said, said)[1].positive[0].nonzero().flatten().tolist() == [1]
    logits[0] = torch.tensor(0.2 * 3.3).logit()  # 1.82 times
    assert both(boxes, logits, said, said)[1].positive[0].nonzero().flatten().tolist() == [0]


def test_every_object_that_has_points_has_exactly_one() -> None:
    g = torch.Generator().manual_seed(0)
    for _ in range(20):
        corner, extent = 16 * torch.rand(2, 6, 2, generator=g)
        boxes = torch.cat([corner, corner + extent], dim=1)
        own, said = (
            torch.cat([POINTS - reach, POINTS + reach], 1) for reach in 2 + 8 * torch.rand(2, 20, 1, generator=g)
        )
        many, one = both(boxes, torch.randn(20, generator=g), own, said)
        owned = set(many.truth[many.positive].tolist())
        assert sorted(one.truth[one.positive].tolist()) == sorted(owned)
        assert len(owned) > 1
        assert (many.positive | ~one.positive).all()


def test_the_weight_goes_from_the_many_to_the_one(head: Detection, features: Make) -> None:
    assert shares(0.0) == pytest.approx((0.8, 0.2))
    assert shares(1.0) == pytest.approx((0.1, 0.9))
    targets = head.example_targets(2, (64, 64), torch.Generator().manual_seed(0))
    out = head(features(2, (64, 64)))
    first = head.loss(out, targets)
    head.progress = 1.0
    last = head.loss(out, targets)
    head.progress = 0.5  # one point an object, as at the end
    first = {**first, **{n: v for n, v in head.loss(out, targets).items() if n.startswith("one")}}
    assert set(first) == {"class", "box", "one_to_one_class", "one_to_one_box"}
    for name, loss in first.items():
        factor = 0.9 / 0.55 if name.startswith("one") else 0.1 / 0.8
        torch.testing.assert_close(last[name].total, factor * loss.total)
        assert torch.equal(last[name].count, loss.count)


def test_one_to_one_losses_teach_their_branches_and_the_levels_and_not_the_others(
    head: Detection, features: Make
) -> None:
    given = features(2, (64, 64))
    levels = tuple(level.requires_grad_() for level in given.levels)
    losses = head.loss(head(given), head.example_targets(2, (64, 64), torch.Generator().manual_seed(0)))
    torch.stack([losses[name].total for name in ("one_to_one_class", "one_to_one_box")]).sum().backward()
    assert any(level.grad is not None and level.grad.any() for level in levels)
    assert {name.split(".")[0] for name, p in head.named_parameters() if p.grad is not None} == {"one_to_one"}


def test_an_object_has_seven_points_at_first_and_one_from_the_middle_of_the_run_on() -> None:
    assert [claims(progress) for progress in (0.0, 0.25, 0.5, 0.9, 1.0)] == [7, 4, 1, 1, 1]
    boxes, own = torch.tensor([[0.0, 0, 32, 32]]), torch.cat([POINTS - 12, POINTS + 12], 1)
    truth = pad([{"boxes": boxes, "labels": torch.zeros(1, dtype=torch.int64)}], torch.device("cpu"))
    logits = torch.zeros(1, 20, 1)
    many = assign(logits, own[None], POINTS, STRIDES, truth)
    found = [choose(logits, own[None], truth, many, most).positive.sum().item() for most in (1, 3, 7)]
    assert found == [1, 3, 7]


def test_the_other_branches_learn_the_same_with_and_without(spec: FeatureSpec, features: Make) -> None:
    torch.manual_seed(0)
    alone, beside = Detection(spec, ("a",)), Detection(spec, ("a",), one_to_one=True)
    beside.load_state_dict(alone.state_dict(), strict=False)
    targets = alone.example_targets(2, (64, 64), torch.Generator().manual_seed(0))
    one, other = (head.loss(head(features(2, (64, 64))), targets) for head in (alone, beside))
    for name, loss in one.items():
        torch.testing.assert_close(other[name].total, 0.8 * loss.total)


def test_without_nms_decode_is_a_manual_top_of_the_one_to_one_scores(head: Detection, features: Make) -> None:
    out = head(features(2, (160, 160)))
    head.nms = False
    decoded = head.decode(out)
    assert out.one_to_one is not None
    for item, scores in enumerate(out.one_to_one.logits.sigmoid()):
        pairs = [(score, point, label) for point, row in enumerate(scores.tolist()) for label, score in enumerate(row)]
        best = sorted(pairs, reverse=True)[:300]
        assert decoded["scores"][item].tolist() == [score for score, _, _ in best]
        assert decoded["labels"][item].tolist() == [label for _, _, label in best]
        assert torch.equal(decoded["boxes"][item], out.one_to_one.boxes[item, [point for _, point, _ in best]])


def test_without_nms_overlapping_boxes_stay_and_with_it_they_go(head: Detection, features: Make) -> None:
    out = head(features(1, (64, 64)))
    assert out.one_to_one is not None
    twins = torch.tensor([[4.0, 4, 60, 60]]).repeat(1, out.boxes.shape[1], 1)
    scores = torch.full_like(out.logits, -9)
    scores[0, :5, 1] = torch.arange(5.0)
    said = out.one_to_one._replace(boxes=twins, logits=scores)
    out = said._replace(one_to_one=said)
    assert len(head.predict(out)[0]["boxes"]) == 1
    head.nms = False
    assert head.predict(out)[0]["scores"].tolist() == torch.arange(5.0).flip(0).sigmoid().tolist()


def test_no_nms_without_one_to_one_branches_is_refused(spec: FeatureSpec) -> None:
    with pytest.raises(ValueError, match=r"nms=False.*one_to_one=True"):
        Detection(spec, ("a",), nms=False)


@pytest.mark.parametrize("nms", [True, False])
def test_a_deployed_head_keeps_only_the_branches_that_are_read(head: Detection, features: Make, nms: bool) -> None:
    head.nms = nms
    given = features(2, (64, 64))
    wanted = head.predict(head(given))
    deployed = head.deploy()
    size, whole = (sum(p.numel() for p in each.parameters()) for each in (deployed, head))
    assert size < (0.7 if nms else 0.5) * whole
    assert head.one_to_one is not None
    for found, expected in zip(deployed.predict(deployed(given)), wanted, strict=True):
        assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_matching_gives_what_each_branch_is_to_say(head: Detection, features: Make) -> None:
    targets = head.example_targets(3, (64, 64), torch.Generator().manual_seed(0))
    matched = match(head(features(3, (64, 64))), targets, progress=0.5)
    assert matched.one_to_one is not None
    assert matched.one_to_one.positive.sum(dim=1).tolist() == [3, 3, 0]
    assert (matched.assignment.positive.sum(dim=1) > matched.one_to_one.positive.sum(dim=1)).tolist() == [
        True,
        True,
        False,
    ]
