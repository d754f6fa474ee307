"""The detection head as a whole."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from polyhead import registry
from polyhead.contracts import Features, FeatureSpec, Frame
from polyhead.heads.detection import Detection
from polyhead.heads.detection.branches import Branch
from polyhead.heads.detection.decode import find
from polyhead.heads.detection.records import scores_of

Make = Callable[[int, tuple[int, int]], Features]
LABELS = ("cell", "plate", "dust")


def total(head: Detection, features: Features, targets: list[dict[str, torch.Tensor]]) -> torch.Tensor:
    losses = head.loss(head(features), targets)
    return torch.stack([loss.total for loss in losses.values()]).sum()


@pytest.fixture
def head(spec: FeatureSpec) -> Detection:
    torch.manual_seed(0)
    return Detection(spec, LABELS)


def test_the_registry_finds_it_by_name() -> None:
    assert registry.load("heads", "detection") is Detection
    assert registry.summary("heads", "detection").startswith("Boxes around things")


def test_importing_it_loads_neither_torchmetrics_nor_lightning() -> None:
    code = "import sys, polyhead.heads.detection as d; print([m for m in sys.modules if m in {'torchmetrics', "
    code += "'pytorch_lightning', 'faster_coco_eval'}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_features_that_are_no_grids_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'detection'.*grids"):
        Detection(FeatureSpec((16,), (), 16), LABELS)


def test_a_target_without_class_names_is_refused(spec: FeatureSpec) -> None:
    with pytest.raises(ValueError, match=r"'detection'.*class names"):
        Detection(spec)


@pytest.mark.parametrize("size", [(64, 64), (97, 61), (1, 1)])
def test_there_is_one_answer_a_cell_for_inputs_of_any_size(
    head: Detection, features: Make, size: tuple[int, int]
) -> None:
    out = head(features(2, size))
    cells = sum(-(-size[0] // s) * -(-size[1] // s) for s in (8, 16, 32))
    assert out.logits.shape == (2, cells, 3)
    assert out.boxes.shape == (2, cells, 4)
    assert out.points.shape == (cells, 2)
    assert out.size == size


def test_a_new_head_scores_one_in_a_hundred_everywhere(head: Detection, features: Make) -> None:
    scores = head.decode(head(features(2, (64, 64))))["scores"]
    assert scores.mean().item() == pytest.approx(0.01, rel=0.2)


def test_every_box_holds_its_anchor_point_whatever_the_weights(head: Detection, features: Make) -> None:
    nn.init.normal_(head.branches.to_distances.weight, std=100)
    out = head(features(2, (64, 64)))
    assert (out.boxes[..., :2] < out.points).all()
    assert (out.boxes[..., 2:] > out.points).all()


@pytest.mark.parametrize("channels", [(16, 16, 16), (8, 24, 40)])
def test_gradient_reaches_every_parameter(channels: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    head = Detection(FeatureSpec(channels, (8, 16, 32), 4), LABELS)
    levels = tuple(torch.randn(2, c, 64 // s, 64 // s) for c, s in zip(channels, (8, 16, 32), strict=True))
    targets = head.example_targets(2, (64, 64), torch.Generator().manual_seed(0))
    total(head, Features(levels, torch.zeros(2, 4), (64, 64), None), targets).backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


def test_each_level_learns_its_own_scale_from_boxes_of_its_size(head: Detection, features: Make) -> None:
    boxes = torch.tensor([[8.0, 8, 26, 26], [40, 40, 80, 80], [100, 100, 200, 200]])
    total(head, features(1, (256, 256)), [{"boxes": boxes, "labels": torch.arange(3)}]).backward()
    assert head.branches.scales.shape == (3,)
    assert head.branches.scales.grad is not None
    assert head.branches.scales.grad.all()


@pytest.mark.parametrize("batch", [0, 1])
def test_it_trains_on_no_item_and_on_one(head: Detection, features: Make, batch: int) -> None:
    loss = total(head, features(batch, (32, 32)), head.example_targets(batch, (32, 32), torch.Generator()))
    loss.backward()
    assert loss.isfinite()
    assert (loss == 0) == (batch == 0)
    assert all(parameter.grad is not None for parameter in head.parameters())
    assert len(head.predict(head(features(batch, (32, 32))))) == batch


def test_items_do_not_see_each_other(head: Detection, features: Make) -> None:
    both = features(2, (64, 64))
    alone = head(both.take(torch.tensor([1])))
    together = head(both)
    torch.testing.assert_close(alone.logits[0], together.logits[1])
    torch.testing.assert_close(alone.boxes[0], together.boxes[1])


def test_outputs_and_losses_are_float32_under_bfloat16_autocast(head: Detection, features: Make) -> None:
    targets = head.example_targets(2, (64, 64), torch.Generator().manual_seed(0))
    exact = head.loss(head(features(2, (64, 64))), targets)
    with torch.autocast("cpu", torch.bfloat16):
        out = head(features(2, (64, 64)))
        losses = head.loss(out, targets)
    assert out.logits.dtype == out.boxes.dtype == torch.float32
    for name, loss in losses.items():
        assert loss.total.dtype == torch.float32
        torch.testing.assert_close(loss.total, exact[name].total, rtol=0.02, atol=0.01)


def test_the_type_of_the_outputs_does_not_depend_on_the_mode(head: Detection, features: Make) -> None:
    train, evaluation = head.train()(features(1, (32, 32))), head.eval()(features(1, (32, 32)))
    assert type(train) is type(evaluation)
    assert torch.equal(train.boxes, evaluation.boxes)


def test_predict_is_the_suppressed_form_of_decode_within_the_input(head: Detection, features: Make) -> None:
    out = head(features(2, (97, 61)))
    for item, scores in zip(head.predict(out), head.decode(out)["scores"], strict=True):
        assert item["scores"][0] == scores.max()
        assert (item["scores"].diff() <= 0).all()
        assert (item["boxes"] >= 0).all()
        assert (item["boxes"] <= torch.tensor([61, 97, 61, 97])).all()
        assert not item["boxes"].requires_grad


def test_restore_undoes_the_letterbox(head: Detection) -> None:
    original = torch.tensor([[10.0, 20, 300, 150], [0, 0, 400, 200]])
    frame = Frame((200, 400), (0.25, 0.16), (7, 3))
    inside = original * torch.tensor([0.16, 0.25, 0.16, 0.25]) + torch.tensor([3, 7, 3, 7])
    outside = inside[1:] + torch.tensor([-9, -9, 9, 9])  # into the padding
    item = {"boxes": torch.cat([inside, outside]), "labels": torch.tensor([0, 1, 2]), "scores": torch.rand(3)}
    (restored,) = head.restore([item], [frame])
    torch.testing.assert_close(restored["boxes"], torch.cat([original, original[1:]]))
    assert torch.equal(restored["scores"], item["scores"])


def test_records_name_classes_and_leave_out_what_is_below_the_threshold(head: Detection) -> None:
    item = {
        "boxes": torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8], [0, 0, 9, 9]]),
        "labels": torch.tensor([2, 0, 1]),
        "scores": torch.tensor([0.25, 0.75, 0.5]),
    }
    expected = [
        {"box": [5.0, 6.0, 7.0, 8.0], "label": "cell", "score": 0.75},
        {"box": [0.0, 0.0, 9.0, 9.0], "label": "plate", "score": 0.5},
    ]
    assert head.records([item]) == [{"boxes": expected}]
    assert [each["score"] for each in head.records([item], score=0.1)[0]["boxes"]] == [0.75, 0.5, 0.25]
    head.threshold = 0.6
    assert json.loads(json.dumps(head.records([item]))) == [{"boxes": expected[:1]}]


def test_a_box_in_the_padding_alone_is_no_finding(head: Detection) -> None:
    frame = Frame((10, 20), (1.0, 1.0), (5, 0))  # five rows of padding above and below
    boxes = torch.tensor([[2.0, 0, 9, 4], [2, 6, 9, 12]])
    found = [{"boxes": boxes, "scores": torch.tensor([0.9, 0.8]), "labels": torch.tensor([0, 0])}]
    assert [one["box"] for one in head.records(head.restore(found, [frame]))[0]["boxes"]] == [[2, 1, 9, 7]]


def test_a_target_is_a_record_of_score_one(head: Detection) -> None:
    target = {"boxes": torch.tensor([[1.0, 2, 3, 4]]), "labels": torch.tensor([2])}
    assert head.records([target], score=0.9) == [
        {"boxes": [{"box": [1.0, 2.0, 3.0, 4.0], "label": "dust", "score": 1.0}]}
    ]


def test_drawing_leaves_the_image_alone_but_for_a_frame_in_the_colour_of_the_class(head: Detection) -> None:
    image = torch.zeros(3, 60, 80, dtype=torch.uint8)
    boxes = [{"box": [10.0, 20.0, 50.0, 55.0], "label": name, "score": 0.5} for name in LABELS]
    colours = set()
    for box in boxes:
        drawn = head.draw(image, {"boxes": [box]})
        assert drawn.shape == image.shape
        assert drawn.dtype == torch.uint8
        assert not image.any()
        assert not drawn[:, 57:].any()
        colours.add(tuple(drawn[:, 55, 30].tolist()))
    assert len(colours) == 3
    assert torch.equal(head.draw(image, {"boxes": []}), image)


def test_made_up_targets_are_boxes_of_the_input_and_one_item_has_none(head: Detection) -> None:
    targets = head.example_targets(3, (40, 90), torch.Generator().manual_seed(3))
    assert [len(target["boxes"]) for target in targets] == [3, 3, 0]
    for target in targets:
        low, high = target["boxes"].chunk(2, dim=1)
        assert (low >= 0).all()
        assert (high > low).all()
        assert (high <= torch.tensor([90, 40])).all()
        assert target["labels"].dtype == torch.int64
    assert len(head.example_targets(1, (40, 90), torch.Generator())[0]["boxes"]) == 3


def test_an_exported_program_gives_what_decode_gives(head: Detection, features: Make) -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = head.deploy()

        def forward(self, levels: tuple[torch.Tensor, ...], pooled: torch.Tensor) -> dict[str, torch.Tensor]:
            return self.head.decode(self.head(Features(levels, pooled, (64, 64), None)))

    given = features(1, (64, 64))
    program = torch.export.export(Whole().eval(), (given.levels, given.pooled))
    for name, value in head.decode(head(given)).items():
        torch.testing.assert_close(program.module()(given.levels, given.pooled)[name], value)


def test_levels_share_convolutions_and_have_norms_of_their_own(head: Detection, features: Make) -> None:
    branch = head.branches.pair
    level = features(1, (64, 64)).levels[0]
    first, second, third = branch([level, level, level])
    assert torch.equal(first, second)
    nn.init.constant_(branch.norms[1][-1].bias, 3)  # type: ignore[index]  # a ModuleList's items are Modules to mypy
    changed = branch([level, level, level])
    assert torch.equal(changed[0], first)
    assert torch.equal(changed[2], third)
    assert not torch.equal(changed[1], second)


def test_branches_side_by_side_say_what_each_says_alone() -> None:
    both = Branch(16, 2, 1, count=2)
    alone = [Branch(16, 2, 1) for _ in range(2)]
    for place, one in enumerate(alone):
        state = {name: value.chunk(2)[place] for name, value in both.state_dict().items()}
        one.load_state_dict(state)
    level = torch.rand(2, 16, 8, 8)
    torch.testing.assert_close(both([level])[0], torch.cat([one([level])[0] for one in alone], dim=1))


def test_another_head_can_gather_what_it_says_of_each_box(head: Detection, features: Make) -> None:
    out = head(features(2, (64, 64)))
    for item, found in enumerate(find(out)):
        score = out.logits[item, found["points"], found["labels"]].sigmoid()
        torch.testing.assert_close(found["scores"], score)
    assert set(head.predict(out)[0]) == {"boxes", "scores", "labels"}


def test_scores_of_a_target_are_where_its_boxes_are() -> None:
    assert scores_of({"boxes": torch.zeros(2, 4, device="meta")}).device.type == "meta"
