"""What is recognised by looking can be named instead, with the options of what is named."""

from pathlib import Path
from typing import Any

from PIL import Image

from polyhead.data.auto import Auto
from polyhead.data.class_csv import ClassCsv
from polyhead.data.mask_folder import MaskFolder
from polyhead.recipes import resolve
from polyhead.recipes.build import build_source, check_values

RECIPE: dict[str, Any] = {"task": {"name": "sorting"}, "data": {"name": "digits", "size": 32}}


def put(root: Path) -> Path:
    """Write images with masks, and a table of grades of them."""
    for number in range(4):
        for folder, mode in (("images", "RGB"), ("masks", "L")):
            (root / folder).mkdir(exist_ok=True)
            Image.new(mode, (20, 10), number % 2).save(root / folder / f"{number}.png")
    (root / "grades.csv").write_text("image,grade\n0,1\n1,2\n2,1\n3,2\n")
    return root


def test_a_path_is_looked_at_and_a_name_beside_it_is_believed(tmp_path: Path) -> None:
    root = put(tmp_path)
    looked = build_source(resolve(RECIPE, [f"data={root}"]).recipe["data"])
    assert isinstance(looked, Auto)
    assert looked.notes()[0] == f"{root}: read as masks and class CSV"
    assert looked.labels() == {"mask": ("background", "foreground"), "grade": ()}
    named = build_source(resolve(RECIPE, [f"data={root}", "data.name=mask_folder"]).recipe["data"])
    assert isinstance(named, MaskFolder)
    assert list(named.labels()) == ["mask"]


def test_options_of_the_form_that_is_named_reach_it(tmp_path: Path) -> None:
    overrides = [f"data={put(tmp_path)}", "data.name=class_csv", "data.class_columns=[grade]", "data.split=[1,0,0]"]
    recipe = resolve(RECIPE, overrides).recipe
    check_values(recipe)
    source = build_source(recipe["data"])
    assert isinstance(source, ClassCsv)
    assert source.labels() == {"label": ("1", "2")}
    assert source.size("train") == 4
