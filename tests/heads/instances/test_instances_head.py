"""The instances head as a whole."""

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest
import torch
from scene import BOXES, SIZE, masks, scene, truth

from polyhead import registry
from polyhead.contracts import Features, FeatureSpec, Frame
from polyhead.heads.detection import Detection
from polyhead.heads.instances import Instances
from polyhead.model import build_model
from polyhead.ops.outlines import boxes_around
from polyhead.ops.pictures import colour
from polyhead.ops.runs import decode_runs
from polyhead.predictor import Predictor

SPEC = FeatureSpec((16, 24, 32), (8, 16, 32), 16)
LABELS = ("cell", "plate")


def features(batch: int, size: tuple[int, int], spec: FeatureSpec = SPEC) -> Features:
    """Return random features."""
    generator = torch.Generator().manual_seed(0)
    levels = tuple(
        torch.randn(batch, channels, -(-size[0] // stride), -(-size[1] // stride), generator=generator)
        for channels, stride in zip(spec.channels, spec.strides, strict=True)
    )
    return Features(levels, torch.zeros(batch, spec.width), size, None)


@pytest.fixture
def head() -> Instances:
    torch.manual_seed(0)
    return Instances(SPEC, LABELS, width=16, prototypes=8)


def test_the_registry_finds_it_by_name_without_torchmetrics() -> None:
    assert registry.load("heads", "instances") is Instances
    code = "import sys, polyhead.heads.instances; print([m for m in sys.modules if m in {'torchmetrics', "
    code += "'pytorch_lightning', 'faster_coco_eval'}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torchmetrics" not in done.stdout
    assert "pytorch_lightning" not in done.stdout


def test_coefficients_that_select_a_prototype_paint_it_to_the_pixel_where_objects_overlap(head: Instances) -> None:
    (found,) = head.predict(scene())
    assert found["labels"].tolist() == [0, 1]
    assert torch.equal(found["boxes"], BOXES)
    assert found["masks"].dtype == torch.bool
    assert torch.equal(found["masks"], masks().bool())
    assert (found["masks"].sum(0) == 2).any()  # by hand: pixels of both


def test_perfect_outputs_score_one_in_masks_and_boxes(head: Instances) -> None:
    metrics = head.metrics()
    metrics.update(head.predict(scene()), truth())
    values = metrics.compute()
    assert {"mask_map", "box_map", "threshold"} <= set(values)
    assert values["mask_map"] == values["box_map"] == pytest.approx(1)
    metrics.reset()
    metrics.update(head.predict(scene(swapped=True)), truth())
    assert metrics.compute()["mask_map"] < 0.5
    assert metrics.compute()["box_map"] == pytest.approx(1)


def test_masks_are_cut_at_their_boxes(head: Instances) -> None:
    outputs = scene()
    everywhere = outputs._replace(prototypes=torch.ones_like(outputs.prototypes), coefficients=torch.ones(1, 2, 3))
    (found,) = head.predict(everywhere)
    assert torch.equal(boxes_around(found["masks"]), BOXES)


def test_boxes_and_their_losses_are_those_of_the_detection_head_within(head: Instances) -> None:
    given, targets = features(2, (64, 64)), head.example_targets(2, (64, 64), torch.Generator().manual_seed(0))
    outputs, alone = head(given), head.boxes(given)
    losses = head.loss(outputs, targets)
    assert isinstance(head.boxes, Detection)
    for name, loss in head.boxes.loss(alone, targets).items():
        assert torch.equal(losses[name].total, loss.total)
    assert torch.equal(head.predict(outputs)[0]["boxes"], head.boxes.predict(alone)[0]["boxes"][:100])


@pytest.mark.parametrize("size", [(64, 64), (97, 61), (1, 1)])
@pytest.mark.parametrize("stride", [2, 4, 8])
def test_masks_have_the_size_of_inputs_of_any_size(size: tuple[int, int], stride: int) -> None:
    head = Instances(SPEC, LABELS, width=16, prototypes=8, stride=stride)
    outputs = head(features(2, size))
    assert outputs.prototypes.shape == (2, 8, -(-size[0] // stride), -(-size[1] // stride))
    assert outputs.prototypes.min() >= 0
    assert outputs.coefficients.abs().max() <= 1
    assert all(item["masks"].shape == (len(item["boxes"]), *size) for item in head.predict(outputs))


def test_prototypes_are_made_from_the_level_of_their_stride_whatever_the_anchor_points_skip() -> None:
    spec = FeatureSpec((8, 12, 16, 24), (2, 4, 8, 16), 16)
    head = Instances(spec, LABELS, width=16)
    assert (head.prototypes.level, head.boxes.skipped) == (1, 2)
    assert Instances(spec, LABELS, width=16, stride=2).prototypes.level == 0
    assert head(features(1, (32, 32), spec)).prototypes.shape == (1, 32, 8, 8)


@pytest.mark.parametrize("stride", [0, 3, 64])
def test_a_stride_that_no_level_can_have_is_refused(stride: int) -> None:
    with pytest.raises(ValueError, match=rf"stride {stride} from levels of strides 8, 16, 32; set stride to one of"):
        Instances(SPEC, LABELS, stride=stride)


def test_what_cannot_be_built_names_the_head() -> None:
    with pytest.raises(ValueError, match=r"'instances'.*grids"):
        Instances(FeatureSpec((16,), (), 16), LABELS)
    with pytest.raises(ValueError, match=r"'instances'.*class names"):
        Instances(SPEC)


def test_restored_masks_and_boxes_are_those_of_the_original_image(head: Instances) -> None:
    frame = Frame((64, 96), (1 / 3, 1 / 3), (5, 4))  # 21 x 32 of the 32 x 40 pixels are image
    (found,) = head.restore(head.predict(scene()), [frame])
    assert found["masks"].shape == (2, 64, 96)
    around = boxes_around(found["masks"])
    assert (around - found["boxes"]).abs().max() <= 2  # of pixels three times as small
    wanted = ((BOXES - torch.tensor([4, 5, 4, 5])) * 3).clamp(min=0).minimum(torch.tensor([96.0, 64, 96, 64]))
    assert (found["boxes"] - wanted).abs().max() < 0.01
    small = head.restore(head.predict(scene()), [Frame(SIZE, (1.0, 1.0), (0, 0))])[0]
    assert torch.equal(small["masks"], masks().bool())


@pytest.mark.parametrize(("score", "threshold", "count"), [(None, 0.5, 1), (0.01, 0.5, 2), (None, 0.01, 2)])
def test_instances_below_the_score_that_is_asked_are_not_restored(
    score: float | None, threshold: float, count: int, head: Instances
) -> None:
    outputs = scene()
    outputs.found.logits[0, 1, 1] = -4.0  # a score of 0.018
    head.threshold = threshold
    (shown,) = head.shown(head.predict(outputs), score)
    assert [len(part) for part in shown.values()] == [count] * 4


def test_records_hold_run_length_codes_and_class_names_best_first(head: Instances) -> None:
    outputs = scene()
    outputs.found.logits[0, 0, 0] = 1.0
    (record,) = json.loads(json.dumps(head.records(head.predict(outputs), 0.5)))
    assert record["size"] == list(SIZE)
    assert [one["label"] for one in record["instances"]] == ["plate", "cell"]
    for one, mask, box in zip(record["instances"], masks().flip(0), BOXES.flip(0), strict=True):
        assert torch.equal(decode_runs(one["rle"], record["size"]), mask.bool())
        assert one["area"] == mask.sum()
        assert one["box"] == box.tolist()
    assert len(head.records(head.predict(outputs), 0.9)[0]["instances"]) == 1
    assert [one["score"] for one in head.records(truth())[0]["instances"]] == [1.0, 1.0]


def test_a_picture_shows_the_outline_in_the_classes_colour_and_the_pixels_tinted(head: Instances) -> None:
    image = torch.full((3, 64, 64), 100, dtype=torch.uint8)
    mask = torch.zeros(1, 64, 64, dtype=torch.bool)
    mask[:, 20:40, 20:40] = True
    target = {"boxes": torch.tensor([[10.0, 10, 60, 60]]), "labels": torch.tensor([1]), "masks": mask}
    drawn = head.draw(image, head.records([target])[0])
    assert tuple(drawn[:, 30, 20].tolist()) == colour(1)
    inside = torch.tensor([100.0] * 3) * 0.6 + torch.tensor(colour(1)) * 0.4
    assert (drawn[:, 30, 30].float() - inside).abs().max() <= 2
    assert drawn[:, 50, 50].tolist() == [100] * 3
    assert torch.equal(head.draw(image, {"size": [64, 64], "instances": []}), image)


def test_example_masks_fill_their_boxes(head: Instances) -> None:
    for target in head.example_targets(3, (64, 48), torch.Generator().manual_seed(1)):
        assert target["masks"].shape == (len(target["boxes"]), 64, 48)
        assert (boxes_around(target["masks"]) - target["boxes"]).abs().sum() <= 3.1 * target["boxes"].numel()


@pytest.fixture
def predictor() -> Predictor:
    """Return a model of a small body and the head, to be asked about images of 64 x 64 pixels."""
    torch.manual_seed(0)
    body = {"name": "pyramid", "body": {"name": "cspnet"}, "width": 16}
    options = {"name": "instances", "width": 16, "prototypes": 8}
    task = {"backbone": body, "heads": {"instances": options}, "labels": {"instances": list(LABELS)}}
    return Predictor(build_model(task).eval(), 64)


def test_a_deployed_model_answers_as_the_one_that_was_trained(predictor: Predictor) -> None:
    images = torch.rand(2, 3, 64, 64)
    head = predictor.model.named_heads()["instances"]
    outputs = predictor.model(images)["instances"]
    again = predictor.model.deploy()(images)["instances"]
    for name, tensor in head.decode(outputs).items():
        assert torch.allclose(head.decode(again)[name], tensor, atol=1e-3, rtol=1e-3), name


def test_masks_of_photographs_are_restored_one_image_at_a_time(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    restore = Instances.restore

    def counted(self: Instances, predictions: list[dict[str, torch.Tensor]], frames: Sequence[Frame]) -> object:
        sizes.append(len(predictions))
        return restore(self, predictions, frames)

    monkeypatch.setattr(Instances, "restore", counted)
    predictor.model.named_heads()["instances"].threshold = 0.0
    images = [torch.randint(256, (3, *size), dtype=torch.uint8) for size in ((50, 80), (90, 40), (64, 64))]
    answers = predictor.predict(*images)
    assert sizes == [1, 1, 1]
    assert [answer["instances"]["size"] for answer in answers] == [[50, 80], [90, 40], [64, 64]]
    assert all(answer["instances"]["instances"] for answer in answers)
