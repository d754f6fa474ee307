"""Runs on what a table says of images: several classes an image, and numbers."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.running.training import fit


@pytest.fixture
def table(recipe: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Return a recipe on a table of eight images, some without a label, some not measured."""
    rows = ["file,red,dark,age,split"]
    for number in range(8):
        Image.new("RGB", (32, 32), (30 * number, 0, 0)).save(tmp_path / f"{number}.png")
        flags = "," if number == 3 else f"{number % 2},{'' if number == 5 else number // 4}"
        rows.append(f"{number}.png,{flags},{'' if number == 2 else number},{'val' if number > 5 else 'train'}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    heads = {"label": {"name": "classification"}, "age": {"name": "regression"}}
    return {
        **recipe,
        "task": {**recipe["task"], "heads": heads},
        "data": {"name": "auto", "root": str(tmp_path), "size": 32, "batch": 3, "workers": 0},
    }


def test_a_head_of_one_class_is_told_of_several_and_how_to_learn_them(table: dict[str, Any], tmp_path: Path) -> None:
    says = r"task\.heads\.label: the target 'label' is numbers, or several classes, and this head learns one class; set"
    with pytest.raises(UserError, match=rf"{says} task\.heads\.label\.multilabel=true for several classes, or choose"):
        fit(resolve(table).recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_head_of_several_classes_is_told_of_one(recipe: dict[str, Any], tmp_path: Path) -> None:
    alone = ["task.heads.boxes=null", "task.heads.mask=null", "task.heads.label.multilabel=true"]
    with pytest.raises(
        UserError, match=r"is one class, and .* several classes; set task\.heads\.label\.multilabel=false"
    ):
        fit(resolve(recipe, alone).recipe, tmp_path / "run")


def test_several_classes_and_a_number_are_learned_from_the_rows_that_have_them(
    table: dict[str, Any], tmp_path: Path
) -> None:
    outcome = fit(resolve(table, ["task.heads.label.multilabel=true"]).recipe, tmp_path / "run")
    assert 0 <= outcome.metrics["val/label/accuracy"] <= 1
    assert outcome.metrics["val/age/mae"] >= 0
