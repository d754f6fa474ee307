"""From nodes to objects."""

from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import UserError
from polyhead.recipes import resolve
from polyhead.recipes.build import build, build_data, build_trainer, check_values


def test_a_backbone_is_built_from_its_node() -> None:
    slim = build("backbones", {"name": "slim", "width": 3, "kernel": [1, 2], "start": "a"}, "task.backbone")
    assert slim.options == {"width": 3, "kernel": (1, 2), "norm": "batch", "scale": 1.0, "start": Path("a")}


def test_a_body_is_built_before_the_neck_around_it() -> None:
    neck = build("backbones", {"name": "neck", "width": 4, "body": {"name": "slim", "width": 2}}, "task.backbone")
    assert (neck.spec.width, neck.body.spec.width) == (4, 2)


def test_a_head_is_built_without_the_terms_of_the_task() -> None:
    node = resolve({"task": "sorting"}).recipe["task"]["heads"]["good"]
    head = build("heads", node, "task.heads.good", spec="the spec", labels=("no", "yes"))
    assert (head.spec, head.labels, head.hidden) == ("the spec", ("no", "yes"), 4)


def test_a_task_is_built_with_its_parts_given() -> None:
    task = resolve({"task": "sorting"}, ["task.lr=1"]).recipe["task"]
    made = build("tasks", task, "task", backbone={}, heads={}, labels={})
    assert made.given == ({}, {}, {}, 1.0)


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"name": "slim", "width": "3"}, "task.backbone.width: '3' does not fit; it takes a whole number"),
        ({"name": "slim", "width": 0}, "task.backbone (Slim): width=0 must be 1 or more"),
        (
            {"name": "neck", "body": {"name": "slim", "width": 0}},
            "task.backbone.body (Slim): width=0 must be 1 or more",
        ),
        ({"name": "neck", "body": {"name": "slim", "width": True}}, "task.backbone.body.width: True does not fit; "),
        ({"name": "neck", "body": 3}, "task.backbone.body: 3 does not fit; it takes a backbone"),
        ({"name": "slin"}, "no backbones named 'slin' (did you mean 'slim'?)"),
    ],
)
def test_a_node_that_cannot_be_built_is_named(node: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        build("backbones", node, "task.backbone")
    assert str(caught.value).startswith(said)


def test_data_is_the_source_in_a_data_module_with_a_seed_of_the_runs() -> None:
    node = resolve({"task": "sorting"}, ["data.count=4", "data.seed=5", "data.size=[32,48]", "data.batch=2"]).recipe[
        "data"
    ]
    module = build_data(node, ["good"], seed=7)
    assert (module.source.count, module.source.seed, module.seed) == (4, 5, 7)
    assert (module.size, module.batch, module.names) == ((32, 48), 2, ("good",))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.count=0", "data (Stones): there are no stones"),
        ("data.batch=0", "data (ImageModule): batch must be 1 or more"),
        ("data.batch=true", "data.batch: True does not fit; it takes a whole number"),
    ],
)
def test_data_that_cannot_be_built_is_named(override: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        build_data(resolve({"task": "sorting"}, [override]).recipe["data"], ["good"])
    assert str(caught.value).startswith(said)


def test_the_trainer_is_lightnings_with_what_is_given_above() -> None:
    node = resolve({"task": "sorting"}, ["trainer.accelerator=cpu", "trainer.max_time=00:00:10:00"]).recipe["trainer"]
    trainer = build_trainer(node, precision="32-true", logger=False, enable_checkpointing=False)
    assert (trainer.max_epochs, trainer.precision) == (2, "32-true")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_epochs": "3"}, "trainer.max_epochs: '3' does not fit; it takes a whole number or null"),
        ({"accelerator": "abacus"}, "trainer: "),
        ({"precision": "99"}, "trainer: Precision '99' is invalid."),
    ],
)
def test_what_lightning_refuses_is_one_line(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        build_trainer({"accelerator": "cpu", "logger": False} | options)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("task.lr=fast", "task.lr: 'fast' does not fit; it takes a number"),
        ("task.backbone.norm=layer", "task.backbone.norm: 'layer' does not fit; it takes one of batch, group"),
        ("task.backbone={name: neck, body: {name: slim, width: x}}", "task.backbone.body.width: 'x' does not fit"),
        ("task.heads.good.weight=true", "task.heads.good.weight: True does not fit; it takes a number"),
        ("task.heads.good.hidden=1.5", "task.heads.good.hidden: 1.5 does not fit; it takes a whole number"),
        ("task.labels=3", "task.labels: 3 does not fit; it takes keys with values, each a list, each a text"),
        ("seed=x", "seed: 'x' does not fit; it takes a whole number"),
        ("data.count=many", "data.count: 'many' does not fit; it takes a whole number"),
        ("data.size=[1,2,3]", "data.size: [1, 2, 3] does not fit"),
        ("trainer.max_steps=[1]", "trainer.max_steps: [1] does not fit; it takes a whole number"),
    ],
)
def test_every_value_is_checked_before_anything_is_built(override: str, said: str) -> None:
    check_values(resolve({"task": "sorting"}).recipe)
    with pytest.raises(UserError) as caught:
        check_values(resolve({"task": "sorting"}, [override]).recipe)
    assert str(caught.value).startswith(said)


def test_the_defaults_of_our_tasks_have_the_right_types() -> None:
    for task in ("classification", "detection", "instances", "multitask", "segmentation"):
        check_values(resolve({"task": task}).recipe)
