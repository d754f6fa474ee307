"""Several models asked together."""

import pytest
import torch

from polyhead.backbones.convnet import ConvNet
from polyhead.contracts import Head
from polyhead.ensemble import ask, check_members, records, together
from polyhead.errors import UserError
from polyhead.heads.classification import Classification
from polyhead.heads.detection import Detection
from polyhead.heads.regression import Regression
from polyhead.heads.segmentation import Segmentation
from polyhead.model import Model


def model(seed: int, names: tuple[str, ...] = ("a", "b"), **heads: type[Head]) -> Model:
    """Return a small model with random weights, and the heads given beside a classification."""
    torch.manual_seed(seed)
    body = ConvNet(channels=(4, 8), depth=1)
    more = {name: kind(body.spec, names) for name, kind in heads.items()}
    return Model(body, {"label": Classification(body.spec, names), **more}).eval()


def test_the_answer_is_the_mean_of_the_members_and_the_spread_their_standard_deviation() -> None:
    members, images = [model(seed, mass=Regression) for seed in range(3)], torch.rand(4, 3, 16, 16)
    found = ask(members, images)
    for name in ("label", "mass"):
        heads = [one.named_heads()[name] for one in members]
        each = torch.stack([head.predict(one(images)[name]) for head, one in zip(heads, members, strict=True)])
        torch.testing.assert_close(found[name].predictions, each.mean(0))
        torch.testing.assert_close(found[name].spread, each.std(0))


def test_members_decode_in_their_own_scale_and_order_of_names() -> None:
    one, other = (Regression(ConvNet(channels=(4,), depth=1).spec, names) for names in (("a", "b"), ("b", "a")))
    one.adapt([torch.tensor([[10.0, 0.0], [30.0, 0.0]])])
    other.adapt([torch.tensor([[5.0, 40.0]])])
    found = together([one, other], [torch.zeros(1, 2), torch.zeros(1, 2)])
    assert found.predictions.tolist() == [[30, 2.5]]
    torch.testing.assert_close(found.spread, torch.tensor([[20.0, 5.0]]) / 2**0.5)


def test_equal_members_have_no_spread_and_say_what_one_says() -> None:
    images = torch.rand(2, 3, 16, 16)
    found = ask([model(0), model(0)], images)["label"]
    head = model(0).named_heads()["label"]
    torch.testing.assert_close(found.predictions, head.predict(model(0)(images)["label"]))
    assert not found.spread.any()


def test_a_record_is_the_heads_with_the_spread_by_name() -> None:
    members = [model(seed, mass=Regression) for seed in (0, 1)]
    found = ask(members, torch.rand(1, 3, 16, 16))
    (record,) = records(members[0].named_heads()["mass"], found["mass"])
    assert record["values"].keys() == record["spread"].keys() == {"a", "b"}
    assert record["spread"]["b"] == found["mass"].spread[0, 1].item()


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([], "two runs or more, and there is only first"),
        ([model(1, mass=Regression)], "only one has 'mass'"),
        ([model(1, ("a", "c"))], "other and first have another head 'label'"),
    ],
)
def test_what_does_not_fit_together_is_refused(others: list[Model], words: str) -> None:
    with pytest.raises(UserError, match=words):
        check_members([model(0), *others], ["first", "other"][: 1 + len(others)])


def test_heads_whose_answers_have_no_mean_are_named() -> None:
    with pytest.raises(UserError, match="boxes: answers of a Detection are no numbers with a mean"):
        check_members([model(0, boxes=Detection), model(1, boxes=Detection)], ["first", "other"])
    with pytest.raises(UserError, match="mask: answers of a Segmentation are no numbers with a mean"):
        check_members([model(0, mask=Segmentation), model(1, mask=Segmentation)], ["first", "other"])


def test_runs_of_one_recipe_fit_together() -> None:
    check_members([model(0), model(1), model(2, ("b", "a"))], ["a", "b", "c"])
