"""Layers: who sets what, what is refused, and what is said of replaced nodes."""

from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import UserError
from polyhead.recipes import find, read, resolve, write

SORTING = {"task": {"name": "sorting"}}


def refusal(recipe: dict[str, Any], *overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        resolve(recipe, overrides)
    return str(caught.value)


def test_each_value_is_from_the_highest_layer_that_sets_it(tmp_path: Path) -> None:
    path = tmp_path / "beach.yaml"
    path.write_text("task: {name: sorting, lr: 0.5}\ntrainer: {max_epochs: 7}\n")
    recipe, origins, notes = resolve(path, ["trainer.max_epochs=9", "seed=3"])
    assert recipe["task"]["backbone"] == {
        "name": "slim", "width": 6, "kernel": [3, 3], "norm": "batch", "scale": 1.0, "start": None,
    }  # fmt: skip
    assert (recipe["task"]["lr"], recipe["trainer"]["max_epochs"], recipe["seed"]) == (0.5, 9, 3)
    assert origins["task.backbone.kernel"] == "default"
    assert origins["task.backbone.width"] == "task sorting"
    assert origins["task.lr"] == f"recipe {path}"
    assert origins["trainer.max_epochs"] == "command line"
    assert notes == []


def test_a_head_has_the_target_of_its_key_and_the_terms_of_the_task() -> None:
    head = resolve(SORTING).recipe["task"]["heads"]["good"]
    assert head == {"name": "yes_no", "hidden": 4, "bias": True, "target": "good", "weight": 1.0, "lr": None}


def test_the_data_node_holds_the_options_of_source_and_loader() -> None:
    data = resolve(SORTING).recipe["data"]
    assert data["count"] == 10
    assert data["batch"] == 16
    assert not data.keys() & {"source", "targets"}


def test_the_trainer_takes_lightnings_options_and_chooses_its_precision() -> None:
    trainer = resolve(SORTING).recipe["trainer"]
    assert (trainer["max_epochs"], trainer["max_steps"], trainer["precision"]) == (2, -1, "auto")


def test_a_resolved_recipe_is_accepted_back_unchanged(tmp_path: Path) -> None:
    first = resolve(SORTING, ["trainer.max_time=00:00:10:00", "task.backbone={name: neck, body: slim}"]).recipe
    first["task"]["labels"] = {"good": ["no", "1e3", "???", "${x}"]}
    write(first, tmp_path / "recipe.yaml")
    assert read(tmp_path / "recipe.yaml") == first
    again = resolve(tmp_path, [])
    assert again.recipe == first
    assert list(again.recipe["task"]) == list(first["task"])
    assert again.notes == []


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("task.backbone.widht=3", "no key 'task.backbone.widht' (did you mean 'width'?); choices: kernel, name, norm,"),
        ("task.heads.good.hiden=3", "no key 'task.heads.good.hiden' (did you mean 'hidden'?)"),
        ("trainer.max_epoch=3", "no key 'trainer.max_epoch' (did you mean 'max_epochs'?)"),
        ("task.heads.good={hidden:3}", "no key 'task.heads.good.hidden:3' (YAML wants a space after a colon); choices"),
        ("data.bacth=3", "no key 'data.bacth' (did you mean 'batch'?)"),
        ("max_epochs=3", "no key 'max_epochs' (did you mean 'trainer.max_epochs'?); choices: data, seed"),
        ("task.backbone=slimm", "task.backbone: no backbones named 'slimm' (did you mean 'slim'?)"),
        ("task.heads.other.hidden=3", "task.heads.other has no name; choices: "),
        ("data.name=", "data has no name; choices: "),
        ("task=sortin", "no tasks named 'sortin' (did you mean 'sorting'?)"),
        ("trainer=7", "trainer: 7 does not fit: it takes keys with values"),
        ("task.backbone=7", "task.backbone: 7 does not fit: it takes a name or keys with values"),
        ("task.backbone=broad", "task.backbone.depth is required (int)"),
        ("task.backbone=neck", "task.backbone.body is required (Backbone)"),
        ("data=stons", "data: 'stons' is neither data by name (did you mean 'stones'?) nor a path that exists"),
        ("seed", "'seed' is no key=value"),
        ("data..count=1", "'data..count=1' is no key=value"),
        ("data.count=[1,", "data.count, line 1: "),
        ("task.lr=${data.cuont}", "task.lr: Interpolation key 'data.cuont' not found"),
        ("task.heads.goood=null", "task.heads.goood: no such head to remove (did you mean 'good'?); heads: good"),
        ("task.heads.good=null", "task.heads is required"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_names_key_and_cure(override: str, said: str) -> None:
    text = refusal(SORTING, override)
    assert text.startswith(said)
    assert "\n" not in text


def test_a_recipe_without_task_or_data_names_the_choices() -> None:
    assert refusal({}).startswith("task is required, and the recipe sets none; choices: ")
    assert refusal({"task": {"lr": 1.0}}).startswith("task has no name; choices: ")
    bare = {"task": {"name": "bare", "backbone": "slim", "heads": {"good": "yes_no"}}}
    assert refusal(bare).startswith("data is required")


def test_a_replaced_node_keeps_and_drops_keys_aloud() -> None:
    recipe = {"task": {"name": "sorting", "backbone": {"name": "slim", "width": 12, "scale": 2.0}}}
    found = resolve(recipe, ["task.backbone=broad", "task.backbone.depth=3"])
    assert found.recipe["task"]["backbone"] == {"name": "broad", "depth": 3, "width": 12}
    assert found.notes == ["task.backbone: broad replaces slim and keeps width, drops scale"]


def test_what_the_old_class_does_anyhow_is_dropped_without_a_word() -> None:
    full = resolve(SORTING).recipe
    found = resolve(full, ["task.backbone={name: broad, depth: 3}"])
    assert found.notes == ["task.backbone: broad replaces slim and keeps width"]
    assert found.recipe["task"]["backbone"] == {"name": "broad", "depth": 3, "width": 6}


def test_the_same_name_again_replaces_nothing() -> None:
    found = resolve(SORTING, ["task.backbone.scale=2.0", "task.backbone.name=slim", "task.backbone=slim"])
    assert (found.recipe["task"]["backbone"]["scale"], found.notes) == (2.0, [])


def test_a_node_within_a_node_is_replaced_alike() -> None:
    neck = {"task": {"name": "sorting", "backbone": {"name": "neck", "body": {"name": "slim", "scale": 2.0}}}}
    found = resolve(neck, ["task.backbone.body=broad", "task.backbone.body.depth=2"])
    assert found.recipe["task"]["backbone"]["body"] == {"name": "broad", "depth": 2, "width": 64}
    assert found.notes == ["task.backbone.body: broad replaces slim and drops scale"]


def test_a_head_is_added_replaced_and_removed() -> None:
    found = resolve(SORTING, ["task.heads.many=count", "task.heads.good=count", "task.heads.good.target=nice"])
    assert {key: head["name"] for key, head in found.recipe["task"]["heads"].items()} == {
        "good": "count",
        "many": "count",
    }
    assert found.recipe["task"]["heads"]["good"]["target"] == "nice"
    found = resolve(SORTING, ["task.heads.many=count", "task.heads.good=null"])
    assert list(found.recipe["task"]["heads"]) == ["many"]


def test_data_by_name_wins_over_a_folder_of_that_name_and_a_path_means_auto(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stones").mkdir()
    (tmp_path / "beach").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve(SORTING, ["data=stones"]).recipe["data"]["name"] == "stones"
    found = resolve(SORTING, ["data.batch=4", "data=beach"])
    assert (found.recipe["data"]["name"], found.recipe["data"]["root"], found.recipe["data"]["batch"]) == (
        "auto",
        "beach",
        4,
    )
    assert found.notes == ["data: auto replaces stones and keeps batch"]


def test_the_named_task_brings_its_defaults_whoever_names_it() -> None:
    recipe = {"task": {"name": "bare"}}
    assert resolve(recipe, ["task=sorting"]).recipe["trainer"]["max_epochs"] == 2


def test_class_names_outlive_another_task() -> None:
    full = resolve(SORTING).recipe
    full["task"]["labels"] = {"good": ["no", "yes"]}
    found = resolve(full, ["task=bare", "task.lr=0.2"])
    assert found.recipe["task"]["labels"] == {"good": ["no", "yes"]}
    assert (list(found.recipe["task"]["heads"]), found.notes) == (["good"], [])


def test_values_refer_to_other_keys() -> None:
    found = resolve(
        SORTING, ["task.heads.good.hidden=${task.backbone.width}", "trainer.max_steps=${data.count}"]
    ).recipe
    assert (found["task"]["heads"]["good"]["hidden"], found["trainer"]["max_steps"]) == (6, 10)


def test_tables_of_an_option_grow_unless_their_name_changes() -> None:
    logger = ["trainer.logger={name: csv, dir: a}", "trainer.logger.flush=3"]
    assert resolve(SORTING, logger).recipe["trainer"]["logger"] == {"name": "csv", "dir": "a", "flush": 3}
    assert resolve(SORTING, [*logger, "trainer.logger={name: mlflow}"]).recipe["trainer"]["logger"] == {
        "name": "mlflow"
    }


def test_a_recipe_that_lists_heads_has_these_and_no_more() -> None:
    recipe = {"task": {"name": "sorting", "heads": {"many": "count"}}}
    assert list(resolve(recipe).recipe["task"]["heads"]) == ["many"]
    full = resolve(SORTING, ["task.heads.many=count", "task.heads.good=null"]).recipe
    assert resolve(full).recipe == full


def test_the_recipe_given_is_left_as_it_is() -> None:
    recipe = {"task": {"name": "sorting", "heads": {"good": {"name": "yes_no"}}}}
    found = resolve(recipe, ["task.heads.good.hidden=9"]).recipe
    found["trainer"]["callbacks"] = 1
    assert recipe == {"task": {"name": "sorting", "heads": {"good": {"name": "yes_no"}}}}


def test_every_recipe_of_ours_resolves_and_is_accepted_back() -> None:
    for name in find.names():
        recipe = resolve(name).recipe
        assert resolve(recipe).recipe == recipe
