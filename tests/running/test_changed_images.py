"""Runs on images that are blended, laid or changed by policies, and heads that cannot learn from such."""

from pathlib import Path
from typing import Any

import pytest

from polyhead.errors import UserError
from polyhead.recipes.resolving import resolve
from polyhead.running.building import build_task, check_targets, load_data, with_labels
from polyhead.running.training import fit

MIX = "data.mix={mixup: 0.2, cutmix: 1.0, share: 0.5}"


def test_a_classifier_trains_on_blended_images(recipe: dict[str, Any], tmp_path: Path) -> None:
    alone = ["task.heads.boxes=null", "task.heads.mask=null", "task.heads.label.smoothing=0.1"]
    outcome = fit(resolve(recipe, [*alone, MIX, "data.mix.share=1.0"]).recipe, tmp_path / "run")
    assert 0 <= outcome.metrics["test/label/accuracy"] <= 1


@pytest.mark.parametrize("name", ["trivial_augment_wide", "rand_augment"])
def test_a_classifier_trains_with_a_policy(name: str, recipe: dict[str, Any], tmp_path: Path) -> None:
    alone = ["task.heads.boxes=null", "task.heads.mask=null", f"data.augment=[random_horizontal_flip, {name}]"]
    outcome = fit(resolve(recipe, [*alone, "trainer.max_epochs=1"]).recipe, tmp_path / "run")
    assert 0 <= outcome.metrics["test/label/accuracy"] <= 1


@pytest.mark.parametrize(("kept", "form"), [("boxes", "a list of boxes"), ("mask", "a map of pixels")])
def test_a_policy_that_moves_no_places_is_refused_where_there_are_some(
    kept: str, form: str, recipe: dict[str, Any], tmp_path: Path
) -> None:
    other = {"boxes": "mask", "mask": "boxes"}[kept]
    changed = resolve(recipe, [f"task.heads.{other}=null", "data.augment=[{name: rand_augment, magnitude: 5}]"]).recipe
    with pytest.raises(UserError, match=rf"task\.heads\.{kept}: the augmentation 'rand_augment' moves .* {form}"):
        fit(changed, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_heads_of_places_are_refused(recipe: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"task\.heads\.boxes: data\.mix blends .* set data\.mix=none, or leave"):
        fit(resolve(recipe, [MIX]).recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("augment", ["mosaic", "random_horizontal_flip"])
def test_that_images_with_a_class_stay_out_of_mosaics_is_said(
    augment: str, recipe: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    resolved = resolve(recipe, [f"data.augment=[{augment}]"]).recipe
    data = load_data(resolved)
    check_targets(build_task(with_labels(resolved, data)), data)
    said = [line for line in caplog.messages if "stay out of mosaics" in line]
    expected = ["data.augment: images with 'label', which is of the whole image, stay out of mosaics"]
    assert said == (expected if augment == "mosaic" else [])
