"""Heads out of checkpoints and into others: what fits, and that it answers as before."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from polyhead import checkpoints, swapping
from polyhead.checkpoints import Checkpoint, part_of
from polyhead.errors import UserError
from polyhead.model import build_model, load_weights
from polyhead.recipes.resolving import resolve

STORED = Path(__file__).parent / "files" / "head-format-1.head"
HEADS = {"label": {}, "boxes": {}, "mask": {"width": 8}}
BODY = {"name": "convnet", "channels": [8, 16], "depth": 1}
LABELS = {"label": ["cat", "dog"], "boxes": ["cat", "dog", "owl"], "mask": ["ground", "cat"]}


def held(seed: int = 0, *overrides: str, body: int = 0) -> Checkpoint:
    """Return a checkpoint with weights of a seed; those of the backbone have a seed of their own."""
    task = {"name": "multitask", "backbone": BODY, "heads": HEADS, "labels": LABELS}
    recipe = resolve({"task": task, "data": {"name": "digits", "size": 32}}, overrides).recipe
    torch.manual_seed(body)
    backbone = {f"backbone.{key}": value for key, value in build_model(recipe["task"]).backbone.state_dict().items()}
    torch.manual_seed(100 + seed)
    return Checkpoint(recipe, {**build_model(recipe["task"]).state_dict(), **backbone}, 7)


def answers(some: Checkpoint) -> dict[str, dict[str, Tensor]]:
    """Return what each head of a checkpoint says of two images."""
    model = build_model(some.recipe["task"]).eval()
    load_weights(model, some.weights)
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        outputs = model(images)
        return {name: head.decode(outputs[name]) for name, head in model.named_heads().items()}


def alike(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Return whether two answers are equal bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(value, other[key]) for key, value in one.items())


def test_a_checkpoint_says_what_its_heads_are() -> None:
    some = held()
    some.weights["heads.boxes._extra_state"] = torch.tensor(0.25)
    label, boxes, _ = swapping.heads_of(some)
    assert label == ("label", "classification", "label", ("cat", "dog"), 16 * 2 + 2, "accuracy", 0.5)
    assert (boxes.name, boxes.kind, boxes.labels, boxes.threshold) == (
        "boxes",
        "detection",
        ("cat", "dog", "owl"),
        0.25,
    )


def test_a_head_goes_out_and_back_in_and_answers_bit_for_bit_as_before(tmp_path: Path) -> None:
    some = held()
    swapping.save(swapping.take(some, "boxes"), tmp_path / "boxes.head")
    small = swapping.drop(some, "boxes")
    assert list(answers(small)) == ["label", "mask"]
    assert alike(answers(small)["mask"], answers(some)["mask"])
    assert "boxes" not in small.recipe["task"]["labels"]
    back = swapping.put(small, swapping.read(tmp_path / "boxes.head"))
    assert back.weights.keys() == some.weights.keys()
    assert all(alike(answers(back)[name], answers(some)[name]) for name in HEADS)
    checkpoints.write(back, tmp_path / "new.ckpt")
    again = checkpoints.read(tmp_path / "new.ckpt")
    assert (again.recipe, again.step) == (back.recipe, 7)
    assert all(alike(answers(again)[name], answers(some)[name]) for name in HEADS)


def test_a_head_of_the_same_name_is_replaced_and_the_others_stay() -> None:
    old, new = held(0), held(1)
    both = swapping.put(old, swapping.take(new, "mask"))
    assert list(both.recipe["task"]["heads"]) == list(HEADS)
    assert alike(answers(both)["mask"], answers(new)["mask"])
    assert not alike(answers(both)["mask"], answers(old)["mask"])
    assert alike(answers(both)["label"], answers(old)["label"])
    assert alike(answers(old)["mask"], answers(held(0))["mask"])  # what it was made from is as it was


def test_a_head_of_another_backbone_is_refused_with_both_digests_unless_that_is_said(tmp_path: Path) -> None:
    some, other = held(), held(1, body=5)
    swapping.save(swapping.take(other, "label"), tmp_path / "label.head")
    head = swapping.read(tmp_path / "label.head")
    mine, theirs = (swapping.backbone_digest(each)[:12] for each in (some, other))
    said = (
        rf"label\.head: the head 'label' learned on the backbone {theirs}, and the checkpoint has {mine}, .*--another"
    )
    with pytest.raises(UserError, match=said):
        swapping.put(some, head)
    both = swapping.put(some, head, another_backbone=True)
    assert torch.equal(both.weights["heads.label.layer.1.weight"], other.weights["heads.label.layer.1.weight"])
    assert swapping.backbone_digest(both) == swapping.backbone_digest(some)


def test_a_head_that_reads_other_features_is_refused_whatever_is_said() -> None:
    other = held(0, "task.backbone.channels=[8, 24]")
    said = "reads 8, 24 channels with strides 2, 4, and a vector of 24; the checkpoint has 8, 16 channels with strides"
    with pytest.raises(UserError, match=said):
        swapping.put(held(), swapping.take(other, "label"), another_backbone=True)


def test_heads_of_one_target_have_one_list_of_class_names() -> None:
    again = "task.heads.again={name: classification, target: label}"
    some, other = held(0, again), held(1, "task.labels.label=[cat, owl]")
    said = "'label' has other class names of 'label' than again; leave that out with --drop again"
    with pytest.raises(UserError, match=said):
        swapping.put(some, swapping.take(other, "label"))
    both = swapping.put(swapping.drop(some, "again"), swapping.take(other, "label"))
    assert both.recipe["task"]["labels"]["label"] == ["cat", "owl"]


def test_what_is_frozen_of_a_head_goes_with_it() -> None:
    some = held(0, "task.freeze=[backbone, heads.mask, heads.mask.paint, heads.label]")
    assert swapping.drop(some, "mask").recipe["task"]["freeze"] == ["backbone", "heads.label"]


def test_the_last_head_stays_and_an_unknown_one_is_named() -> None:
    alone = swapping.drop(swapping.drop(held(), "mask"), "boxes")
    with pytest.raises(UserError, match="'label' is the only head"):
        swapping.drop(alone, "label")
    for act in (swapping.drop, swapping.take):
        with pytest.raises(UserError, match=r"no head 'boxs' \(did you mean 'boxes'\?\)"):
            act(held(), "boxs")


def test_a_digest_is_of_names_types_shapes_and_values_and_of_nothing_else() -> None:
    value = torch.rand(2, 3, 4, 5)
    one = swapping.digest({"a": value, "b": torch.tensor(3)})
    assert one == swapping.digest({"b": torch.tensor(3), "a": value.to(memory_format=torch.channels_last)})
    others: list[dict[str, Any]] = [
        {"a": value, "c": torch.tensor(3)},
        {"a": value, "b": torch.tensor(4)},
        {"a": value, "b": torch.tensor(3, dtype=torch.int32)},
        {"a": value.flatten(), "b": torch.tensor(3)},
        {"a": value, "b": torch.tensor(3), "c": torch.zeros(0)},
        {"a": value, "b": "three"},
    ]
    assert len({one, *map(swapping.digest, others)}) == 7


def test_a_stored_head_of_format_1_loads_and_finds_its_backbone() -> None:
    head = swapping.read(STORED)
    origin = checkpoints.read(STORED.parent / "format-1.ckpt")
    assert (head.name, head.labels) == ("label", tuple("0123456789"))
    assert part_of(swapping.put(origin, head).weights, "heads.label.").keys() == head.weights.keys()


def test_files_that_hold_no_head_say_so(tmp_path: Path) -> None:
    (tmp_path / "text.head").write_text("no head")
    stored = torch.load(STORED, weights_only=True)
    stored[checkpoints.HEAD]["format"] = swapping.FORMAT + 1
    torch.save(stored, tmp_path / "new.head")
    for path, said in (
        (tmp_path / "gone.head", r"gone\.head: no such file of a head"),
        (tmp_path / "text.head", r"text\.head holds no head, or is broken"),
        (
            STORED.parent / "format-1.ckpt",
            r"format-1\.ckpt holds no head; take one out of a checkpoint: polyhead heads",
        ),
        (tmp_path / "new.head", "has format 2, and this version reads up to 1: update polyhead"),
    ):
        with pytest.raises(UserError, match=said):
            swapping.read(path)
    with pytest.raises(UserError, match=r"\.head holds one head and no backbone; put it into a checkpoint"):
        checkpoints.read(STORED)
