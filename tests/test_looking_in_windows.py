"""Images looked at in windows: the same answers as about the whole, where the network cannot tell the difference."""

import pytest
import torch
from torch import nn

from polyhead.backbones.convnet import ConvNet
from polyhead.contracts import Record
from polyhead.errors import UserError
from polyhead.heads.classification import Classification
from polyhead.heads.detection import Detection
from polyhead.heads.segmentation import Segmentation
from polyhead.model import Model
from polyhead.ops.runs import decode_runs
from polyhead.predictor import Predictor
from polyhead.windows import cut

NAMES = ("a", "b", "c")
SIZE = (150, 230)


@pytest.fixture
def image() -> torch.Tensor:
    """Return noise of 150 x 230 pixels."""
    return torch.randint(256, (3, *SIZE), dtype=torch.uint8)


def shift_invariant() -> ConvNet:
    """Return a body that knows nothing of places but the zeros around its input."""
    return ConvNet(channels=(8, 8), depth=1, norm="none")


def mask_of(record: Record) -> torch.Tensor:
    """Return the class numbers of a record, (H, W)."""
    mask = torch.full(record["size"], -1)
    for one in record["segments"]:
        mask[decode_runs(one["rle"], record["size"])] = NAMES.index(one["label"])
    return mask


def test_away_from_the_windows_sides_the_mask_is_that_of_the_whole_image(image: torch.Tensor) -> None:
    backbone = shift_invariant()
    head = Segmentation(backbone.spec, NAMES, width=8)
    for layer in head.fuse:
        layer[1] = nn.Identity()  # a norm over the grid tells windows apart
    predictor = Predictor(Model(backbone, {"mask": head}), SIZE)
    whole, parts = (mask_of(predictor.predict(image, window=side)[0]["mask"]) for side in (None, 64))
    assert len(whole.unique()) == 3
    reach = torch.zeros(SIZE, dtype=torch.bool)
    for window in cut(SIZE, 64, 0.25, 4):
        (top, left), (height, width), _ = window
        near = torch.ones(height, width, dtype=torch.bool)
        near[12 : height - 12, 12 : width - 12] = False  # how far the zeros around a window are felt
        reach[top : top + height, left : left + width] |= near
    assert (~reach).sum() > 3000
    assert torch.equal(parts[~reach], whole[~reach])
    assert (parts == whole).float().mean() > 0.98


def test_a_window_that_holds_the_image_gives_the_answers_of_the_image(image: torch.Tensor) -> None:
    backbone = shift_invariant()
    heads = {
        "label": Classification(backbone.spec, NAMES),
        "boxes": Detection(backbone.spec, NAMES, depth=1),
        "mask": Segmentation(backbone.spec, NAMES, width=8),
    }
    predictor = Predictor(Model(backbone, heads), SIZE)
    whole, parts = (predictor.predict(image, score=0.0, window=side)[0] for side in (None, 230))
    assert list(parts) == ["label", "boxes", "mask"]
    assert parts == whole


def test_boxes_of_windows_lie_all_over_the_image_and_a_head_for_the_whole_gets_it_scaled(image: torch.Tensor) -> None:
    backbone = shift_invariant()
    heads = {"boxes": Detection(backbone.spec, NAMES, depth=1), "label": Classification(backbone.spec, NAMES)}
    predictor = Predictor(Model(backbone, heads), 64)
    found = predictor.predict(image, score=0.0, window=64)[0]
    boxes = torch.tensor([one["box"] for one in found["boxes"]["boxes"]])
    assert boxes[:, 2].max() > 200
    assert boxes[:, 3].max() > 130
    assert found["label"] == predictor.predict(image)[0]["label"]
    assert predictor.asked_as_a_whole() == ["label"]


def test_a_model_that_windows_do_not_suit_says_so_in_a_line(image: torch.Tensor) -> None:
    backbone = shift_invariant()
    predictor = Predictor(Model(backbone, {"label": Classification(backbone.spec, NAMES)}), 64)
    with pytest.raises(UserError, match="windows do not suit label") as caught:
        predictor.predict(image, window=64)
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="windows do not suit label"):  # before any image is read
        predictor.asked_as_a_whole()
