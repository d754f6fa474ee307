"""Several sources in a recipe: `data.sources`."""

from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import UserError
from polyhead.recipes import resolve
from polyhead.recipes.build import build_data, build_source, check_values

SCENES = {"name": "digits", "images": 3, "canvas": 48}
RECIPE: dict[str, Any] = {
    "task": {"name": "sorting"},
    "data": {"sources": {"one": {**SCENES, "share": 3}, "two": {**SCENES, "seed": 1, "share": 1}}, "size": 32},
}


def refusal(*overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        check_values(resolve(RECIPE, overrides).recipe)
    return str(caught.value)


def test_a_source_is_a_node_of_its_own_with_terms_among_the_others() -> None:
    data = resolve(RECIPE, ["data.sources.two.share=0.5", "data.sources.two.names={boxes: {zero: nil}}"]).recipe["data"]
    assert data["name"] == "several"
    one, two = data["sources"]["one"], data["sources"]["two"]
    assert one == {"name": "digits", "images": 3, "canvas": 48, "seed": 0, "share": 3, "augment": "auto", "names": None}
    assert (two["share"], two["seed"], two["names"]) == (0.5, 1, {"boxes": {"zero": "nil"}})
    assert (data["size"], data["batch"]) == (32, 16)


def test_a_resolved_recipe_of_several_sources_is_accepted_back() -> None:
    full = resolve(RECIPE).recipe
    assert resolve(full).recipe == full


def test_a_name_or_a_path_is_a_source(tmp_path: Path) -> None:
    data = resolve(RECIPE, [f"data.sources.photos={tmp_path}", "data.sources.two=digits"]).recipe["data"]
    assert data["sources"]["photos"]["name"] == "auto"
    assert data["sources"]["photos"]["root"] == str(tmp_path)
    assert data["sources"]["two"]["images"] == 3  # kept
    assert list(data["sources"]) == ["one", "two", "photos"]


def test_one_can_be_left_out() -> None:
    assert list(resolve(RECIPE, ["data.sources.two=null"]).recipe["data"]["sources"]) == ["one"]


def test_several_replace_one_source_and_are_replaced_by_one() -> None:
    single = {**RECIPE, "data": "digits"}
    both = resolve(single, ["data.sources={a: digits, b: {name: digits, seed: 3}}", "data.size=64"]).recipe["data"]
    assert (both["name"], list(both["sources"]), both["size"]) == ("several", ["a", "b"], 64)
    back = resolve(RECIPE, ["data=digits"])
    assert (back.recipe["data"]["name"], back.recipe["data"]["size"]) == ("digits", 32)
    assert back.notes == ["data: digits replaces several and keeps size, drops sources"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.sources.one.imags=3", "no key 'data.sources.one.imags' (did you mean 'images'?)"),
        ("data.sources.one.batch=3", "no key 'data.sources.one.batch' (did you mean 'data.batch'?)"),
        ("data.sources.one.share=much", "data.sources.one.share: 'much' does not fit; it takes a number or null"),
        ("data.sources.one.images=many", "data.sources.one.images: 'many' does not fit; it takes a whole number"),
        ("data.sources.three=digts", "data.sources.three: 'digts' is neither data by name (did you mean 'digits'?)"),
        ("data.sources.three=7", "data.sources.three: 7 does not fit: it takes a name or keys with values"),
        ("data.sources.thre=null", "data.sources.thre: no such source to remove; sources: one, two"),
        ("data.sources=7", "data.sources: 7 does not fit: it takes keys with values"),
    ],
)
def test_a_mistake_names_the_source(override: str, said: str) -> None:
    assert refusal(override).startswith(said)


def test_sources_are_built_and_what_they_refuse_is_named() -> None:
    node = resolve(RECIPE).recipe["data"]
    module = build_data(node, ["boxes"])
    assert [(part.name, part.items, part.share) for part in module.parts] == [
        ("one", range(3), 3.0),
        ("two", range(3, 6), 1.0),
    ]
    with pytest.raises(UserError, match=r"^data\.sources\.two \(Digits\): canvas of the digits must be 32 or more"):
        build_source(resolve(RECIPE, ["data.sources.two.canvas=4"]).recipe["data"])
    with pytest.raises(UserError, match=r"^data\.sources\.two \(Member\): share must be above 0, not -1"):
        build_source(resolve(RECIPE, ["data.sources.two.share=-1"]).recipe["data"])
