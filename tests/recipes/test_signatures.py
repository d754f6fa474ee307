"""What a class takes, read from its source."""

import ast
import subprocess
import sys

import pytest

from polyhead.errors import UserError
from polyhead.recipes import signatures
from polyhead.recipes.signatures import Option, docstring_args, options, task_defaults


def test_an_option_has_name_type_default_and_help() -> None:
    found = options("backbones", "slim")
    assert found["width"] == Option("width", "int", 8, "plain", "Channels of every level.")
    assert found["kernel"] == Option("kernel", "tuple[int, int]", [3, 3], "plain", "Height and width.")
    assert found["start"] == Option("start", "Path | None", None, "plain", "Where weights are.")


def test_a_parameter_without_default_is_required() -> None:
    assert options("backbones", "broad")["depth"].given == "required"


def test_only_a_parameter_that_takes_a_backbone_is_a_node() -> None:
    assert [name for name, option in options("backbones", "neck").items() if option.nested] == ["body"]
    assert Option("body", "Backbone | None", None, "plain", "").nested
    assert not Option("body", "list[Backbone]", None, "plain", "").nested


def test_a_class_without_a_constructor_takes_what_its_base_takes() -> None:
    assert options("heads", "count") == options("heads", "yes_no")


def test_a_base_is_followed_into_the_module_it_is_imported_from() -> None:
    assert options("tasks", "sorting") == {"lr": Option("lr", "float", 0.1, "plain", "The learning rate.")}


def test_a_head_hides_what_the_task_gives_it_and_shows_what_the_task_takes_for_it() -> None:
    assert list(options("heads", "yes_no")) == ["hidden", "bias", "target", "weight", "lr"]


def test_the_trainers_options_are_read_where_lightning_has_them() -> None:
    found = options("trainer")
    assert found["max_steps"].default == -1
    assert found["max_steps"].help.startswith("Stop training after this number of steps.")
    assert found["precision"].default == "auto"


def test_defaults_of_a_task_are_read_and_not_run() -> None:
    assert task_defaults("sorting")["trainer"] == {"max_epochs": 2}
    assert task_defaults("bare") == {}


def test_a_class_whose_source_is_not_to_be_had_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyhead.modules.source", lambda _: None)
    with pytest.raises(UserError, match=r"the options of heads.failing \(from polyhead-fixture\) are unknown"):
        options("heads", "failing")


def test_long_help_is_one_line_and_ends_with_its_section() -> None:
    text = """
class A:
    '''A.

    Args:
        a: One
            two.
        b (int): Three.

    Raises:
        c: No.
    '''
"""
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.ClassDef)
    assert docstring_args(node) == {"a": "One two.", "b": "Three."}


def test_a_recipe_is_resolved_without_torch() -> None:
    code = """
import sys
from polyhead.recipes import resolve
for task in ("classification", "detection", "instances", "multitask", "segmentation"):
    resolve({"task": task}, ["trainer.max_epochs=1", "task.lr=${seed}"])
heavy = {"torch", "pytorch_lightning", "pydantic", "rich", "numpy"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_data_take_the_options_of_the_loader_that_they_name() -> None:
    assert {"count", "size", "batch", "cache"} <= set(options("data", "stones"))


def test_data_that_name_no_loader_there_is_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "_attribute", lambda *_: ast.Constant("sounds"))
    with pytest.raises(UserError, match=r"the `loader` of data.stones is 'sounds'; choices: images, molecules"):
        options("data", "stones")
