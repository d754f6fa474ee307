"""Blended batches: what becomes of pixels and targets, and on what that depends."""

import pickle
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from polyhead.contracts import Batch
from polyhead.errors import UserError
from polyhead.loading.image_module import ImageModule
from polyhead.loading.mix import Mix, cutmix, mix_of, mixup, partners
from polyhead.loading.order import Key
from polyhead.loading.source import Item, Source, Split

CLASSES = {"label": ("a", "b", "c", "d")}
KEYS = [Key(0, number) for number in range(4)]


def plain(rows: list[int], target: Tensor, name: str = "label") -> Batch:
    """Return four images, all pixels of each 0, 60, 120 or 180, of which `rows` carry a target."""
    inputs = torch.arange(0, 240, 60, dtype=torch.uint8)[:, None, None, None].expand(4, 3, 20, 30).contiguous()
    return Batch(inputs, {name: target}, {name: torch.tensor(rows)}, {}, ())


def mixer(**options: float) -> Mix:
    """Return a mixer of four classes and seed 1."""
    mix = mix_of(options, CLASSES, 1)
    assert mix is not None
    return mix


def test_mixup_is_torchvisions() -> None:
    images = torch.randint(256, (4, 3, 8, 8), dtype=torch.uint8)
    params = {"lam": 0.3, "labels": torch.zeros(4), "batch_size": 4}
    theirs = v2.MixUp(num_classes=4).transform(images.float(), params)
    ours = mixup(images, torch.arange(4).roll(1), 0.3)
    assert ours.dtype == torch.uint8
    assert (ours.float() - theirs).abs().max() <= 0.5 + 1e-4


def test_cutmix_is_torchvisions_and_what_is_left_is_what_the_rectangle_leaves() -> None:
    images = torch.arange(4, dtype=torch.uint8)[:, None, None, None].expand(4, 3, 20, 30).contiguous()
    ours, kept = cutmix(images, torch.arange(4).roll(1), 0.6, (0.9, 0.2))
    rows, columns = (ours[0, 0] != 0).nonzero().unbind(1)
    box = tuple(int(side) for side in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    params = {"box": box, "lam_adjusted": kept, "labels": torch.zeros(4), "batch_size": 4}
    assert torch.equal(ours, v2.CutMix(num_classes=4).transform(images, params))
    assert kept == pytest.approx((ours[0] == 0).float().mean().item())
    assert box == (0, 12, 15, 20)  # half of sqrt(0.4) of 20 and 30 are 6 and 9, around (18, 6), cut at the border


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_a_class_has_the_share_of_the_target_that_its_item_has_of_the_pixels(name: str) -> None:
    blended = mixer(**{name: 1.0})(plain([0, 1, 2, 3], torch.arange(4)), KEYS)
    targets = blended.targets["label"]
    torch.testing.assert_close(targets.sum(1), torch.ones(4))
    shares = targets @ torch.arange(0.0, 240.0, 60.0)
    torch.testing.assert_close(blended.inputs.float().mean((1, 2, 3)), shares, atol=0.5, rtol=0)
    assert 0 < targets[0, 0] < 1


def test_only_items_that_carry_a_class_are_blended_and_with_each_other() -> None:
    before = plain([0, 1, 3], torch.tensor([0, 1, 3]))
    blended = mixer(mixup=1.0)(before, KEYS)
    assert torch.equal(blended.inputs[2], before.inputs[2])
    assert (blended.targets["label"][:, 2] == 0).all()
    assert ((blended.targets["label"] > 0).sum(1) == 2).all()


def test_partners_carry_the_same_targets() -> None:
    rows = {"shape": torch.tensor([0, 1, 2, 5]), "colour": torch.tensor([1, 3, 5])}
    assert partners(rows, 6).tolist() == [2, 5, 0, 3, 4, 1]


def test_several_labels_are_means_and_unlabelled_where_either_is() -> None:
    target = torch.tensor([[1.0, 0.0], [0.0, 0.0], [torch.nan, 1.0]])
    blended = mixer(mixup=1.0)(plain([0, 1, 2], target, "tags"), KEYS).targets["tags"]
    assert blended.isnan().tolist() == [[True, False], [False, False], [True, False]]
    assert 0 < blended[1, 0] < 1
    assert blended[0, 1] == blended[1, 0]  # what each has of its partner


def test_a_blend_is_a_function_of_seed_and_keys_alone() -> None:
    batch = plain([0, 1, 2, 3], torch.arange(4))
    torch.manual_seed(0)
    first = mixer(mixup=0.5, cutmix=1.0)(batch, KEYS)
    torch.manual_seed(1)
    there = pickle.loads(pickle.dumps(mixer(mixup=0.5, cutmix=1.0)))  # noqa: S301  # our own bytes
    assert torch.equal(first.inputs, there(batch, KEYS).inputs)
    others = [there(batch, [key._replace(epoch=epoch) for key in KEYS]).inputs for epoch in range(1, 9)]
    assert len({str(other.sum((1, 2, 3)).tolist()) for other in others}) == 8


def test_the_share_of_batches_is_blended() -> None:
    mix, batch = mixer(mixup=1.0, share=0.25), plain([0, 1, 2, 3], torch.arange(4))
    blended = [mix(batch, [key._replace(epoch=epoch) for key in KEYS]) is not batch for epoch in range(400)]
    assert 70 < sum(blended) < 130


def test_nothing_is_blended_at_the_end_of_a_run() -> None:
    batch = plain([0, 1, 2, 3], torch.arange(4))
    assert mixer(mixup=1.0)(batch, [key._replace(late=True) for key in KEYS]) is batch


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mixupp": 0.2}, "no option 'mixupp' .did you mean 'mixup'.*choices: cutmix, mixup, share"),
        ({"mixup": -1.0}, r"mix\.mixup takes 0 or more, and not -1"),
        ({"cutmix": 1.0, "share": 1.5}, r"mix\.share takes 0 to 1, and not 1\.5"),
        ({"share": 0.5}, "needs mixup or cutmix above 0"),
    ],
)
def test_a_wrong_option_is_told_what_is_right(options: dict[str, float], said: str) -> None:
    with pytest.raises(UserError, match=said):
        mix_of(options, CLASSES, 0)


