"""Which runs a comparison has."""

from typing import Any

import pytest

from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.running.comparing_plan import check_seeds, check_several, planned, with_steps

FROZEN = "task.freeze=[backbone.body, heads.mask]"


def test_each_seed_has_the_joint_run_first_then_each_head_alone_and_the_frozen_one_last(recipe: dict[str, Any]) -> None:
    plans = planned(resolve(recipe).recipe, [3, 5])
    once = ["together", "alone-label", "alone-boxes", "alone-mask", "frozen"]
    assert [plan.folder for plan in plans] == [f"{name}-{seed}" for seed in (3, 5) for name in once]
    heads = {plan.name: list(plan.recipe["task"]["heads"]) for plan in plans}
    assert heads["alone-boxes"] == ["boxes"]
    assert heads["together"] == heads["frozen"] == ["label", "boxes", "mask"]
    assert [plan.recipe["seed"] for plan in plans] == [3] * 5 + [5] * 5


def test_only_the_frozen_run_freezes_the_backbone_and_no_run_a_head_that_it_lacks(recipe: dict[str, Any]) -> None:
    freeze = {plan.name: plan.recipe["task"]["freeze"] for plan in planned(resolve(recipe, [FROZEN]).recipe, [0])}
    assert freeze == {
        "together": ["backbone.body", "heads.mask"],
        "alone-label": ["backbone.body"],
        "alone-boxes": ["backbone.body"],
        "alone-mask": ["backbone.body", "heads.mask"],
        "frozen": ["backbone.body", "heads.mask", "backbone"],
    }


def test_class_names_are_left_to_the_data_of_each_run(recipe: dict[str, Any]) -> None:
    full = resolve(recipe, ["task.labels={label: [a, b]}"]).recipe
    assert all("labels" not in plan.recipe["task"] for plan in planned(full, [0]))


def test_steps_are_the_only_length(recipe: dict[str, Any]) -> None:
    trainer = with_steps(resolve(recipe, ["trainer.max_time=00:00:01:00"]).recipe, 7)["trainer"]
    assert (trainer["max_steps"], trainer["max_epochs"], trainer["max_time"]) == (7, -1, None)


def test_a_single_head_is_refused_and_a_seed_given_twice() -> None:
    with pytest.raises(
        UserError, match=r"takes a recipe of several heads, and this one has 'boxes' alone; add another"
    ):
        check_several(resolve("detection").recipe)
    with pytest.raises(UserError, match="--seeds names 1 twice"):
        check_seeds([0, 1, 1])