class Shades(Source):
    """Twelve images of one grey each, and its class."""

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Return four classes."""
        return CLASSES

    def size(self, split: Split) -> int:
        """Return twelve."""
        return 12

    def item(self, split: Split, index: int) -> Item:
        """Return an item."""
        pixels = torch.full((3, 8, 8), 20 * index, dtype=torch.uint8)
        return Item(tv_tensors.Image(pixels), {"label": index % 4})

    def fingerprint(self) -> str:
        """Return a constant."""
        return ""


def batches(workers: int, **options: Any) -> list[Batch]:
    """Return a training epoch."""
    return list(ImageModule(Shades(), size=8, batch=4, workers=workers, **options).train_dataloader())


def test_training_is_blended_alike_with_any_number_of_workers_and_measuring_is_not() -> None:
    here, there = (batches(workers, mix={"cutmix": 1.0}) for workers in (0, 2))
    assert all(torch.equal(one.inputs, other.inputs) for one, other in zip(here, there, strict=True))
    assert here[0].targets["label"].shape == (4, 4)
    data = ImageModule(Shades(), size=8, batch=4, workers=0, mix={"cutmix": 1.0})
    assert [batch.targets["label"].tolist() for batch in data.val_dataloader()] == [[0, 1, 2, 3]] * 3


def test_nothing_is_blended_unless_it_is_asked_for() -> None:
    assert batches(0)[0].targets["label"].dtype == torch.long


def test_a_batch_of_one_has_nobody_to_be_blended_with() -> None:
    with pytest.raises(UserError, match="batch must be 2 or more, not 1"):
        ImageModule(Shades(), batch=1, mix={"mixup": 0.2})
